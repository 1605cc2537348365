"""Runs Makefile targets one after another, says how long each took, stops at the first failure.

`make test` is `python -m tools.steps check unit ...`: each step is a target of its own, so that a failure
reproduces with one command. The last line sums what pytest counted in all steps.
"""

import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

from tools.sync import ROOT

REPORTS = ROOT / "_build" / "junit"


def counts(reports: list[Path]) -> str:
    """Tests in pytest's junit reports, as one line: `12 passed, 0 failed, 1 skipped`."""
    suites = [suite for report in reports for suite in ElementTree.parse(report).iter("testsuite")]
    tests, failures, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return f"{tests - failed - skipped} passed, {failed} failed, {skipped} skipped"


def parts(reports: list[Path]) -> dict[str, float]:
    """Seconds of the tests of each folder in `tests`; workers share them."""
    seconds: dict[str, float] = {}
    for case in (case for report in reports for case in ElementTree.parse(report).iter("testcase")):
        folder = case.get("classname", "").split(".")[1]
        seconds[folder] = seconds.get(folder, 0.0) + float(case.get("time", 0))
    return seconds


def main(steps: list[str]) -> int:
    """Runs the named targets; returns the exit status of the first that fails, or 0."""
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    seconds: dict[str, float] = {}
    status = 0
    for number, step in enumerate(steps, start=1):
        print(f"\n=== step {number}/{len(steps)}: make {step}", flush=True)
        start = time.perf_counter()
        status = subprocess.run(["make", "--no-print-directory", step], cwd=ROOT, check=False).returncode
        seconds[step] = time.perf_counter() - start
        print(f"=== step {number}/{len(steps)}: make {step}, {seconds[step]:.0f} s", flush=True)
        if status:
            print(f"\n`make {step}` failed; the message above says why. Mend it, run `make {step}` again.")
            break
    print("\nstep           seconds")
    for step, taken in seconds.items():
        print(f"{step:<14} {taken:7.0f}")
    print(f"{'all':<14} {sum(seconds.values()):7.0f}")
    reports = sorted(REPORTS.glob("*.xml"))
    print("\ntests of       seconds of a worker")
    for folder, taken in parts(reports).items():
        print(f"{folder:<14} {taken:7.0f}")
    print(f"\n{counts(reports)}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
