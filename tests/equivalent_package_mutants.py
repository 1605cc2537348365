"""Mutants of the package that are right too, each with its reason: what `make mutants` may leave alive.

Named by the function or class that the fault stands in, and by the fault.
"""

EQUIVALENT: dict[str, dict[str, str]] = {}
