"""Points come from here: a notebook's answers, run once more in a process that no notebook has touched.

`verdicts` starts it. It imports the package and torch from their files, and notes every function in them. One
child runs the student's cells in their order. At each test a child of that child runs the test, with the
names that read-only cells have bound. A test passes if nothing that was noted is another by then, also right
after each call of the student's code, and if that code has not looked at the frames of its grader.

Left out: a proof. Student and grader share the memory of one process; who reads memory by other ways still
wins. Needs `os.fork`: Linux, macOS, Windows by way of WSL.
"""

import contextlib
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from .checking import OutOfTime, time_limit
from .watching import Changed, Noted, guarded, note, watch

CELL = 10.0, 60.0  # seconds of the processor, and of the clock, for a cell that is no test
WHOLE = 600.0  # seconds of the clock for a notebook
START = "from deepseek_book_utils.exercises.fresh import main; main()"
ENDED = ["NotPassed", "Your code ended the process in which it was graded, or ran out of time there."]
Cell = dict[str, str]  # place: grade_id; kind: locked, own, test; source
Verdict = dict[str, Any]  # place; printed; error: None, or name and message; odd: sentences


def verdicts(cells: list[Cell]) -> tuple[dict[str, Verdict], str]:
    """The verdict on each test that came to one, and what stopped the process ("" if nothing did)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", START],
                input=json.dumps(cells),
                cwd=folder,
                env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},  # its threads would not survive a fork
                capture_output=True,
                text=True,
                timeout=WHOLE + 60,
            )
        except subprocess.TimeoutExpired:
            return {}, "it did not come to its end"
    if done.returncode:
        return {}, done.stderr.strip().rpartition("\n")[2] or f"it ended with status {done.returncode}"
    return {verdict["place"]: verdict for verdict in json.loads(done.stdout)}, ""


# --- in the fresh process ---


def main() -> None:
    """Read cells from stdin, write verdicts to stdout."""
    print(json.dumps(judge(json.load(sys.stdin))))


def judge(cells: list[Cell]) -> list[Verdict]:
    """The verdicts on the tests among these cells; no cell of the student runs in this process."""
    trusted: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if cell["kind"] == "locked":
                exec(compile(cell["source"], f"<{cell['place']}>", "exec"), trusted)
    noted, token = note(), secrets.token_hex()
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        _as_child(writes, lambda: _run(cells, trusted, noted, writes, token))
    os.close(writes)
    return list(_read(reads, token, child))


def _read(pipe: int, token: str, child: int) -> Iterator[Verdict]:
    """What comes through the pipe under the token, until the child ends or its time is up."""

    def stop(signum: int, frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, WHOLE)
    with os.fdopen(pipe, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            given, _, verdict = line.partition(" ")
            if given == token:
                yield json.loads(verdict)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    stop(0, None)
    os.waitpid(child, 0)


def _as_child(pipe: int, work: Callable[[], None]) -> None:
    """Do the work with no file of the parent's but the pipe, in a process group of its own, and end."""
    try:
        with contextlib.suppress(PermissionError):
            os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.closerange(3, pipe)
        os.closerange(pipe + 1, 4096)
        work()
    finally:
        os._exit(0)


def _run(cells: list[Cell], trusted: dict[str, Any], noted: Noted, pipe: int, token: str) -> None:
    """The student's cells in their order; at every test a child runs it."""
    names = trusted | {"display": print}
    names["get_ipython"] = lambda: Shell(names)
    trusted, seen = dict(names), watch()
    for cell in cells:
        if cell["kind"] == "own":
            with contextlib.suppress(BaseException), time_limit(*CELL):
                exec(compile(cell["source"], f"<cell {cell['place']}>", "exec"), names)
        elif cell["kind"] == "test":
            child = os.fork()
            if child == 0:
                try:
                    verdict = _test(cell, names, trusted, noted, seen)
                    os.write(pipe, f"{token} {json.dumps(verdict)}\n".encode())
                finally:
                    os._exit(0)
            os.waitpid(child, 0)


def _test(
    cell: Cell, names: dict[str, Any], trusted: dict[str, Any], noted: Noted, seen: list[str]
) -> Verdict:
    """Run one test; the verdict on it."""
    rebound = sorted(name for name, value in trusted.items() if names.get(name) is not value)
    odd = [f"`{name}` was bound to something else, and put back for the tests" for name in rebound]
    own = {name: value for name, value in names.items() if name not in trusted}
    names = trusted | own | {"STUDENT": plain(own.get("STUDENT", ""))}
    for name, value in own.items():
        if isinstance(value, FunctionType) and value.__module__ == "__main__":
            names[name] = guarded(value, noted)
    before, printed, error = len(seen), io.StringIO(), None
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            noted.compare()
            exec(compile(cell["source"], f"<{cell['place']}>", "exec"), names)
        noted.compare()
    except Changed as changed:
        error = ["NotPassed", f"Nothing is scored: {changed}."]
        odd.append(f"{changed}; that earned nothing")
    except OutOfTime:
        error = ENDED
    except BaseException as told:  # noqa: BLE001  (whatever a student's code may raise)
        error = [type(told).__name__, str(told)]
    if len(seen) > before:
        error = error or ["NotPassed", "Nothing is scored: your code looked into its grader."]
    odd += [f"the code looked into its grader ({event}); that earned nothing" for event in seen]
    return {"place": cell["place"], "printed": printed.getvalue()[:10_000], "error": error, "odd": odd}


class Shell:
    """What a cell's magics are here: `%lines` do nothing, the body of a `%%cell` runs."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def run_cell_magic(self, magic: str, line: str, cell: str) -> None:
        """Run the cell."""
        exec(compile(cell, "<cell>", "exec"), self.names)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


def plain(name: object) -> str:
    """STUDENT as a plain text, whatever it says of itself when it is printed."""
    return str.__str__(name) if isinstance(name, str) else repr(name)
