"""Prints the mutation score of every exercise at the end of the run."""

import collections


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
