"""Mutants of `lm/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
