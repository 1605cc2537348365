"""Mutants of `compress/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
