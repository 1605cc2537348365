"""Prints the mutation score of every exercise at the end of the run; a class goes through nbgrader once."""

import collections
from typing import Any

import pytest

from tests.scheduling import Together

ALONE = ("test_mutants.py", "test_mechanical_mutants.py", "test_unusual.py")  # each test for itself


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Give the tests of a file to one worker: in many they share a class that went through nbgrader."""
    return Together(
        config, log, lambda test: test if any(name in test for name in ALONE) else test.split("::")[0]
    )


def pytest_terminal_summary(terminalreporter) -> None:
    noticed: dict[str, list[bool]] = collections.defaultdict(list)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            exercise = dict(getattr(report, "user_properties", ())).get("exercise")
            if exercise and report.when == "call":
                noticed[exercise].append(outcome == "passed")
    if noticed:
        terminalreporter.section(
            "mutation score: wrong answers noticed, in the check and in the hidden tests"
        )
    for exercise, results in sorted(noticed.items()):
        share = sum(results) / len(results)
        terminalreporter.write_line(f"{exercise:42} {sum(results):3} of {len(results):3}  {share:.0%}")
