"""`{systems}`: each idea of the notes that the book grew from, with its section, its symbol and its test.

The rows stand in `book/systems.yml`: id, title, section (`notebooks/04_r1_zero#heading-id`), symbol (dotted)
and test (pytest's own name, `tests/unit/test_grpo.py::test_name`). A row whose section, symbol or test does
not exist is a warning, and a warning fails the build.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .kept import page_tree
from .tables import Cell, link, page_link, table

sys.path.append(str(Path(__file__).resolve().parents[3]))  # Sphinx does not start in the repository's root
from tools.package import definition_line  # noqa: E402

ROWS = "book/systems.yml"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """One row of `book/systems.yml`."""

    id: str
    title: str
    section: str
    symbol: str
    test: str


def load_rows(root: Path) -> list[Row]:
    """Return the rows of `book/systems.yml`; raises ValueError for a wrong key or an id twice."""
    names = {field.name for field in fields(Row)}
    rows = []
    for entry in yaml.safe_load((root / ROWS).read_text(encoding="utf8")) or []:
        if set(entry) != names:
            raise ValueError(f"{ROWS}: the row {entry} must have exactly the keys {sorted(names)}")
        rows.append(Row(**{key: str(value) for key, value in entry.items()}))
    ids = [row.id for row in rows]
    if len(set(ids)) != len(ids):
        raise ValueError(f"{ROWS}: an id comes twice in {ids}")
    return rows


def find_symbol(root: Path, symbol: str) -> tuple[str, int]:
    """Return the file (below `root`) and the line of a dotted symbol; raises LookupError without one."""
    parts = symbol.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        base = root.joinpath(*parts[:cut])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path.relative_to(root).as_posix(), definition_line(path, parts[cut:])
    raise LookupError(f"no module of {symbol} lies in the package")


def find_test(root: Path, test: str) -> tuple[str, int]:
    """Return the file and the line of a test by pytest's name; raises LookupError where there is none."""
    file, *names = test.split("[")[0].split("::")
    if not names:
        raise LookupError(f"{test} names a file, not a test in it")
    return file, definition_line(root / file, names)


def section_title(app: Sphinx, section: str) -> tuple[str, str, str]:
    """Return page, anchor and title of `page#anchor`; raises LookupError where one does not exist."""
    docname, _, anchor = section.partition("#")
    if docname not in app.env.found_docs:
        raise LookupError(f"there is no page {docname}")
    known = []
    for node in page_tree(app, docname).findall(nodes.section):
        known += node["ids"]
        if not anchor or anchor in node["ids"]:
            return docname, anchor, next(iter(node.findall(nodes.title))).astext()
    raise LookupError(f"{docname} has no section #{anchor}; it has {', '.join(known)}")


class systems(nodes.General, nodes.Element):
    """Stands where the table will be, once every page is read."""


class Systems(SphinxDirective):
    """The `{systems}` directive."""

    def run(self) -> list[nodes.Node]:
        """Return the placeholder."""
        self.env.note_dependency(str(Path(self.env.srcdir) / ROWS))
        return [systems()]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every placeholder by the table of rows; warn about a row that points nowhere."""
    root, options = Path(app.srcdir), app.config.html_theme_options
    source = f"{options['repository_url']}/blob/{options.get('repository_branch', 'main')}"
    for place in list(doctree.findall(systems)):
        rows: list[list[Cell]] = []
        for row in load_rows(root):
            try:
                page, anchor, title = section_title(app, row.section)
                symbol_file, symbol_line = find_symbol(root, row.symbol)
                test_file, test_line = find_test(root, row.test)
            except LookupError as error:
                logger.warning("%s, row %s: %s", ROWS, row.id, error)
                continue
            symbol = link("", f"{source}/{symbol_file}#L{symbol_line}", internal=False)
            symbol += nodes.literal("", row.symbol.removeprefix("deepseek_book_utils."))
            test = link("", f"{source}/{test_file}#L{test_line}", internal=False)
            test += nodes.literal("", row.test.split("::")[-1])
            rows.append([row.id, row.title, page_link(app, docname, page, anchor, title), symbol, test])
        headers = ["Row", "Idea", "Section", "Code", "Test"]
        place.replace_self(table(headers, rows, "systems", "Ideas of the notes that the book has reached"))


def setup(app: Sphinx) -> None:
    """Register the directive and what fills it."""
    app.add_node(systems)
    app.add_directive("systems", Systems)
    app.connect("doctree-resolved", fill)
