"""Mutants of the algorithms that chapters show, against their own tests: `make mutants`.

Every module under test gets one small fault at a time (`tools.mutants`), and its test files run until one
fails. A mutant that none notices must stand in `tests/equivalent_package_mutants.py`, with the reason why it
is right too. What an error message says is not mutated; that the error comes is.

pytest collects once. For each mutant it forks, the functions get the code of the mutant in place, wherever
they are held, and the tests that noticed the last faults run first: a tenth of a second a mutant.
"""

import argparse
import ast
import contextlib
import importlib
import inspect
import io
import os
import signal
import sys
import time
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tools.mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "deepseek_book_utils"
UNIT, REFERENCE, PROPERTIES = "tests/unit", "tests/reference", "tests/unit/properties"
# Module -> its own test files, the quick ones first.
TESTS: dict[str, tuple[str, ...]] = {
    "reasoning/grpo": (
        f"{UNIT}/reasoning/test_grpo.py",
        f"{UNIT}/reasoning/test_grpo_edges.py",
        f"{PROPERTIES}/test_reasoning_properties.py",
    ),
    "reasoning/preferences": (f"{UNIT}/reasoning/test_preferences.py",),
    "reasoning/rewards": (f"{UNIT}/reasoning/test_rewards.py",),
    "rl/advantages": (f"{REFERENCE}/rl/test_advantages.py", f"{UNIT}/rl/policy/test_policy_edges.py"),
    "rl/value/targets": (f"{UNIT}/rl/value/test_targets.py",),
    "rl/policy/natural_gradient": (
        f"{REFERENCE}/rl/policy/test_trpo.py",
        f"{UNIT}/rl/policy/test_trpo.py",
        f"{UNIT}/rl/policy/test_policy_edges.py",
    ),
    "nn/schedules": (f"{UNIT}/nn/test_schedules.py", f"{REFERENCE}/nn/test_schedules.py"),
    "nn/optimizers": (f"{UNIT}/nn/test_optimizers.py", f"{REFERENCE}/nn/test_optimizers.py"),
    "lm/decoding": (f"{UNIT}/lm/test_decoding.py",),
}


@dataclass(frozen=True)
class Outcome:
    """A mutant, the function or class that it stands in, and whether a test noticed."""

    mutant: Mutant
    place: str
    noticed: bool

    @property
    def key(self) -> str:
        """How the list of equivalent mutants names it."""
        return f"{self.place}: {self.mutant.fault}"


