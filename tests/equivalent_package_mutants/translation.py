"""Mutants of `translation/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
