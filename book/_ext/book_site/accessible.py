"""Tell screen readers what they read: Chinese as Chinese, the bibliography as a list.

The glossary names every term twice, in English and in Chinese; elsewhere Chinese stands in the middle of an
English sentence, of code, of a model's answer. A voice that speaks English cannot read it without a mark.
What scrolls says what it is, and a link that is a year says of what. Docutils gives the entries of a
bibliography a role that ARIA has withdrawn, inside a list that wants list items.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LANGUAGE = "language-zh-Hans"  # docutils writes this class as lang="zh-Hans"
SIGN, BETWEEN = r"[\u3400-\u9fff]", r"[\u3000-\u303f\uff00-\uff65 ]"  # a sign; punctuation and blanks
RUN = re.compile(f"{SIGN}(?:{SIGN}|{BETWEEN}+(?={SIGN}))*")
# What is no text of the page, or holds no elements; what is marked; a tag; a text.
PIECES = re.compile(
    r"<(script|style|svg|option|textarea)\b.*?</\1>|<(\w+)[^>]*\blang=\"zh[^>]*>.*?</\2>|<[^>]*>|(?P<text>[^<]+)",
    re.DOTALL,
)
# A box that scrolls sideways takes the focus (the theme sees to that), so it needs a name.
PRINTED = re.compile(r'(<div class="output stream[^>]*><div class="highlight"><pre)>')
# A link that is a year alone, with its reference as a title.
YEAR = re.compile(r'(<a class="reference internal" href="[^"]*" title=("[^"]*"))>(?=\d{4}[a-z]?</a>)')
CORNER = '<th class="head"><p></p></th>'  # of a table whose rows have names; a header may not be empty
BOXES = (("<pre>", "Code"), ('<div class="pst-scrollable-table-container">', "Table"))


def named(body: str) -> str:
    """A page with a name for each box that may scroll, each link that is a year, each header of a table."""
    body = body.replace(CORNER, "<td></td>")
    body = YEAR.sub(r"\1 aria-label=\2>", body)
    body = PRINTED.sub(r'\1 role="group" aria-label="What the cell prints">', body)
    for box, name in BOXES:
        body = body.replace(box, f'{box[:-1]} role="group" aria-label="{name}">')
    return body


def marked(body: str) -> str:
    """A page with its Chinese marked as Chinese."""

    def mark(piece: re.Match[str]) -> str:
        text = piece["text"]
        return RUN.sub(r'<span lang="zh-Hans">\g<0></span>', text) if text else piece[0]

    return PIECES.sub(mark, body)


def mark_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the Chinese terms of a glossary."""
    for term in doctree.findall(nodes.term):
        if CHINESE.search(term.astext()):
            term["classes"].append(LANGUAGE)


def mark_body(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Make the entries of a bibliography the items of its list, name what scrolls, mark Chinese."""
    if "body" in context:
        context["body"] = named(marked(context["body"].replace('role="doc-biblioentry"', 'role="listitem"')))


def setup(app: Sphinx) -> None:
    """Register the markings."""
    app.connect("html-page-context", mark_body)
    app.connect("doctree-read", mark_terms)
