"""What is far from the window is not laid out, and a reader cannot tell."""

from collections.abc import Callable

import pytest

from tests.site.conftest import wait_until
from tests.site.test_pages import PAGES
from tools.weigh import ELEMENTS

# Note what moves in a chapter before the reader's eyes.
NOTE = """window.moved = [];
const article = (node) => (node?.nodeType == Node.TEXT_NODE ? node.parentNode : node)?.closest('.bd-article');
new PerformanceObserver((list) => moved.push(...list.getEntries().flatMap((shift) => shift.sources)
  .filter(({node}) => article(node)).map(({node}) => node.textContent))).observe({type: 'layout-shift'});"""
# Half a window every third frame: in one second ten windows.
SCROLL = """async () => { for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
  scrollTo({top: y, behavior: 'instant'});
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame); } }"""
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/0")]
SKIPPED = """(css) => [...document.querySelectorAll(css)].map((box) => box.firstElementChild)
  .filter((one) => one && !one.checkVisibility({contentVisibilityAuto: true})).length"""


@pytest.mark.parametrize("page", CHAPTERS)
def test_what_is_far_from_the_window_is_not_laid_out(page: str, server: str, visit: Callable) -> None:
    """No script asks for its size, by which it would be laid out after all: seconds of a slow phone."""
    seen = visit("about:blank").page
    browser = seen.context.new_cdp_session(seen)
    browser.send("Performance.enable")
    seen.goto(server + page)
    seen.wait_for_timeout(1000)
    counts = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
    assert 100 < counts["LayoutObjects"] < seen.evaluate(ELEMENTS) / 3
    assert seen.evaluate(SKIPPED, ".cell") > 20 and seen.evaluate(SKIPPED, ".chapter-header ~ section") > 3


@pytest.mark.parametrize("width", [390, 1280])
def test_a_link_leads_to_its_heading_past_what_is_not_laid_out(
    width: int, server: str, visit: Callable
) -> None:
    top = "(id) => document.getElementById(id).firstElementChild.getBoundingClientRect().top"
    address = server + "notebooks/05_cold_start.html"
    page = visit(address, width=width).page
    names = page.evaluate(
        "[...document.querySelectorAll('.bd-article section section')].map((one) => one.id)"
    )
    assert len(names) > 20
    for name in (names[1], names[len(names) // 2], names[-1], names[5]):
        page.evaluate("(id) => { location.hash = id }", name)
        page.wait_for_timeout(500)
        current = "document.querySelector('#pst-page-toc-nav a[aria-current]')?.hash"
        assert 0 <= page.evaluate(top, name) < 100 and page.evaluate(current) == f"#{name}"
    fresh = visit(f"{address}#{names[-3]}", width=width).page
    fresh.wait_for_timeout(500)
    assert 0 <= fresh.evaluate(top, names[-3]) < 100


def test_what_scrolls_is_a_stop_of_the_tab_key_once_it_is_near(server: str, visit: Callable) -> None:
    page = visit(server + "notebooks/05_cold_start.html", width=390).page
    page.wait_for_timeout(1000)
    near = (
        "[...document.querySelectorAll('.cell pre')].findLast((one) => !one.closest('details:not([open])'))"
    )
    assert page.evaluate(f"{near}.getAttribute('tabindex')") is None, "measured, so laid out, from far away"
    page.evaluate(f"{near}.scrollIntoView()")
    wait_until(page, f"() => {near}.getAttribute('tabindex') !== null")
    assert page.evaluate(f"{near}.tabIndex == ({near}.scrollWidth > {near}.clientWidth ? 0 : -1)")


@pytest.mark.parametrize(
    ("page", "width"), [("notebooks/02_deep_learning_and_rl.html", 1280), ("notebooks/04_r1_zero.html", 390)]
)
def test_nothing_moves_before_a_reader_who_scrolls(
    page: str, width: int, server: str, visit: Callable
) -> None:
    """Nor where a figure writes below itself a text whose height was not known."""
    seen = visit("about:blank", width=width).page
    seen.add_init_script(NOTE)
    seen.goto(server + page)
    seen.wait_for_timeout(1000)
    assert seen.locator("[data-panel]").count() > 0
    seen.evaluate("moved = []")
    seen.evaluate(SCROLL)
    assert seen.evaluate("moved") == []
    seen.evaluate("scrollTo(0, 0)")
    seen.locator(".bd-article h1").evaluate("(title) => { title.style.marginBottom = '99px' }")
    wait_until(seen, "() => moved.length > 0", timeout=5)


def test_code_has_its_copy_button_once_it_is_near(server: str, visit: Callable) -> None:
    page = visit(server + "notebooks/05_cold_start.html").page
    page.wait_for_timeout(500)
    button, before = page.locator(".copybtn"), page.locator(".copybtn").count()
    assert before < page.locator(".highlight pre").count() / 2
    code = page.locator(".cell .highlight:not(details .highlight)").last
    code.scroll_into_view_if_needed()
    mine = code.locator(".copybtn")
    mine.wait_for(state="attached")
    code.hover()
    mine.click()
    wait_until(page, "(one) => one.classList.contains('success')", arg=mine.element_handle())
    assert button.count() > before and mine.count() == 1
