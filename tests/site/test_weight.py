"""What a page may weigh: kilobytes of a first visit, and elements."""

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
    assert 10 < weight(site, desk.requests, server) <= most
    assert 100 < desk.page.evaluate(ELEMENTS) <= MOST_ELEMENTS
