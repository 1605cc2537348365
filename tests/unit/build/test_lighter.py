"""Lighter pages: the same text, the same colours, one style sheet of a kind."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import Name, Punctuation, Text

EXTENSION = Path(__file__).resolve().parents[3] / "book" / "_ext"
STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")  # those of the theme


@pytest.fixture
def lighter(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    yield importlib.import_module("book_site.lighter")


def test_code_keeps_its_text_and_its_other_colours(lighter: ModuleType) -> None:
    page = highlight("def f(x):\n    return x.size[0] < 1  # <span>\n", PythonLexer(), HtmlFormatter())
    light = lighter.without_plain_spans(page)
    assert re.sub("<[^>]*>", "", light) == re.sub("<[^>]*>", "", page)
    assert not re.search('class="[npw]"', light)
    for kind in ("k", "nf", "o", "mi", "c1"):
        assert len(re.findall(f'class="{kind}"', light)) == len(re.findall(f'class="{kind}"', page)) > 0


def test_what_goes_has_the_colour_of_code(lighter: ModuleType) -> None:
    for name in STYLES:
        style = get_style_by_name(name)
        for kind in (Name, Punctuation, Text.Whitespace):
            assert style.style_for_token(kind) == style.style_for_token(Text)


def test_the_first_of_equal_style_sheets_and_scripts_stays(lighter: ModuleType) -> None:
    page = "<style>a{}</style><p>1</p><style>b{}</style><style>a{}</style><p>2</p><style>b{}</style>"
    assert lighter.with_each_asset_once(page) == "<style>a{}</style><p>1</p><style>b{}</style><p>2</p>"
    tools, data = "<script>t()</script>", '<script type="application/json">1</script>'
    one, other = f"{tools}{data}<script>a()</script>", f"{tools}{data}<script>b()</script>"
    assert lighter.with_each_asset_once(one + other) == one + other.replace(tools, "")
