"""`{scoreboard}`: every claim of every chapter, with what was measured and what the source says.

A claim is an output of `deepseek_book_utils.claims.claim`, found by its type in `_build/executed/*.ipynb`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .chapter_header import is_chapter
from .tables import page_link, table

MIME = "application/vnd.deepseek-book.claim+json"
KEYS = {"name", "statement", "holds", "evidence", "paper"}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """One claim as its chapter printed it, and the notebook cell that printed it."""

    cell: int
    name: str
    statement: str
    holds: bool
    evidence: str
    paper: str


def claims(notebook: nbformat.NotebookNode) -> Iterator[Claim]:
    """Yield the claims of an executed notebook in order; raises ValueError for one without its five keys."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            content: Any = output.get("data", {}).get(MIME)
            if content is None:
                continue
            content = json.loads(content) if isinstance(content, str) else content
            if not set(content) >= KEYS:
                raise ValueError(f"cell {index + 1}: a claim needs {sorted(KEYS)}, it has {sorted(content)}")
            yield Claim(cell=index, **{key: content[key] for key in KEYS})


def section_of(app: Sphinx, docname: str, cell: int) -> tuple[str, str]:
    """Return the id and the title of the section in which notebook cell `cell` stands."""
    for place in app.env.get_doctree(docname).findall(nodes.container):
        if place.get("nb_element") == "cell_code" and place.get("cell_index") == cell:
            section = place.parent
            while not isinstance(section, nodes.section):
                section = section.parent
            return section["ids"][0], next(iter(section.findall(nodes.title))).astext()
    raise LookupError(f"{docname}: cell {cell + 1} is not on the page")


def accept_claims() -> None:
    """Teach myst-nb that a claim's record shows nothing; any other unknown type stays a warning."""
    unhandled = NbElementRenderer.render_unhandled

    def render_unhandled(self: NbElementRenderer, data: MimeData) -> list[nodes.Element]:
        return [] if data.mime_type == MIME else unhandled(self, data)

    NbElementRenderer.render_unhandled = render_unhandled


class scoreboard(nodes.General, nodes.Element):
    """Stands where the scoreboard will be, once every page is read."""


class Scoreboard(SphinxDirective):
    """The `{scoreboard}` directive."""

    def run(self) -> list[nodes.Node]:
        """Return the placeholder."""
        return [scoreboard()]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every placeholder by a sentence that counts the claims and the table of them."""
    for place in list(doctree.findall(scoreboard)):
        rows = []
        chapters = sorted(name for name in app.env.found_docs if is_chapter(app, name))
        for chapter in chapters:
            path = Path(app.srcdir) / "_build" / "executed" / f"{Path(chapter).name}.ipynb"
            if not path.is_file():
                logger.warning("%s has not been executed: run make book, which does it first", chapter)
                continue
            for item in claims(nbformat.read(path, as_version=4)):
                anchor, title = section_of(app, chapter, item.cell)
                statement = [nodes.target("", "", ids=[f"claim-{item.name}"]), nodes.Text(item.statement)]
                section = page_link(app, docname, chapter, anchor, title)
                where = [page_link(app, docname, chapter), nodes.Text(", "), section]
                verdict = "holds" if item.holds else "fails"
                rows.append([statement, verdict, item.evidence, item.paper or "none", where])
        held = sum(row[1] == "holds" for row in rows)
        count = f"Chapters: {len(chapters)}. Claims: {len(rows)}; {held} hold in the run that made this site."
        headers = ["Claim", "Verdict", "Measured", "What the source says", "Where"]
        place.replace_self([nodes.paragraph("", count), table(headers, rows, "scoreboard", "All claims")])


def setup(app: Sphinx) -> None:
    """Register the directive and what fills it."""
    accept_claims()
    app.add_node(scoreboard)
    app.add_directive("scoreboard", Scoreboard)
    app.connect("doctree-resolved", fill)
