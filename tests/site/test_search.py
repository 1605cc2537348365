"""The search: English, Chinese, names in code and letters find their page; the hit is marked and shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.conftest import wait_until

CHAPTER_4 = "notebooks/04_r1_zero.html"
FINDS = {
    "advantage": "book/glossary.html",
    "优势": "book/glossary.html",
    "组相对策略优化": "notebooks/04_policy_optimisation.html",
    "近端策略优化算法": "book/glossary.html",  # longer than what stands anywhere: its pieces are found
    "group_advantages": CHAPTER_4,
    "R1ZeroSettings": CHAPTER_4,
    "KL": "book/glossary.html",
    "ε": "book/notation.html",
    "θ": "book/notation.html",
    "scoreboard": "book/scoreboard.html",
}


@pytest.mark.parametrize(("words", "page"), FINDS.items(), ids=FINDS)
def test_search_finds(words: str, page: str, server: str, visit: Callable) -> None:
    seen = visit(f"{server}search.html?q={words}")
    seen.page.wait_for_selector(f"#search-results li a[href^='{page}']", timeout=60_000)
    assert seen.errors == []


def test_search_finds_from_disk(site: Path, visit: Callable) -> None:
    seen = visit(f"{site.as_uri()}/search.html?q=优势")
    seen.page.wait_for_selector("#search-results li a", timeout=60_000)
    assert seen.errors == []


def test_the_search_shows_prose_of_a_page(server: str, visit: Callable) -> None:
    page = visit(f"{server}search.html?q=clip ratio").page
    page.wait_for_selector("#search-results li p.context")
    wait_until(page, "Search.status?.innerText.includes('finished')")
    page.wait_for_load_state("networkidle")
    shown = page.locator("#search-results li p.context").all_inner_texts()
    assert len(shown) > 2
    for text in shown:
        assert not [bad for bad in ("\\\\(", "\\\\rho", "$", "Show the code", "Copy") if bad in text], text


SHOWN = """() => [...document.querySelectorAll('article span.highlighted')].some(hit => {
  const box = hit.getBoundingClientRect();
  return box.height > 0 && box.top > 0 && box.bottom < innerHeight;
})"""


def test_a_search_hit_is_marked_and_shown(server: str, visit: Callable) -> None:
    page = visit(f"{server}search.html?q=mirror").page
    page.locator("#search-results li a[href*=how_to_use]").first.click()
    page.wait_for_url("**/how_to_use*")
    wait_until(page, SHOWN)


def test_a_hit_in_hidden_code_is_brought_to_light(server: str, visit: Callable) -> None:
    page = visit(f"{server}search.html?q=load_record").page
    page.evaluate("localStorage.setItem('code', 'hidden')")
    page.locator(f"#search-results li a[href^='{CHAPTER_4}']").first.click()
    page.wait_for_url(f"**/{CHAPTER_4}*")
    wait_until(page, SHOWN)
