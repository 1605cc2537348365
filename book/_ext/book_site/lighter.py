"""Take from the pages what a browser does not need: half of a chapter's elements, a third of its bytes.

Pygments wraps every name, comma, operator and blank of the code in an element of its own. Here they have the
colour of code, and neighbours of one colour share an element. Each figure and each claim carries its style
sheet, and a reacting one its tools, because in Colab every output is a page of its own; on a page of the book
the first of them serves all.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
# Names, punctuation, blanks, operators, and the empty element at the start.
PLAIN = re.compile(r'<span class="(?:n|nn|nx|p|w|o)">([^<]*)</span>|<span></span>')
# The classes of a row have one colour in both themes.
COLOURS = {"s": "sa sb s1 s2 sd se sh si", "k": "kc kd kn kp kr ne ow", "mi": "nb bp nd mb mf mh il vm"}
SAME = {other: one for one, others in COLOURS.items() for other in others.split()}
CLASS = re.compile(r'(?<=<span class=")\w+(?=">)')
NEXT = re.compile(r'<span class="(\w+)">([^<]*)</span>(\s*)<span class="\1">')
SHARED = re.compile(r"<(style|script)>.*?</\1>", re.DOTALL)


def with_few_spans(body: str) -> str:
    """The page, its code without elements that give it the colour of code, or of their neighbour."""

    def fewer(code: re.Match[str]) -> str:
        text = CLASS.sub(lambda name: SAME.get(name[0], name[0]), PLAIN.sub(r"\1", code[0]))
        while (merged := NEXT.sub(r'<span class="\1">\2\3', text)) != text:
            text = merged
        return text

    return CODE.sub(fewer, body)


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
        context["body"] = with_each_asset_once(with_few_spans(context["body"]))


def setup(app: Sphinx) -> None:
    """Connect the function above."""
    app.connect("html-page-context", lighten)
