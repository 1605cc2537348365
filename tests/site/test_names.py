"""What a screen reader finds on a page: names for all that takes the focus, and Chinese marked as Chinese."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.site.conftest import Visit
from tests.site.test_pages import PAGES

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
LASTING = [page for page in PAGES if page != "index.html"]  # which only leads to the first page
CONTROLS = {"slider", "button", "combobox", "link", "textbox", "searchbox", "checkbox", "DisclosureTriangle"}


def tree(page: Page) -> list[dict[str, Any]]:
    """The nodes that a screen reader is given: role, name, whether the Tab key reaches one that has none."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]

    def reached(node: dict[str, Any]) -> bool:
        """Not where the theme lets only scripts set the focus."""
        if not any(one["name"] == "focusable" for one in node.get("properties", [])):
            return False
        found = session.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})["node"]
        pairs = found.get("attributes", [])
        return dict(zip(pairs[::2], pairs[1::2], strict=True)).get("tabindex") != "-1"

    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            "focus": not node.get("name", {}).get("value") and reached(node),
        }
        for node in nodes
        if not node["ignored"]
    ]


def faults(nodes: list[dict[str, Any]]) -> list[str]:
    """Controls without a name, or with one that says nothing: a number, or the name of another slider."""
    controls = [node for node in nodes if node["role"] in CONTROLS]
    found = [
        f"{node['role']} {node['name']!r}" for node in controls if not re.search(r"[^\W\d_]", node["name"])
    ]
    found += [f"{one['role']} without a name" for one in nodes if one["focus"]]
    return found


@pytest.mark.parametrize("page", LASTING)
def test_everything_that_takes_the_focus_has_a_name(desk: Visit) -> None:
    nodes = tree(desk.page)
    assert any(node["role"] == "link" for node in nodes)
    assert faults(nodes) == []


UNNAMED = {
    "a slider named by its value": "<label><output>3</output><input type=range></label>",
    "an empty button": "<button><svg></svg></button>",
    "a box that takes the focus": "<div tabindex=0>text</div>",
    "a link of a number": "<a href=#a>1</a>",
    "a select": "<select><option>one</select>",
}


@pytest.mark.parametrize("html", UNNAMED.values(), ids=UNNAMED)
def test_what_has_no_name_is_found(html: str, tmp_path: Path, visit: Callable) -> None:
    head = '<!doctype html><html lang="en"><title>t</title><button>Play</button><a href=#b>Next</a>'
    (tmp_path / "page.html").write_text(head + html, encoding="utf8")
    assert len(faults(tree(visit((tmp_path / "page.html").as_uri()).page))) >= 1
    (tmp_path / "page.html").write_text(head, encoding="utf8")
    assert faults(tree(visit((tmp_path / "page.html").as_uri()).page)) == []


@pytest.mark.parametrize("page", LASTING)
def test_chinese_is_marked_as_chinese(desk: Visit) -> None:
    unmarked = desk.page.evaluate(r"""() => {
      const texts = document.createTreeWalker(document.querySelector('article') || document.body, 4);
      const found = [], chinese = /[\u4e00-\u9fff]/;
      const drawn = 'script, style, svg, option, .dv-s, .dv-x';  // what figures write holds no elements
      for (let t = texts.nextNode(); t; t = texts.nextNode())
        if (chinese.test(t.data) && !t.parentElement.closest(`[lang|=zh], ${drawn}`)) found.push(t.data);
      return found;
    }""")
    assert unmarked == []


def test_the_glossary_has_addresses_that_one_can_read(site: Path) -> None:
    html = (site / "book" / "glossary.html").read_text(encoding="utf8")
    anchors = re.findall(r'<dt[^>]* id="([^"]+)"', html)
    assert len(anchors) > 400 and not [anchor for anchor in anchors if re.fullmatch(r"term-\d+", anchor)]
    assert {"term-advantage", "term-advantage-zh"} <= set(anchors) and max(Counter(anchors).values()) == 1


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("notebooks/")])
def test_the_first_use_of_a_term_leads_to_the_glossary(page: str) -> None:
    links = re.findall(r'<a class="term[^>]*href="([^"]+)"', (SITE / page).read_text(encoding="utf8"))
    assert len(links) > 10 and max(Counter(links).values()) == 1
    assert all(link.startswith("../book/glossary.html#term-") for link in links)
