"""Lighter pages: the same text, the same colours, one style sheet of a kind."""

import importlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Name, Operator

EXTENSION = Path(__file__).resolve().parents[3] / "book" / "_ext"
STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")  # those of the theme


@pytest.fixture
def lighter(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    yield importlib.import_module("book_site.lighter")


SOURCE = """from a.b import c
def f(x, *y: int) -> bool:
    '''of x'''
    return x.size[0] < 1 and f"{x!r} of {len(y)}" is not None  # <span>
"""


def coloured(page: str) -> list[tuple[str, str]]:
    """The letters of a page, each with its colours in the two themes."""
    found, names = [], {name: kind for kind, name in STANDARD_TYPES.items()}
    for name, inside, outside in re.findall(r'<span class="(\w+)">([^<]*)</span>|([^<]+)|<[^>]*>', page):
        plain = not name or names[name] in (Operator, Operator.Word) and name == "o"
        kind = Name if plain else names[name]
        colour = [get_style_by_name(style).style_for_token(kind)["color"] for style in STYLES]
        found += [(letter, *colour) for letter in unescape(inside or outside) if not letter.isspace()]
    return found


@pytest.mark.parametrize("opening", ["<pre>", '<pre role="group" aria-label="Code">'])
def test_code_keeps_its_text_and_its_colours_but_for_operators(lighter: ModuleType, opening: str) -> None:
    page = highlight(SOURCE, PythonLexer(), HtmlFormatter()).replace("<pre>", opening)
    light = lighter.with_few_spans(page)
    assert re.sub("<[^>]*>", "", light) == re.sub("<[^>]*>", "", page)
    assert coloured(light) == coloured(page)
    assert light.count("<span") < 0.4 * page.count("<span")


def test_what_is_not_code_stays(lighter: ModuleType) -> None:
    page = '<p><span class="o">a</span><span class="sa">b</span></p>'
    assert lighter.with_few_spans(page) == page


def test_the_first_of_equal_style_sheets_and_scripts_stays(lighter: ModuleType) -> None:
    page = "<style>a{}</style><p>1</p><style>b{}</style><style>a{}</style><p>2</p><style>b{}</style>"
    assert lighter.with_each_asset_once(page) == "<style>a{}</style><p>1</p><style>b{}</style><p>2</p>"
    tools, data = "<script>t()</script>", '<script type="application/json">1</script>'
    one, other = f"{tools}{data}<script>a()</script>", f"{tools}{data}<script>b()</script>"
    assert lighter.with_each_asset_once(one + other) == one + other.replace(tools, "")
