"""What stays on one line: a number with its unit, and a short piece of code such as `--student`.

A no-break space joins number and unit in a page's text, and `6%` becomes `6 %`. Code, formulas and drawings
stay as they are. So do figures with controls, whose sentences a script writes. Code that is longer than half
a line of a phone may break (book.css).
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

UNIT = r"(?:%|(?:ms|s|min|kB|MB|GB|KiB|MiB|GiB)\b)"
# What is left alone, with all that it holds; a number, with the ends of its elements, before a unit; a tag.
PIECES = re.compile(
    r"<(script|style|svg|pre|code|math|option|textarea)\b.*?</\1>"
    r"|<figure\b[^>]*\bdata-dv=.*?</figure>"
    rf"|(?P<number>\d(?:</\w+>)*)(?:[ \n]+(?={UNIT})|(?=%(?!\w)))"
    r"|<[^>]*>",
    re.DOTALL,
)
LONG_CODE = re.compile(r'<span class="pre">(?=[^<]{21})')


def joined(body: str) -> str:
    """A page in which no number parts from its unit, and long code in a line of text is marked."""
    body = PIECES.sub(
        lambda piece: piece["number"] + "\N{NO-BREAK SPACE}" if piece["number"] else piece[0], body
    )
    return LONG_CODE.sub('<span class="pre long">', body)


def join(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Join what belongs together on a page."""
    if "body" in context:
        context["body"] = joined(context["body"])


def setup(app: Sphinx) -> None:
    """Connect the function above."""
    app.connect("html-page-context", join)
