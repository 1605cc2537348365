"""Claims and numbers of the text: each is measured by the reader's run, none outlives its evidence."""

import html
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from deepseek_book_utils.interactive import asset

CLAIM = "application/vnd.deepseek-book.claim+json"  # the scoreboard collects these
GLUE = "application/papermill.record/"  # myst_nb's prefix for values that pages quote


class ClaimFailed(AssertionError):
    """The run does not bear out what the text says."""


def _publish(bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
    """Display a bundle of mime types; outside of IPython, its plain text is printed."""
    if InteractiveShell.initialized():
        display(bundle, raw=True, metadata=metadata)
    elif "text/plain" in bundle:
        print(bundle["text/plain"])


def claim(statement: str, *, holds: bool, evidence: str, paper: str = "", name: str) -> None:
    """Say what the text claims, show what was measured, and put both on the scoreboard.

    `paper` is the paper's own figure. Raises ClaimFailed, after displaying, if the claim does not hold.
    """
    if not isinstance(holds, bool):
        raise TypeError(
            f"claim {name!r}: holds must be True or False, got {type(holds).__name__}: wrap it in bool(...)"
        )
    record = {"name": name, "statement": statement, "holds": holds, "evidence": evidence, "paper": paper}
    verdict = "holds" if holds else "does not hold"
    rest = f"Measured: {evidence}" + (f" Paper: {paper}" if paper else "")
    lines = [("", f"Claim ({verdict}).", statement), ("", "Measured:", evidence)]
    lines += [("m", "Paper:", paper)] if paper else []
    body = "".join(f'<p class="{css}"><b>{head}</b> {html.escape(text)}</p>' for css, head, text in lines)
    look = "dv-claim mathjax_ignore" + ("" if holds else " dv-fails")
    page = f'<div class="{look}"><style>{asset("claim.css")}</style>{body}</div>'
    _publish({"text/plain": f"Claim ({verdict}): {statement} {rest}", "text/html": page, CLAIM: record})
    if not holds:
        raise ClaimFailed(f"{name}: {statement} {rest}. Correct the text, or find out what changed the run")


def glue(name: str, value: float | str) -> None:
    """Keep a number or a string of this run for the prose, where `` {glue:text}`name:.2f` `` quotes it.

    Raises TypeError for anything else.
    """
    if hasattr(value, "item"):  # numpy's and torch's scalars
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(
            f"glue {name!r}: the text can quote a number or a string, not a {type(value).__name__}"
        )
    bundle = {GLUE + "text/plain": repr(value)}
    _publish(bundle, {"scrapbook": {"name": name, "mime_prefix": GLUE}})
