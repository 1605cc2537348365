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
from .kept import page_tree
from .tables import Cell, link, page_link, paragraph, table

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


def sections_of(app: Sphinx, docname: str) -> dict[int, tuple[str, str]]:
    """Return for each code cell of a notebook the id and the title of the section in which it stands."""
    found = {}
    for place in page_tree(app, docname).findall(nodes.container):
        if place.get("nb_element") == "cell_code":
            section = place.parent
            while not isinstance(section, nodes.section):
                section = section.parent
            title = next(iter(section.findall(nodes.title))).astext()
            found[place["cell_index"]] = section["ids"][0], title
    return found


def accept_claims() -> None:
    """Teach myst-nb that a claim's record shows nothing; any other unknown type stays a warning."""
    unhandled = NbElementRenderer.render_unhandled

    def render_unhandled(self: NbElementRenderer, data: MimeData) -> list[nodes.Element]:
        return [] if data.mime_type == MIME else unhandled(self, data)

    NbElementRenderer.render_unhandled = render_unhandled


class scoreboard(nodes.General, nodes.Element):
    """Stands where claims will be, once every page is read: those of one chapter, or some named ones."""


def executed(app: Sphinx) -> dict[str, Path]:
    """Return the executed notebook of every chapter that has one, in order; warn of the others."""
    found = {}
    for chapter in sorted(name for name in app.env.found_docs if is_chapter(app, name)):
        path = Path(app.srcdir) / "_build" / "executed" / f"{Path(chapter).name}.ipynb"
        if path.is_file():
            found[chapter] = path
        else:
            logger.warning("%s has not been executed: run make book, which does it first", chapter)
    return found


class Scoreboard(SphinxDirective):
    """`{scoreboard}`: a section with all claims for every chapter. With claims named in it: a list
    of those.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the placeholders, in sections with titles, so that the page's contents name the chapters."""
        if self.content:
            return [scoreboard(wanted=list(self.content))]
        sections: list[nodes.Node] = []
        for chapter, path in executed(self.env.app).items():
            self.env.note_dependency(str(path))
            title = title_of(nbformat.read(path, as_version=4))
            name = f"claims-{Path(chapter).name.replace('_', '-')}"
            sections.append(
                nodes.section(
                    "", nodes.title("", title), scoreboard(chapter=chapter), ids=[name], names=[name]
                )
            )
        return sections


def title_of(notebook: nbformat.NotebookNode) -> str:
    """Return the first heading of a notebook."""
    first = next(line for line in notebook.cells[0].source.splitlines() if line.startswith("# "))
    return first[2:].strip()


def cards(app: Sphinx, here: str, chapter: str, found: list[Claim]) -> list[nodes.Node]:
    """Return a count of one chapter's claims, and a table of them."""
    rows: list[list[Cell]] = []
    sections = sections_of(app, chapter)
    for item in found:
        if item.cell not in sections:
            raise LookupError(f"{chapter}: cell {item.cell + 1} is not on the page")
        anchor, title = sections[item.cell]
        statement = [nodes.target("", "", ids=[f"claim-{item.name}"]), nodes.Text(item.statement)]
        rows.append([statement, item.evidence, item.paper, page_link(app, here, chapter, anchor, title)])
    held = sum(item.holds for item in found)
    count = f"Claims: {len(rows)}; {held} hold in the run that made this site."
    headers = ["Claim", "Measured", "What the source says", "Where"]
    name = f"scoreboard-{Path(chapter).name.replace('_', '-')}"
    return [nodes.paragraph("", count), table(headers, rows, name, "All claims of the chapter", "scoreboard")]


def short_list(names: list[str], found: dict[str, Claim]) -> nodes.bullet_list:
    """Return the statements of these claims, each with what was measured and its name, which leads to its
    card; raises ValueError for a name that no chapter has.
    """
    unknown = [name for name in names if name not in found]
    if unknown:
        raise ValueError(f"the scoreboard names {unknown}, and no chapter has such claims: {sorted(found)}")
    items = []
    for name in names:
        measured = [nodes.Text(f"Measured: {found[name].evidence} · "), link(name, f"#claim-{name}")]
        items.append(nodes.list_item("", paragraph(found[name].statement), paragraph(measured)))
    return nodes.bullet_list("", *items, classes=["claims"])


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every placeholder by its claims."""
    places = list(doctree.findall(scoreboard))
    if not places:
        return
    found = {name: list(claims(nbformat.read(path, 4))) for name, path in executed(app).items()}
    by_name = {item.name: item for items in found.values() for item in items}
    for place in places:
        if "wanted" in place:
            place.replace_self(short_list(place["wanted"], by_name))
        else:
            place.replace_self(cards(app, docname, place["chapter"], found[place["chapter"]]))


def setup(app: Sphinx) -> None:
    """Register the directive and what fills it."""
    accept_claims()
    app.add_node(scoreboard)
    app.add_directive("scoreboard", Scoreboard)
    app.connect("doctree-resolved", fill)
