"""What this book adds to Jupyter Book: formulas without a script, chapter headers, pages made from runs."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import (
    accessible,
    address,
    chapter_header,
    dependencies,
    formulas,
    front,
    kept,
    lighter,
    loading,
    peers,
    repository,
    scoreboard,
    search_words,
    systems,
    terms,
    unbroken,
)

PARTS = (
    kept,
    repository,
    address,
    chapter_header,
    scoreboard,
    systems,
    formulas,
    front,
    dependencies,
    peers,
    accessible,
    terms,
    unbroken,
    search_words,
    lighter,
    loading,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
