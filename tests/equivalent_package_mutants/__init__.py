"""Mutants of the package that are right too, each with its reason: what `make mutants` may leave alive.

A file for each folder of the package. In it they are named by module, then by the function or class that
the fault stands in, and by the fault.
"""

from tests.equivalent_package_mutants import (
    compress,
    lm,
    nn,
    parallel,
    reasoning,
    rl,
    rl_policy,
    rl_rewards,
    rl_teams,
    rl_value,
    serving,
    translation,
)

AREAS = (
    compress,
    lm,
    nn,
    parallel,
    reasoning,
    rl,
    rl_policy,
    rl_rewards,
    rl_teams,
    rl_value,
    serving,
    translation,
)
EQUIVALENT = {module: mutants for area in AREAS for module, mutants in area.EQUIVALENT.items()}
