"""What pages say of themselves, and whom they may ask."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document

EXTENSION = Path(__file__).resolve().parents[3] / "book" / "_ext"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    yield importlib.import_module("book_site.address")


def document(*paragraphs: str) -> nodes.document:
    """A page of these paragraphs."""
    page = new_document("page", get_default_settings(Parser))
    page.extend(nodes.paragraph("", text) for text in paragraphs)
    return page


def test_a_description_is_the_first_paragraph_cut_between_words(address: ModuleType) -> None:
    assert (
        address.description(document("", "A base  asks.\nIt learns.", "More.")) == "A base asks. It learns."
    )
    cut = address.description(document("word " * 100))
    assert cut == "word " * 39 + "word …" and len(cut) <= address.LONGEST + 2
    assert address.description(document()) == address.description(None) == ""


def test_the_policy_names_no_other_host(address: ModuleType) -> None:
    allowed = {"'self'", "file:", "data:", "blob:", "'unsafe-inline'", "'none'"}
    parts = [part.split() for part in address.POLICY.split(";")]
    assert parts[0][0] == "default-src" and all(set(part[1:]) <= allowed for part in parts)


def test_tags_are_escaped(address: ModuleType) -> None:
    page = BeautifulSoup(
        address.tags('"A" & <b>', "Book", 'says "no"', "https://example.org/a.html"), "html.parser"
    )
    found = {tag.get("property"): tag.get("content") for tag in page.find_all("meta") if tag.get("property")}
    assert found == {
        "og:type": "article",
        "og:site_name": "Book",
        "og:title": '"A" & <b>',
        "og:description": 'says "no"',
        "og:url": "https://example.org/a.html",
    }
    assert "og:url" not in address.tags("A", "Book", "", "") and "description" not in address.tags(
        "A", "B", "", ""
    )


def test_the_sitemap_lists_every_page(address: ModuleType) -> None:
    tree = ElementTree.fromstring(address.sitemap("https://example.org/a&b/", ["one", "two/three"]).encode())
    assert [node.text for node in tree.findall(".//{*}loc")] == [
        "https://example.org/a&b/one.html",
        "https://example.org/a&b/two/three.html",
    ]


def test_a_missing_page_leads_back_from_any_depth(address: ModuleType) -> None:
    page = BeautifulSoup(address.missing("https://example.org/a&b/", "A & B"), "html.parser")
    links = [link["href"] for link in page.find_all("a")]
    assert links == ["https://example.org/a&b/index.html", "https://example.org/a&b/search.html"]
    assert page.title.text == "Page not found — A & B" and page.html["lang"] == "en"


def test_the_bars_of_a_phone_have_the_colour_of_the_paper(address: ModuleType) -> None:
    sheet = (EXTENSION.parent / "_static" / "book.css").read_text()
    assert "--paper: light-dark({light}, {dark})".format(**address.COLOURS) in sheet
    assert address.tags("A", "Book", "", "").count('name="theme-color"') == 2