def mutants_in(source: str) -> list[tuple[Mutant, str]]:
    """Every mutant outside of error messages, with the name of its function or class."""
    tree = ast.parse(source)
    raised = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    messages = {line for node in raised for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    places = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    named = {line: node.name for node in places for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    return [(mutant, named[mutant.line]) for mutant in mutants_of(source) if mutant.line not in messages]


def function_in(thing: Any) -> types.FunctionType | None:
    """The function that a module or class holds here, under its decorators; None if it is none."""
    if isinstance(thing, property):
        thing = thing.fget
    thing = inspect.unwrap(getattr(thing, "__func__", thing)) if callable(thing) else None
    return thing if isinstance(thing, types.FunctionType) else None


def transplant(old: dict[str, Any], new: dict[str, Any], home: str) -> None:
    """Give the functions and classes of `old` the code and the defaults of those in `new`, in place."""
    for name, thing in new.items():
        if isinstance(thing, type) and isinstance(old.get(name), type) and thing.__module__ == home:
            transplant(vars(old[name]), vars(thing), home)  # type: ignore[arg-type]
            for key, value in vars(thing).items():
                if isinstance(value, bool | int | float) and vars(old[name]).get(key) != value:
                    setattr(old[name], key, value)  # the default of a field
            continue
        theirs, ours = function_in(thing), function_in(old.get(name))
        if theirs and ours and theirs.__module__ == home:
            ours.__code__, ours.__defaults__ = theirs.__code__, theirs.__defaults__
            ours.__kwdefaults__ = theirs.__kwdefaults__


def apply_mutant(module: types.ModuleType, source: str) -> None:
    """Let the module's functions do what `source` says, wherever they are held already."""
    other = types.ModuleType(module.__name__)
    other.__package__, other.__file__ = module.__package__, module.__file__
    kept = sys.modules[module.__name__]
    exec(compile(source, str(module.__file__), "exec"), other.__dict__)  # dataclasses look into sys.modules
    sys.modules[module.__name__] = kept
    transplant(vars(module), vars(other), module.__name__)


def run_in_fork(
    session: pytest.Session, items: list[pytest.Item], module: types.ModuleType, source: str
) -> int:
    """In a process of its own: the place of the first item that fails, or -1. It returns the process's id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    os.setsid()
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    try:
        apply_mutant(module, source)
        for place, item in enumerate(items):
            following = items[place + 1] if place + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                os._exit(2 + min(place, 200))
        os._exit(0)
    finally:
        os._exit(1)  # the mutant cannot even be imported


def leave_code(child: int, seconds: float) -> int:
    """Wait for a process, and end it after so many seconds: a mutant that never ends is noticed too."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1


@dataclass
class Trial:
    """A plugin of pytest that runs the collected tests once for every mutant."""

    module: str
    every: int = 1
    outcomes: list[Outcome] = field(default_factory=list)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        module = importlib.import_module(f"{PACKAGE}.{self.module.replace('/', '.')}")
        source = (ROOT / PACKAGE / f"{self.module}.py").read_text("utf-8")
        items, started = list(session.items), time.monotonic()
        if leave_code(run_in_fork(session, items, module, source), 900):
            raise pytest.UsageError(f"{self.module}: its tests fail without a mutant. Fix them first.")
        longest = 30 + 5 * (time.monotonic() - started)
        for mutant, place in mutants_in(source)[:: self.every]:
            code = leave_code(run_in_fork(session, items, module, mutant.source), longest)
            self.outcomes.append(Outcome(mutant, place, code != 0))
            if code >= 2:
                items.insert(0, items.pop(code - 2))  # what noticed this one may notice the next
        return True


def try_module(module: str, every: int = 1, tests: Sequence[str] | None = None) -> list[Outcome]:
    """Each `every`-th mutant of a module, and whether its tests noticed.

    Raises RuntimeError if the tests fail without a mutant, or cannot be collected.
    """
    trial = Trial(module, every)
    tests = tests or TESTS[module]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[trial])
    if code not in (0, 5) or not trial.outcomes:
        raise RuntimeError(f"{module}: pytest stopped with {code}:\n{said.getvalue()}")
    return trial.outcomes


def report(module: str, outcomes: list[Outcome], reasons: dict[str, str]) -> list[str]:
    """Print the score of a module; what is wrong, as lines: survivors without a reason."""
    survivors = [outcome for outcome in outcomes if not outcome.noticed]
    unknown = [one for one in survivors if one.key not in reasons]
    noticed, argued = len(outcomes) - len(survivors), len(survivors) - len(unknown)
    score = 100 * noticed / max(1, len(outcomes))
    print(
        f"{module:28} {noticed:4} of {len(outcomes):4} noticed, {score:5.1f} %; {argued} equivalent",
        flush=True,
    )
    return [f"{module}.py:{one.mutant.line}: {one.key}" for one in unknown]


def main(arguments: list[str] | None = None) -> int:
    """Try the modules; 1 if a mutant survived without a reason."""
    from tests.equivalent_package_mutants import EQUIVALENT

    parser = argparse.ArgumentParser(prog="python -m tools.package_mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}")
    parser.add_argument("--every", type=int, default=1, help="try every so many-th mutant only")
    options = parser.parse_args(arguments)
    wrong = []
    for module in options.modules or TESTS:
        outcomes = try_module(module, options.every)
        wrong += report(module, outcomes, EQUIVALENT.get(module, {}))
        if options.every == 1:
            alive = {one.key for one in outcomes if not one.noticed}
            idle = set(EQUIVALENT.get(module, {})) - alive
            wrong += [f"{module}: listed as equivalent, and noticed: {key}" for key in sorted(idle)]
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
