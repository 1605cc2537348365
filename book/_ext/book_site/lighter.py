"""Take from the pages what a browser does not need: half of a chapter's elements, a third of its bytes.

Pygments wraps every name, comma and blank of the code in an element of its own, in the colour that code has
anyway. Each figure and each claim carries its style sheet, and a reacting one its tools, because in Colab
every output is a page of its own; on a page of the book the first of them serves all.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>')  # name, punctuation, white space
SHARED = re.compile(r"<(style|script)>.*?</\1>", re.DOTALL)


def without_plain_spans(body: str) -> str:
    """The page, its code without the elements that give it the colour of code."""
    return PLAIN.sub(r"\1", body)


def with_each_asset_once(body: str) -> str:
    """The page with the first of equal style sheets, and of equal scripts, only."""
    seen: set[str] = set()

    def first(asset: re.Match[str]) -> str:
        if asset[0] in seen:
            return ""
        seen.add(asset[0])
        return asset[0]

    return SHARED.sub(first, body)


def lighten(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Make the body of a page lighter."""
    if "body" in context:
        context["body"] = with_each_asset_once(without_plain_spans(context["body"]))


def setup(app: Sphinx) -> None:
    """Connect the function above."""
    app.connect("html-page-context", lighten)
