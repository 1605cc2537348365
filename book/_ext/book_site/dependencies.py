"""`{dependencies} part`: how the chapters depend on each other.

`figure` draws `book/chapters.yml`, `needs` is the same in words, with what may wait. `code` says which code a
chapter runs that another chapter shows, as its own cells import it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .tables import Cell, page_link, table

sys.path.append(str(Path(__file__).resolve().parents[3]))  # Sphinx does not start in the repository's root
from tools.dependencies import FILE, dependency_figure, load_chapters, shared_code  # noqa: E402

TITLE = "Chapter 2 carries most of the book, and nothing needs chapter 4a"
CAPTION = (
    "An arrow begins at the chapter that gives and ends at the chapter that takes. Blue, on the left: you "
    "need it. Orange, on the right: it helps."
)


class dependencies(nodes.General, nodes.Element):
    """Stands where the figure or a table will be, once every page is read."""


class Dependencies(SphinxDirective):
    """The `{dependencies}` directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the placeholder; an unknown part is an error."""
        [part] = self.arguments
        if part not in ("figure", "needs", "code"):
            raise self.error(f"{{dependencies}} has no part {part}; it has figure, needs, code")
        self.env.note_dependency(str(Path(self.env.srcdir) / FILE))
        return [dependencies(part=part)]


def with_emphasis(words: str) -> list[nodes.Node]:
    """Return words in which `*a name*` is emphasised."""
    parts = re.split(r"\*([^*]+)\*", words)
    return [nodes.emphasis("", part) if place % 2 else nodes.Text(part) for place, part in enumerate(parts)]


def needs_table(app: Sphinx, here: str) -> nodes.Node:
    """Return for each chapter what it needs, what helps, and what may wait."""
    found = load_chapters(Path(app.srcdir))
    number = {one.chapter: one.number for one in found}
    rows: list[list[Cell]] = []
    for one in found:
        told: list[Cell] = []
        for kind in ("needs", "helps"):
            words: list[nodes.Node] = []
            for need in (need for need in one.takes if need.kind == kind):
                words += [nodes.Text("; ")] if words else []
                words.append(nodes.strong("", number[need.giver]))
                words += [nodes.Text(": "), *with_emphasis(need.what)]
            told.append(words or "nothing")
        rows.append([page_link(app, here, one.chapter), *told, with_emphasis(one.skip)])
    headers = ["Chapter", "Needs", "Is helped by", "What may wait"]
    return table(headers, rows, "needs", "What each chapter takes from the others", "needs")


def code_table(app: Sphinx, here: str) -> nodes.Node:
    """Return for each chapter the code that it runs and another chapter shows."""
    root = Path(app.srcdir)
    number = {one.chapter: one.number for one in load_chapters(root)}
    rows: list[list[Cell]] = []
    for taker, givers in shared_code(root).items():
        for giver, names in givers.items():
            words: list[nodes.Node] = []
            for name in sorted(names, key=str.lower):
                words += [nodes.Text(", ")] if words else []
                words.append(nodes.literal("", name))
            chapter = f"chapter\N{NO-BREAK SPACE}{number[taker]}"
            rows.append([page_link(app, here, taker, text=chapter), number[giver], words])
    headers = ["Chapter", "Runs code of", "Names"]
    return table(headers, rows, "shared-code", "Code that one chapter shows and another one runs", "shared")


def figure_html(app: Sphinx) -> str:
    """Return the figure, wide and narrow."""
    found = load_chapters(Path(app.srcdir))
    pictures = dependency_figure(found, wide=True) + dependency_figure(found, wide=False)
    words = f'<p class="finding">{TITLE}</p>', f"<figcaption>{CAPTION}</figcaption>"
    return f'<figure class="journey">{words[0]}{pictures}{words[1]}</figure>'


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every placeholder by its part."""
    for place in list(doctree.findall(dependencies)):
        if place["part"] == "figure":
            place.replace_self(nodes.raw("", figure_html(app), format="html"))
        else:
            place.replace_self((needs_table if place["part"] == "needs" else code_table)(app, docname))


def setup(app: Sphinx) -> None:
    """Register the directive and what fills it."""
    app.add_node(dependencies)
    app.add_directive("dependencies", Dependencies)
    app.connect("doctree-resolved", fill)
