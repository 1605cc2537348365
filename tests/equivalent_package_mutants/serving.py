"""Mutants of `serving/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
