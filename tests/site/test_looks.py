"""What a designer's eye found once: cut captions, ragged edges, broken lines, two rings, no air."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.site.conftest import laid_out
from tests.site.test_pages import PAGES

CHAPTER = "notebooks/04_r1_zero.html"
PHONE = 390

# For each table that scrolls: does its caption stay in sight? Does a shadow stand still?
CAPTIONS = """() => [...document.querySelectorAll('.pst-scrollable-table-container')]
  .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => {
    const inside = () => {
      const caption = box.querySelector('caption'), mine = caption?.getBoundingClientRect();
      const {left, right} = box.getBoundingClientRect();
      return !caption || mine.left >= left - 1 && mine.right <= right + 1;
    };
    const begin = inside();
    box.scrollLeft = 999;
    const attached = getComputedStyle(box).backgroundAttachment;
    return begin && inside() && attached.includes('local') && attached.includes('scroll');
  })"""


@pytest.mark.parametrize("address", ["book/peers.html", "notebooks/06_distillation.html"])
def test_a_table_that_scrolls_shows_it_and_keeps_its_caption(
    address: str, server: str, visit: Callable
) -> None:
    page = visit(server + address, width=PHONE).page
    with laid_out(page):
        found = page.evaluate(CAPTIONS)
    assert found and all(found)


RIGHT = """() => ['p', 'figure.dv', '.dv-claim'].map(kind => Math.max(...[...document.querySelectorAll(
  `.bd-article ${kind}`)].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().right)))"""


@pytest.mark.parametrize("width", [1280, 1600])
def test_figures_and_claims_are_as_wide_as_the_text(width: int, server: str, visit: Callable) -> None:
    page = visit(server + CHAPTER, width=width).page
    with laid_out(page):
        text, figures, claims = page.evaluate(RIGHT)
    assert figures == pytest.approx(text, abs=1) and claims == pytest.approx(text, abs=1)


# Numbers that may part from their units, or touch a sign of per cent, outside of code and of drawings.
PARTED = r"""() => {
  const article = document.querySelector('article.bd-article')?.cloneNode(true);
  const none = 'script, style, svg, pre, code, math, select, [data-dv]';
  article?.querySelectorAll(none).forEach(e => e.remove());
  article?.querySelectorAll('p, li, th, td').forEach(e => e.append('|'));
  return article?.textContent.match(/.{0,20}\d([ \n]+(%|(ms|s|min|kB|MB|GB|KiB|MiB|GiB)\b)|%(?!\w))/g) ?? [];
}"""


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_numbers_stay_with_their_units(page: str, server: str, visit: Callable) -> None:
    assert visit(server + page, java_script_enabled=False).page.evaluate(PARTED) == []


def test_an_option_stays_on_one_line(server: str, visit: Callable) -> None:
    page = visit(f"{server}book/instructors.html", width=PHONE).page
    lines = "all => all.filter(e => /^-/.test(e.textContent)).map(e => e.getClientRects().length)"
    found = page.locator("p code .pre").evaluate_all(lines)
    assert found and set(found) == {1}


def results(page: Page, words: str, server: str) -> None:
    """Search for these words, and wait for all that is found."""
    page.goto(f"{server}search.html?q={words}")
    page.get_by_text("Search finished").wait_for()
    page.wait_for_load_state("networkidle")


def test_the_search_fits_a_phone_and_looks_like_other_pages(server: str, visit: Callable) -> None:
    page = visit(f"{server}book/notation.html", width=PHONE).page
    title = """e => [e.getBoundingClientRect().left, getComputedStyle(e).fontWeight,
      getComputedStyle(e).fontSize]"""
    other = page.locator(".bd-article h1").evaluate(title)
    results(page, "dpo_loss", server)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    assert page.locator("h1").evaluate(title) == other


def test_a_snippet_keeps_words_of_two_blocks_apart(server: str, visit: Callable) -> None:
    page = visit(f"{server}search.html", width=PHONE).page
    said = page.evaluate("""async () => Search.makeSearchSummary(
      await (await fetch('book/preface.html')).text(), new Set(['straight']), '').textContent""")
    assert "learn Straight" in said


def test_the_field_of_the_search_has_one_ring(server: str, visit: Callable) -> None:
    page = visit(f"{server}book/notation.html", width=PHONE).page
    page.locator(".search-button__button:visible").click()
    page.wait_for_selector("#pst-search-dialog input:focus")
    rings = """e => [e, e.form].map(one => getComputedStyle(one))
      .map(({outlineStyle, boxShadow}) => [outlineStyle != 'none', boxShadow != 'none'])"""
    assert page.locator("#pst-search-dialog input").evaluate(rings) == [[False, False], [True, False]]


def test_letters_lead_to_the_terms_that_begin_with_them(server: str, visit: Callable) -> None:
    page = visit(f"{server}book/glossary.html").page
    terms = page.locator("dl.glossary :is(dd + dt, dt:first-child)").all_inner_texts()
    letters = page.locator(".letters a")
    for link in letters.all():
        letter, target = link.inner_text(), link.get_attribute("href")
        first = next(term for term in terms if term.upper().startswith(letter))
        assert page.locator(f"dt{target}").inner_text() == first
    assert letters.all_inner_texts() == sorted({term[0].upper() for term in terms})


def test_the_end_of_a_chapter_has_air(site: Path, server: str, visit: Callable) -> None:
    for chapter in list(json.loads((site.parent / "seconds.json").read_text()))[::3]:
        page = visit(f"{server}{chapter}.html").page
        with laid_out(page):
            gap = page.evaluate("""document.querySelector('.prev-next-footer').getBoundingClientRect().top
              - [...document.querySelectorAll('.bd-article p')].at(-1).getBoundingClientRect().bottom""")
        assert gap >= 32
