"""Mutants of `parallel/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
