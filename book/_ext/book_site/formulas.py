"""Formulas as MathML, written when the book is built: a page needs no script for them.

latex2mathml turns TeX into MathML, `core_mathml.py` turns that into what browsers draw. A formula that
neither knows is a warning with its page, and a warning fails the build. In titles, descriptions and the
search index stand the formula's letters, in place of its TeX.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html import HTML5Translator

from .core_mathml import FormulaError, mathml
from .math_font import FontError, sheet

LOG = logging.getLogger(__name__)
SHEET = "formulas.css"
TEX = "tex"  # the attribute that keeps a formula's TeX once its letters stand in its place
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def html(tex: str, display: str, node: nodes.Node | None = None) -> str:
    """The formula as HTML; where it cannot be read a warning with the page of `node`, and nothing."""
    try:
        return ElementTree.tostring(mathml(tex, display), encoding="unicode", short_empty_elements=False)
    except FormulaError as error:
        LOG.warning("%s, in the formula %s", error, " ".join(tex.split()), location=node)
        return ""


def tex_of(node: nodes.Element) -> str:
    """The TeX of a node."""
    return node.get(TEX) or node.astext()


def visit_inline(self: HTML5Translator, node: nodes.math) -> NoReturn:
    """Write a formula in a line."""
    self.body.append(html(tex_of(node), "inline", node))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> NoReturn:
    """Write a formula on lines of its own, with its number and its link where it has a label."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(html(tex_of(node), "block", node) + "</div>\n")
    raise nodes.SkipNode


def read_letters(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let a formula read as its letters wherever a page is taken as text, as by the search index."""
    if app.builder.format != "html":
        return
    for node in [*doctree.findall(nodes.math), *doctree.findall(nodes.math_block)]:
        tex = node.astext()
        try:
            letters = "".join(mathml(tex, "inline").itertext())
        except FormulaError:
            continue  # a warning when it is written
        node[TEX], node[:] = tex, [nodes.Text(letters)]


def add_sheet(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the formulas' style sheet to a page that has any."""
    if "<math" in context.get("body", ""):
        app.add_css_file(SHEET)


def write_sheet(app: Sphinx, exception: Exception | None) -> None:
    """Write the style sheet, with a font of all characters that the finished pages show in formulas."""
    if exception is not None or app.builder.format != "html":
        return
    characters: set[str] = set()
    for path in Path(app.outdir).rglob("*.html"):
        for formula in FORMULA.findall(path.read_text(encoding="utf8")):
            characters |= set(unescape(TAG.sub("", formula)))
    try:
        (Path(app.outdir) / "_static" / SHEET).write_text(sheet(characters), encoding="utf8")
    except FontError as error:
        LOG.warning("%s", error)


def setup(app: Sphinx) -> None:
    """Register the renderer and the functions above."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.connect("doctree-resolved", read_letters)
    app.connect("html-page-context", add_sheet)
    app.connect("build-finished", write_sheet)
