"""Every page is whole at every width, from a window at 400 % to a desk: nothing is cut or out of reach."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.site.conftest import HEIGHT, Visit, laid_out
from tests.site.test_pages import PAGES

WIDTHS = (1440, 820, 640, 390, 320)  # pixels; a window of 1280 at 200 % has 640, at 400 % 320
# Texts that stand outside the window, where no box scrolls to them; boxes that cut off what they hold; boxes
# that scroll sideways and take no focus. (A dropdown cuts off its arrow while that turns.)
CUT = r"""() => {
  const {clientWidth: wide, scrollWidth: whole} = document.documentElement, found = [];
  const say = (what, e) =>
    found.push(`${what}: ${e.tagName} ${e.getAttribute('class')} ${e.textContent.trim().slice(0, 40)}`);
  if (whole > wide) found.push(`the page scrolls sideways: ${whole}`);
  const parts = new Map();
  const inside = e => {  // does a box around e clip, scroll or place it?
    if (!e || e == document.documentElement) return false;
    if (!parts.has(e)) {
      const {overflowX, clipPath, position} = getComputedStyle(e);
      const own = overflowX != 'visible' || clipPath != 'none' || position == 'fixed';
      parts.set(e, own || inside(e.parentElement));
    }
    return parts.get(e);
  };
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg, math, dialog') || !e.checkVisibility({visibilityProperty: true})) continue;
    const x = getComputedStyle(e).overflowX;
    if (e.clientWidth > 4 && e.scrollWidth > e.clientWidth + 1) {
      const reached = e.tabIndex == 0 || e.querySelector('a[href], button, [tabindex="0"]');
      if (/hidden|clip/.test(x)) e.matches('.toggle') || say('cut', e);
      else if (x != 'visible' && !reached) say('no focus', e);
    }
    if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1) && !inside(e)) say('outside', e);
  }
  return found;
}"""


def cut(page: Page, width: int, looks: int = 20) -> list[str]:
    """What a reader cannot reach on a laid out page in a window of this width, at the last of these looks."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    found: list[str] = []
    for _ in range(looks):  # scripts look again what scrolls, after 300 ms, or later on a busy machine
        page.wait_for_timeout(400)
        if not (found := page.evaluate(CUT)):
            break
    return found


@pytest.mark.parametrize("page", PAGES)
def test_page_is_whole_at_every_width(desk: Visit) -> None:
    with laid_out(desk.page):
        assert {width: found for width in WIDTHS if (found := cut(desk.page, width))} == {}


BAD = {
    "a wide word": "<p>{wide}</p>",
    "a word that is cut": '<p style="overflow: hidden">{wide}</p>',
    "a box that takes no focus": '<pre style="overflow-x: auto" tabindex="-1">{wide}</pre>',
    "a text to the left": '<p style="margin-left: -99px">text</p>',
}


@pytest.mark.parametrize("html", BAD.values(), ids=BAD)
def test_what_is_cut_is_found(html: str, tmp_path: Path, visit: Callable) -> None:
    head = '<!doctype html><title>t</title><pre style="overflow-x: auto" tabindex="0">{wide}</pre>'
    page = tmp_path / "page.html"
    for text, count in ((head, 0), (head + html, 1)):
        page.write_text(text.format(wide="wide" * 200), encoding="utf8")
        assert (len(cut(visit(page.as_uri()).page, 390, looks=2)) > 0) == count
