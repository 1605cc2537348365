"""Runs the tests of a module once for every mutant of it, in forks of one pytest that has collected them.

First each test runs alone: which lines of the module does it reach, and how long does it take? Then every
mutant is shown to the tests that reach its statement, the quick ones first, until one fails.
"""

import ast
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tools.mutant_code import apply_mutant
from tools.mutants import Mutant

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "deepseek_book_utils"
BATCH = 25  # mutants in one process


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


class TooLong(Exception):
    """A mutant that runs on and on."""


def stop(*_: Any) -> None:
    """Handle SIGVTALRM: as many CPU seconds have passed as the timer was set to."""
    raise TooLong


def run_until_failure(session: pytest.Session, items: list[pytest.Item], seconds: float) -> int:
    """The place of the first test that fails, -1 if all pass within so many CPU seconds, else -2."""
    code = -1
    signal.signal(signal.SIGVTALRM, stop)
    try:
        for place, item in enumerate(items):
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if session.testsfailed:
                code = place
                break
    except BaseException:  # noqa: BLE001 - between tests, in pytest itself: the mutant was noticed
        code = -2
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    session._setupstate.teardown_exact(None)
    session.testsfailed = 0
    return code


def from_fork(work: Callable[[Callable[[Any], None]], None], patience: float) -> Iterator[Any]:
    """What `work` says, from a process of its own, until it ends, or is silent for so many seconds."""
    sys.stdout.flush()
    out, into = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setsid()
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            work(lambda what: (os.write(into, json.dumps(what).encode() + b"\n"), None)[1])
        finally:
            os._exit(0)
    os.close(into)
    try:
        with os.fdopen(out, "rb", buffering=0) as pipe:
            while select.select([pipe], [], [], patience)[0] and (line := read_line(pipe)):
                yield json.loads(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def read_line(pipe: Any) -> bytes:
    """One line, byte by byte, so that `select` knows of all that is left; empty at the end."""
    line = b""
    while (byte := pipe.read(1)) and byte != b"\n":
        line += byte
    return line


@dataclass
class Trial:
    """A plugin of pytest that runs the collected tests for these mutants, named by their keys.

    A process tries `BATCH` mutants in turn and puts the code back after each. Afterwards the tests that
    noticed one must pass again; if a test does not, a mutant left something behind, and each gets a process.
    """

    module: str
    mutants: list[tuple[str, Mutant]]
    outcomes: list[Outcome] = field(default_factory=list)
    reached: list[Reach] = field(default_factory=list)
    session: pytest.Session = field(init=False)
    home: types.ModuleType = field(init=False)
    source: str = ""
    caches: list[Any] = field(default_factory=list)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        home = importlib.import_module(f"{PACKAGE}.{self.module.replace('/', '.')}")
        self.session, self.home = session, home
        self.source = Path(str(home.__file__)).read_text("utf-8")
        apply_mutant(home, self.source)()  # else nothing could be, and every mutant would seem noticed
        caches = [thing for thing in gc.get_objects() if type(thing) is functools._lru_cache_wrapper]
        own = ("tests.", "test_", PACKAGE)
        self.caches = [one for one in caches if (one.__module__ or "").startswith(own)]
        gc.collect()
        gc.freeze()  # else every fork copies what its collector looks at
        for item, said in zip(session.items, from_fork(self.measure, 600), strict=False):
            seconds, lines = said
            self.reached.append(Reach(item, set(lines), seconds))
        if len(self.reached) < len(session.items):
            item = session.items[len(self.reached)]
            raise pytest.UsageError(f"{item.nodeid} fails without a mutant. Fix it first.")
        for start in range(0, len(self.mutants), BATCH):
            batch = self.mutants[start : start + BATCH]
            found, clean = self.try_batch(batch)
            if not clean:
                found = [outcome for one in batch for outcome in self.try_batch([one])[0]]
            self.outcomes += found
        return True

    def forget(self) -> None:
        """Empty the caches of functions: what a mutant filled in must not stay."""
        for cache in self.caches:
            cache.cache_clear()

    def measure(self, say: Callable[[Any], None]) -> None:
        """Say what each test reaches, and its CPU seconds; stop at one that fails."""
        for item in self.session.items:
            lines: set[int] = set()
            self.forget()
            start = time.process_time()
            watch(str(self.home.__file__), lines)
            code = run_until_failure(self.session, [item], 600)
            sys.settrace(None)
            if code != -1:
                return
            say([time.process_time() - start, sorted(lines)])

    def try_batch(self, batch: list[tuple[str, Mutant]]) -> tuple[list[Outcome], bool]:
        """The outcomes of some mutants, and whether nothing of them was left behind."""
        found: list[Outcome] = []
        while len(found) < len(batch):
            rest = batch[len(found) :]
            longest = max(sum(test.seconds for test in self.tests(mutant)) for _, mutant in rest)
            for said in from_fork(partial(self.try_here, rest), 60 + 20 * longest):
                if said == "clean":
                    return found, True
                if said == "unclean":
                    return found, len(batch) == 1
                found.append(Outcome(*batch[len(found)], by=said))
                for test in self.reached:
                    test.noticed += test.item.nodeid == said
            if len(found) < len(batch):  # it ended the process, or slept
                found.append(Outcome(*batch[len(found)], by=""))
        return found, True

    def tests(self, mutant: Mutant) -> list[Reach]:
        """The tests that this mutant must be shown to."""
        return reaching(mutant.line, self.reached, self.source)

    def try_here(self, batch: list[tuple[str, Mutant]], say: Callable[[Any], None]) -> None:
        """Say which test noticed each mutant ("" if it could not even be imported), or None."""
        noticed: dict[str, Reach] = {}
        for _, mutant in batch:
            tests = self.tests(mutant)
            by: str | None = ""
            try:
                undo = apply_mutant(self.home, mutant.source)
            except Exception:  # noqa: BLE001 - whatever the import of a mutant raises
                say(by)
                continue
            items = [test.item for test in tests]
            code = run_until_failure(self.session, items, 3 + 3 * sum(test.seconds for test in tests))
            undo()
            self.forget()
            if code >= 0:
                by = tests[code].item.nodeid
                noticed[by] = tests[code]
                tests[code].noticed += 1
            say(None if code == -1 else by)
        again = [test.item for test in noticed.values()]
        say("clean" if run_until_failure(self.session, again, 600) == -1 else "unclean")


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
