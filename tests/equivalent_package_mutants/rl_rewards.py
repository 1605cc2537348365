"""Mutants of `rl/rewards/` that are right too."""

EQUIVALENT: dict[str, dict[str, str]] = {}
