"""Tell screen readers what they read: Chinese as Chinese, the bibliography as a list.

The glossary names every term twice, in English and in Chinese; `{zh}` marks Chinese in running text. Docutils
gives the entries of a bibliography a role that ARIA has withdrawn, inside a list that wants list items.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LANGUAGE = "language-zh-Hans"  # docutils writes this class as lang="zh-Hans"


class Chinese(SphinxRole):
    """The `{zh}` role: a piece of Chinese text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text, marked as Chinese."""
        return [nodes.inline(self.rawtext, self.text, classes=[LANGUAGE])], []


def mark_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the Chinese terms of a glossary."""
    for term in doctree.findall(nodes.term):
        if CHINESE.search(term.astext()):
            term["classes"].append(LANGUAGE)


def mark_bibliography(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Make the entries of a bibliography the items of its list."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> None:
    """Register the role and the markings."""
    app.connect("html-page-context", mark_bibliography)
    app.add_role("zh", Chinese())
    app.connect("doctree-read", mark_terms)
