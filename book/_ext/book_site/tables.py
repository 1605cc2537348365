"""Small docutils helpers for the pages that are made from data."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx.application import Sphinx

Cell = str | nodes.Node | list[nodes.Node]


def paragraph(cell: Cell) -> nodes.paragraph:
    """Return a paragraph of a string, a node or several inline nodes."""
    if isinstance(cell, str):
        return nodes.paragraph("", cell)
    return nodes.paragraph("", "", *(cell if isinstance(cell, list) else [cell]))


def link(text: str, uri: str, *, internal: bool = True) -> nodes.reference:
    """Return a link with plain text."""
    return nodes.reference("", text, refuri=uri, internal=internal)


def page_link(app: Sphinx, here: str, docname: str, anchor: str = "", text: str = "") -> nodes.reference:
    """Return a link from page `here` to page `docname`, named by its title unless `text` is given."""
    uri = app.builder.get_relative_uri(here, docname) + (f"#{anchor}" if anchor else "")
    return link(text or app.env.titles[docname].astext(), uri)


def table(
    headers: list[str], rows: Sequence[Sequence[Cell]], name: str, caption: str, look: str = ""
) -> nodes.table:
    """Return a captioned table; `name` is its id, `look` its class (else its name). An empty string is a cell
    without a paragraph. Raises ValueError for a row of another length.
    """
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in headers), cols=len(headers))
    head, body = nodes.thead(), nodes.tbody()
    for target, lines in ((head, [headers]), (body, rows)):
        for line in lines:
            if len(line) != len(headers):
                raise ValueError(f"table {name}: a row has {len(line)} cells, its header {len(headers)}")
            target += nodes.row("", *(nodes.entry("", *([paragraph(cell)] if cell else [])) for cell in line))
    group += [head, body]
    return nodes.table("", nodes.title("", caption), group, classes=["record", look or name], ids=[name])
