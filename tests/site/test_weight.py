"""What a page may weigh: kilobytes of a first visit, and elements."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.conftest import Visit
from tests.site.test_pages import PAGES
from tools.weigh import ELEMENTS, weight

CHAPTER, PROSE = 600, 250  # kB of a first visit, compressed
MOST_ELEMENTS = 15_000


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_a_page_is_light(page: str, desk: Visit, site: Path, server: str) -> None:
    most = CHAPTER if page.startswith("notebooks/") else PROSE
    asked = [one for one in desk.requests if not one.endswith("/basic.css")]  # only axe looks for this one
    assert 10 < weight(site, asked, server) <= most
    assert 100 < desk.page.evaluate(ELEMENTS) <= MOST_ELEMENTS


def test_copy_buttons_are_stops_of_the_tab_key_while_their_code_is_near(server: str, visit: Callable) -> None:
    page = visit(f"{server}notebooks/03_nlp.html").page
    shown = "[...document.querySelectorAll('.copybtn')].filter((b) => b.checkVisibility())"
    top = "Math.abs(b.getBoundingClientRect().top)"
    for place in (0, 20, -1):
        page.evaluate(f"{shown}.at({place}).scrollIntoView({{behavior: 'instant', block: 'center'}})")
        page.wait_for_function(f"() => {shown}.at({place}).tabIndex == 0")
        assert page.evaluate(f"{shown}.filter((b) => {top} < 400 && b.tabIndex)") == []
        assert page.evaluate(f"{shown}.filter((b) => {top} > 1500 && b.tabIndex == 0)") == []
