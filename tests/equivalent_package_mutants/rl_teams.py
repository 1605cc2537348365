"""Mutants of `rl/teams/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
