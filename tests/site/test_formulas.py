"""Formulas of every page: drawn without a script, no larger than their text, whole on a phone."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.conftest import wait_until
from tests.site.test_pages import PAGES, SITE

WITH = [page for page in PAGES if "<math" in (SITE / page).read_text(encoding="utf8")]
FAULTS = """() => [...document.querySelectorAll('math')].filter((m) => m.checkVisibility()).flatMap((m) => {
  const box = m.getBoundingClientRect(), around = m.parentElement;
  const block = m.getAttribute('display') == 'block';
  const size = (e) => parseFloat(getComputedStyle(e).fontSize), scrolls = getComputedStyle(around).overflowX;
  return [!box.width && 'empty', !block && size(m) > size(around) + 0.01 && 'larger than its text',
    !block && box.right > innerWidth && 'beyond the page', block && scrolls != 'auto' && 'cannot scroll'
  ].filter(Boolean).map((fault) => `${fault}: ${m.textContent}`);
})"""


def test_some_pages_have_formulas() -> None:
    assert len(WITH) > 10 and "notebooks/02_deep_learning_and_rl.html" in WITH


@pytest.mark.parametrize("page", WITH)
def test_formulas_are_drawn_without_a_script_and_fit_a_phone(page: str, server: str, visit: Callable) -> None:
    seen = visit(server + page, width=390)
    assert not [address for address in seen.requests if "mathjax" in address.lower()]
    seen.page.evaluate("document.querySelector('math').scrollIntoView()")
    wait_until(seen.page, "() => document.fonts.check('16px \"Book Math\"', '𝜃')")
    assert seen.page.evaluate(FAULTS) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_tex_is_left(page: str) -> None:
    html = re.sub(r"<(script|pre|code)\b.*?</\1>", "", (SITE / page).read_text(encoding="utf8"), flags=re.S)
    assert re.findall(r"\\(?:frac|text|math|pi_|theta|log|sum|begin|\(|\[)[^<]{0,40}", html) == []


def test_the_search_index_has_words_and_no_tex(site: Path) -> None:
    index = json.loads((site / "searchindex.js").read_text(encoding="utf8").split("(", 1)[1].rstrip(")"))
    assert {"softmax", "clip"} <= index["terms"].keys()
    assert not {"mathrm", "mathbb", "operatornam", "qquad", "frac", "bigl"} & index["terms"].keys()
    assert not [title for title in index["alltitles"] if "\\" in title]
