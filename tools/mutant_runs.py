"""Runs the tests of a module once for every mutant of it, in forks of one pytest that has collected them.

First each test runs alone: which lines of the module does it reach, and how long does it take? Then every
mutant is shown to the tests that reach its statement, the quick ones first, until one fails.
"""

import ast
import gc
import importlib
import inspect
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.mutants import Mutant

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "deepseek_book_utils"
MUTE, FIRST_PLACE, LAST_PLACE = (
    1,
    2,
    250,
)  # exit codes: nothing was said; a test failed, the first one, the last


@dataclass(frozen=True)
class Outcome:
    """A mutant under the name that the list of equivalent ones uses, and the test that noticed, if any."""

    key: str
    mutant: Mutant
    by: str | None

    @property
    def noticed(self) -> bool:
        """Whether a test did, or the mutant could not even be imported."""
        return self.by is not None


@dataclass
class Reach:
    """A test, the lines of the module that it runs through, and its CPU seconds."""

    item: pytest.Item
    lines: set[int]
    seconds: float
    noticed: int = 0  # so many mutants


def function_in(thing: Any) -> types.FunctionType | None:
    """The function that a module or class holds here, under its decorators; None if it is none."""
    if isinstance(thing, property):
        thing = thing.fget
    thing = inspect.unwrap(getattr(thing, "__func__", thing)) if callable(thing) else None
    return thing if isinstance(thing, types.FunctionType) else None


def transplant(old: dict[str, Any], new: dict[str, Any], home: str) -> None:
    """Give the functions of `old` the code and the defaults of those in `new`, in place, and those that its
    classes, tables and dataclasses hold too.
    """
    for name, thing in new.items():
        if name.startswith("__") and isinstance(thing, dict):
            continue
        if isinstance(thing, dict) and isinstance(old.get(name), dict):
            transplant(old[name], thing, home)
            continue
        if is_dataclass(thing) and not isinstance(thing, type) and name in old:
            transplant(vars(old[name]), vars(thing), home)
            continue
        if isinstance(thing, type) and isinstance(old.get(name), type) and thing.__module__ == home:
            transplant(vars(old[name]), vars(thing), home)  # type: ignore[arg-type]
            for key, value in vars(thing).items():
                if isinstance(value, bool | int | float) and vars(old[name]).get(key) != value:
                    setattr(old[name], key, value)  # the default of a field
            continue
        theirs, ours = function_in(thing), function_in(old.get(name))
        if theirs and ours and theirs is not ours and theirs.__module__ == home:
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


def statements(source: str) -> dict[int, range]:
    """For every line the lines of its innermost statement: a whole simple one, the head of a compound one."""
    found: dict[int, range] = {}
    for node in ast.walk(ast.parse(source)):  # outer ones first
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
            lines = range(node.lineno, max(end, node.lineno + 1))
            found |= dict.fromkeys(lines, lines)
    return found


def classes(source: str) -> list[range]:
    """The lines of every class at the top level."""
    tree = ast.parse(source)
    places = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return [range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in places]


def watch(path: str, lines: set[int]) -> None:
    """From now on, note the lines of this file that run, in every thread of the process."""

    def line(frame: types.FrameType, event: str, _: Any) -> Any:
        lines.add(frame.f_lineno)
        return line

    def call(frame: types.FrameType, event: str, argument: Any) -> Any:
        return line(frame, event, argument) if frame.f_code.co_filename == path else None

    threading.settrace(call)
    sys.settrace(call)


def in_fork(work: Callable[[], int], cpu_seconds: float, seconds: float) -> int:
    """What `work` returns in a process of its own. One that never ends is ended: by its CPU time, so that a
    busy machine does not matter, or by the clock if it sleeps.
    """
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            os.setsid()
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            resource.setrlimit(resource.RLIMIT_CPU, (round(cpu_seconds) + 1, round(cpu_seconds) + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os._exit(work())
        finally:
            os._exit(MUTE)  # the mutant cannot even be imported
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return MUTE


def run_until_failure(session: pytest.Session, items: list[pytest.Item]) -> int:
    """0 if all pass, else the place of the first that fails, as an exit code."""
    for place, item in enumerate(items):
        following = items[place + 1] if place + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return min(FIRST_PLACE + place, LAST_PLACE)
    return 0


@dataclass
class Trial:
    """A plugin of pytest that runs the collected tests for these mutants, named by their keys."""

    module: str
    mutants: list[tuple[str, Mutant]]
    outcomes: list[Outcome] = field(default_factory=list)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        module = importlib.import_module(f"{PACKAGE}.{self.module.replace('/', '.')}")
        source = Path(str(module.__file__)).read_text("utf-8")
        gc.collect()
        gc.freeze()  # else every fork copies what its collector looks at
        reached = self.reached(session, str(module.__file__))
        for key, mutant in self.mutants:
            tests = reaching(mutant.line, reached, source)
            seconds = sum(test.seconds for test in tests)

            def work(mutant: Mutant = mutant, tests: list[Reach] = tests) -> int:
                apply_mutant(module, mutant.source)
                return run_until_failure(session, [test.item for test in tests])

            code = in_fork(work, 3 + 3 * seconds, 60 + 20 * seconds)
            by = tests[code - FIRST_PLACE] if FIRST_PLACE <= code < FIRST_PLACE + len(tests) else None
            if by:
                by.noticed += 1
            self.outcomes.append(Outcome(key, mutant, by.item.nodeid if by else "" if code else None))
        return True

    def reached(self, session: pytest.Session, path: str) -> list[Reach]:
        """What each test reaches, found in a process of its own; raises UsageError if one fails."""
        found = []
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder, "said.json")
            for item in session.items:

                def work(item: pytest.Item = item) -> int:
                    lines: set[int] = set()
                    watch(path, lines)
                    code = run_until_failure(session, [item])
                    sys.settrace(None)
                    said.write_text(json.dumps([time.process_time(), sorted(lines)]))
                    return code

                if in_fork(work, 600, 1200):
                    message = f"{item.nodeid} fails without a mutant. Fix it first."
                    raise pytest.UsageError(message)
                seconds, lines = json.loads(said.read_text())
                found.append(Reach(item, set(lines), seconds))
        return found


def reaching(line: int, reached: Iterable[Reach], source: str) -> list[Reach]:
    """The tests that reach the statement of this line; else, for a default, its class, or nothing of the
    module (they may look at defaults); else, all of them.

    First those that cost little for what they noticed so far.
    """
    every, statement = list(reached), set(statements(source).get(line, [line]))
    around = {number for lines in classes(source) if line in lines for number in lines}
    tests = [test for test in every if test.lines & statement]
    if not tests and around:
        tests = [test for test in every if test.lines & around or not test.lines]
    tests = tests or every
    return sorted(tests, key=lambda test: (test.seconds + 0.01) / (1 + test.noticed))
