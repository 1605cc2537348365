"""A page keeps what it needs and loses what it never shows."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pydata_sphinx_theme
import pytest

ROOT = Path(__file__).resolve().parents[3]
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
PAGE = """<html lang="en" data-theme="auto"><head>
<meta name="viewport" content="width=device-width" /><title>t</title><meta name="viewport" content="other"/>
<script data-cfasync="false">document.documentElement.dataset.theme = "auto"</script>
<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
<script src="../_static/searchtools.js"></script><script src="../_static/language_data.js"></script>
<script src="../searchindex.js"></script><script src="../_static/book.js?v=1"></script></head>
<details><summary aria-label="Toggle hidden content">
<p class="collapsed">Show the code</p></summary><p>x</p></details></html>"""


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    yield importlib.import_module("book_site.loading")


def test_a_page_loads_what_it_needs(loading: ModuleType) -> None:
    page = loading.lean(PAGE, searches=False)
    assert re.findall(r'src="([^"]*)"', page) == ["../_static/book.js?v=1"]
    assert page.count("viewport") == 1 and "device-width" in page
    assert page.index("prefers-color-scheme") < page.index("book.js")
    assert '<summary>\n<span class="collapsed">Show the code</span></summary><p>x</p>' in page


def test_the_search_page_keeps_its_index(loading: ModuleType) -> None:
    page = loading.lean(PAGE, searches=True)
    assert [name in page for name in ("searchtools", "language_data", "searchindex")] == [True] * 3


def test_the_style_sheet_of_the_theme_keeps_all_but_icons(loading: ModuleType) -> None:
    [sheet] = (THEME / "styles").glob("pydata-sphinx-theme.css")
    before = sheet.read_text(encoding="utf8")
    after = loading.lean_style(before)
    assert len(after) < 0.8 * len(before)
    assert "webfonts/" in before and "webfonts/" not in after and ".fa-" not in after
    characters = re.findall(r'--pst-icon-[a-z-]+:"([^"]*)"', after)
    assert characters and not any(characters)  # no empty box where the font is missing
    others = [
        loading.CHARACTERS.sub(r'\1""', rule)
        for rule in re.findall(r"[^{}]+\{[^{}]+\}", before)
        if ".fa-" not in rule.split("{")[0] and "webfonts/" not in rule
    ]
    assert re.findall(r"[^{}]+\{[^{}]+\}", after) == others
    assert after.count("{") == after.count("}")


def test_every_icon_of_the_themes_controls_is_drawn() -> None:
    styles = (ROOT / "book" / "_static" / "book.css").read_text(encoding="utf8")
    drawn = set(re.findall(r"\.fa-([a-z-]+) \{ --icon", styles))
    for icon in ("magnifying-glass", "list", "bars", "sun", "moon", "circle-half-stroke", "arrow-up"):
        assert icon in drawn


def test_the_script_of_the_theme_measures_before_it_changes(loading: ModuleType) -> None:
    [path] = (THEME / "scripts").glob("pydata-sphinx-theme.js")
    before = path.read_text(encoding="utf8")
    after = loading.lean_script(before, loading.ONE_BY_ONE, loading.MEASURED)
    asked = "e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1"
    assert f".forEach(e=>{{e.tabIndex={asked}}})" in before
    shown = ".filter(e=>e.checkVisibility({contentVisibilityAuto:true}))"
    assert f"{shown}.map(e=>[e,{asked}]).forEach(([e,stop])=>{{e.tabIndex=stop}})" in after
    start, end = (
        before.index('document.querySelectorAll(["pre"'),
        before.index(f".forEach(e=>{{e.tabIndex={asked}"),
    )
    assert after.startswith(f"{before[:start]}[...{before[start:end]}].filter(")
    assert after.endswith(before[end + len(f".forEach(e=>{{e.tabIndex={asked}}})") :])
    for other in (after, before.replace("tabIndex", "tabStop")):
        with pytest.raises(ValueError, match=r"0 places.*tabIndex.*new release.*loading\.py"):
            loading.lean_script(other, loading.ONE_BY_ONE, loading.MEASURED)
