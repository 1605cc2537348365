"""How long a chapter takes to read, as a whole and section by section: counted, not typed.

Counted are the words of the prose and the lines of code that stand open; folded code, outputs, displayed
formulas and folded answers cost nothing. The rates are a guess, for readers whose first language is another
one.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

from .kept import page_tree

WORDS, LINES = 160, 30  # a minute: words of prose, lines of open code
PROSE = (nodes.paragraph, nodes.title, nodes.entry)
FOLDED = {"tag_hide-input", "tag_hide-cell", "cell_output", "dropdown"}


def is_folded(node: nodes.Node, within: nodes.Node) -> bool:
    """Say whether `node` lies in something folded, or in an output, inside of `within`."""
    above = node.parent
    while above is not within:
        if FOLDED & set(above.get("classes", ())):
            return True
        above = above.parent
    return False


def minutes(section: nodes.Element) -> float:
    """Return the minutes that a section takes."""
    seen = [node for node in section.findall(nodes.Element) if not is_folded(node, section.parent)]
    prose = [node for node in seen if isinstance(node, PROSE) and not isinstance(node.parent, nodes.entry)]
    words = sum(len(re.findall(r"\w+", node.astext())) for node in prose)
    code = [node.astext() for node in seen if isinstance(node, nodes.literal_block)]
    lines = sum(len([line for line in text.splitlines() if line.strip()]) for text in code)
    return words / WORDS + lines / LINES


def section_times(chapter: nodes.section) -> list[tuple[str, str, int]]:
    """Return title, id and whole minutes, one at least, of each section of a chapter."""
    return [
        (section.next_node(nodes.title).astext(), section["ids"][0], max(1, round(minutes(section))))
        for section in chapter.children
        if isinstance(section, nodes.section)
    ]


def reading_times(app: Sphinx, docname: str) -> list[tuple[str, str, int]]:
    """Return title, id and minutes of each section of the chapter `docname`, as it was read: without what the
    build adds to it, such as the names in a citation. All pages that speak of minutes ask here.
    """
    return section_times(next(iter(page_tree(app, docname).findall(nodes.section))))


def reading_minutes(app: Sphinx, docname: str) -> int:
    """Return the minutes that the chapter `docname` takes to read: the sum of its sections'."""
    return sum(took for *_, took in reading_times(app, docname))
