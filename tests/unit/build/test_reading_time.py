"""Reading time: what a reader reads counts, what is folded or computed does not."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from docutils import nodes

EXTENSION = Path(__file__).resolve().parents[3] / "book" / "_ext"


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The extension's module."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    yield importlib.import_module("book_site.reading_time")


def section(name: str, *children: nodes.Node) -> nodes.section:
    """A section with a title."""
    return nodes.section("", nodes.title("", name), *children, ids=[name.lower()])


def cell(code: str, *classes: str) -> nodes.container:
    """A code cell with an output."""
    source = nodes.container("", nodes.literal_block("", code), classes=["cell_input"])
    output = nodes.container("", nodes.literal_block("", code), classes=["cell_output"])
    return nodes.container("", source, output, classes=["cell", *classes])


def words(count: int) -> nodes.paragraph:
    """A paragraph of so many words."""
    return nodes.paragraph("", "word " * count)


def test_words_and_open_lines_count(reading: ModuleType) -> None:
    table = nodes.entry("", words(reading.WORDS))  # a cell of a table: its paragraph counts once
    inner = section("Inner", words(reading.WORDS - 1), cell("x\n\n" * reading.LINES))
    chapter = section(
        "Chapter", section("Long", words(2 * reading.WORDS - 1), inner), section("Table", table)
    )
    assert reading.section_times(chapter) == [("Long", "long", 4), ("Table", "table", 1)]


def test_folded_things_and_outputs_cost_nothing(reading: ModuleType) -> None:
    answer = nodes.admonition("", words(5 * reading.WORDS), classes=["dropdown"])
    folded = cell("x\n" * 5 * reading.LINES, "tag_hide-input")
    chapter = section("Chapter", section("Short", answer, folded))
    assert reading.section_times(chapter) == [("Short", "short", 1)]
