"""The HTML of every page holds what HTML allows, where a validator found faults before."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.site.test_pages import PAGES

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
NO_TEXT = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
BLOCK = re.compile(r"<(?:p|div|ul|ol|table)\b")
CONTROL = re.compile(r"<(?:input|select|button|output|textarea|meter|progress)\b")


def faults(html: str) -> list[str]:
    """Ids that two elements have, paragraphs in a summary, two controls in one label."""
    html = NO_TEXT.sub("", html)
    ids = Counter(re.findall(r'<[^>]*\sid="([^"]*)"', html))
    found = [f"{count} elements have the id {name}" for name, count in ids.items() if count > 1]
    for part in re.findall(r"<(?:summary|label)\b.*?</(?:summary|label)>", html, re.DOTALL):
        if BLOCK.search(part) or len(CONTROL.findall(part)) > 1:
            found.append(part[:100])
    return found


@pytest.mark.parametrize("page", PAGES)
def test_html_holds_what_it_may(page: str) -> None:
    assert faults((SITE / page).read_text(encoding="utf8")) == []


@pytest.mark.parametrize(
    "html",
    [
        '<p id="a">1</p><b class="x" id="a">2</b>',
        "<details><summary>\n<p>Show</p></summary></details>",
        "<label>x <output>1</output><input type=range></label>",
    ],
)
def test_a_fault_is_found(html: str) -> None:
    good = '<p id="b">1</p><summary><span>Show</span></summary><label>x <input></label>'
    good += "<script>'<p id=\"b\">'</script>"
    assert faults(good) == [] and len(faults(good + html)) == 1
