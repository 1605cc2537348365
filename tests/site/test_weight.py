"""What a page may weigh: kilobytes of a first visit, elements, and stops of the Tab key."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser

from tests.site.conftest import Visit, opened
from tests.site.test_pages import PAGES
from tools.weigh import ELEMENTS, STOPS, weight

CHAPTER, PROSE = 600, 250  # kB of a first visit, compressed
MOST_ELEMENTS, MOST_STOPS = 15_000, 150


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_a_page_is_light(page: str, desk: Visit, site: Path, server: str) -> None:
    most = CHAPTER if page.startswith("notebooks/") else PROSE
    assert 10 < weight(site, desk.requests, server) <= most
    assert 100 < desk.page.evaluate(ELEMENTS) <= MOST_ELEMENTS


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_the_first_paint_waits_for_style_sheets_alone(page: str, desk: Visit, site: Path) -> None:
    waits = """performance.getEntriesByType("resource")
      .filter((one) => one.renderBlockingStatus == "blocking").map((one) => one.name.split("/").at(-1))"""
    [own] = (site / "_static").glob("book-*.css")
    formulas = ["formulas.css"] if desk.page.locator("math").count() else []
    assert desk.page.evaluate(waits) == [own.name, *formulas]


@pytest.fixture(scope="module")
def known(site: Path, book_site: SimpleNamespace) -> frozenset[str]:
    """The words of pages and scripts, by which the style sheet was shortened."""
    files = [*(site / page for page in PAGES), *(site / "_static").rglob("*.js")]
    return book_site.used_styles.words(file.read_text(encoding="utf8") for file in files)


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_no_class_has_lost_its_rules(
    page: str, desk: Visit, known: frozenset[str], book_site: SimpleNamespace
) -> None:
    """Also none that a script has made."""
    names = desk.page.evaluate("[...document.querySelectorAll('*')].flatMap((e) => [...e.classList])")
    assert len(names) > 100
    assert {name for name in names if not book_site.used_styles.occurs(name, known)} == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_a_page_has_few_stops_of_the_tab_key(page: str, server: str, visit: Callable) -> None:
    seen = visit(server + page).page
    seen.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    seen.wait_for_timeout(500)
    assert 20 < seen.evaluate(STOPS) <= MOST_STOPS


def test_folded_code_is_not_measured_before_it_opens(server: str, visit: Callable) -> None:
    page = visit("about:blank").page
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable")
    page.goto(server + "notebooks/05_cold_start.html")
    page.wait_for_timeout(1000)
    folded = page.locator("details:not([open]) pre").count()
    counts = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
    assert folded > 50 and 1 < counts["LayoutCount"] < folded / 2, "the page is laid out once for each fold"
    wide = "(fold) => [...fold.querySelectorAll('pre')].some((code) => code.scrollWidth > code.clientWidth)"
    page.set_viewport_size({"width": 390, "height": 800})
    fold = next(
        one for one in page.locator("details").all() if one.evaluate(f"(f) => !f.open && ({wide})(f)")
    )
    stops = fold.locator("pre[tabindex='0']")
    assert stops.count() == 0
    fold.evaluate("(fold) => { fold.open = true }")
    stops.first.wait_for(timeout=20_000)


@pytest.mark.parametrize(("page", "least"), [("notebooks/03_nlp.html", 120), ("book/references.html", 100)])
def test_the_tab_key_reaches_everything_in_its_turn(
    page: str, least: int, server: str, browser: Browser, visit: Callable
) -> None:
    plain = opened(browser, server + page, java_script_enabled=False).page
    shown = "e.checkVisibility({visibilityProperty: true})"
    inside = f"e.closest('.bd-article') && e.matches('a[href], summary') && {shown}"
    name = "(e) => e.matches('summary') ? 'fold' : e.getAttribute('href')"
    wanted = plain.evaluate(f"[...document.querySelectorAll('*')].filter((e) => {inside}).map({name})")
    plain.context.close()
    seen = visit(server + page).page
    seen.evaluate("document.querySelector('.bd-article h1').scrollIntoView()")
    reached = []
    for key in ("Tab", "Shift+Tab"):
        met = []
        for _ in range(600):
            seen.keyboard.press(key)
            at = seen.evaluate(
                f"(() => {{ const e = document.activeElement; return {inside} ? ({name})(e) : '' }})()"
            )
            met += [at] if at else []
            if met and at == "" and seen.evaluate("!document.activeElement.closest('.bd-article')"):
                break
        reached.append(met)
    assert len(wanted) > least and reached == [wanted, wanted[::-1]]


@pytest.mark.parametrize("at", ["one", "one.parentNode"])
def test_the_next_stop_is_ready_as_soon_as_one_has_the_focus(at: str, server: str, visit: Callable) -> None:
    """Also where nothing scrolls, and where the focus is on what is no stop itself."""
    page = visit(server + "notebooks/03_nlp.html").page
    far = "[...document.querySelectorAll('.bd-article :is(a[href], summary)')].filter((e) => e.tabIndex < 0)"
    assert page.evaluate(f"{far}.length") > 20
    give = f"{at}.tabIndex = -1; {at}.focus({{preventScroll: true}})"
    assert (
        page.evaluate(f"(() => {{ const [one, next] = {far}.slice(-2); {give}; return next.tabIndex }})()")
        == 0
    )
