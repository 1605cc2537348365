"""What this book adds to Jupyter Book: an offline site, chapter headers, and the pages made from runs."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import (
    accessible,
    address,
    chapter_header,
    dependencies,
    front,
    lighter,
    loading,
    offline,
    scoreboard,
    search_words,
    systems,
    terms,
)

PARTS = (
    offline,
    address,
    chapter_header,
    scoreboard,
    systems,
    front,
    dependencies,
    accessible,
    terms,
    search_words,
    lighter,
    loading,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
