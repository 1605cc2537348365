"""Points come from here: a notebook's answers, run once more in a process that no notebook has touched.

`verdicts` sends the cells to a server, which has imported the package and torch from their files and forks
for each notebook. In this fresh process every function is noted, and a child runs the student's cells in
their order. At each test a child of that child runs the test, with the names that read-only cells have bound.
A test passes if nothing that was noted is another by then, also right after each call of the student's code,
and if that code has not looked at the frames of its grader.

Left out: a proof. Student and grader share the memory of one process; who reads memory by other ways still
wins. Needs `os.fork`: Linux, macOS, Windows by way of WSL.
"""

import contextlib
import functools
import io
import json
import marshal
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

from .checking import NotPassed, OutOfTime, time_limit
from .watching import Changed, Noted, alarm, guarded, note, watch

CELL = 10.0, 60.0  # seconds of the processor, and of the clock, for a cell that is no test
WHOLE = 600.0  # seconds of the clock for a notebook
START = "from deepseek_book_utils.exercises.fresh import serve; serve()"
ENDED = ["NotPassed", "Your code ended the process in which it was graded, or ran out of time there."]
TWICE = ["NotPassed", "Nothing is scored: your code gave this test two ends."]
Cell = dict[str, str]  # place: grade_id; kind: locked, own, test; source
Verdict = dict[str, Any]  # place; printed; error: None, or name and message; share of the points; odd


def verdicts(cells: list[Cell]) -> tuple[dict[str, Verdict], str]:
    """The verdict on each test that came to one, and what stopped the process ("" if nothing did)."""
    server, line = running_server(), ""
    assert server.stdin and server.stdout
    try:
        server.stdin.write(json.dumps(cells) + "\n")
        server.stdin.flush()
        if select.select([server.stdout], [], [], WHOLE + 60)[0]:
            line = server.stdout.readline()
    except BrokenPipeError:
        pass
    if not line:  # the next notebook gets another server
        server.kill()
        server.wait()
        running_server.cache_clear()
        return {}, "the server of fresh processes has ended"
    found, stopped = json.loads(line)
    return {verdict["place"]: verdict for verdict in found}, stopped


@functools.cache
def running_server() -> subprocess.Popen[str]:
    """The server; it ends with this process, when its stdin does."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},  # its threads would not survive a fork
        text=True,
        start_new_session=True,  # Ctrl-C is for the grading; the server hears of it by its stdin
    )


# --- in the server ---


def serve() -> None:
    """Read the cells of a notebook from each line of stdin, write `[verdicts, what stopped it]` for each."""
    for line in sys.stdin:
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            _as_child(writes, functools.partial(_answer, line, writes))
        os.close(writes)
        with os.fdopen(reads, "rb") as answer:
            told = answer.read()
        os.waitpid(child, 0)
        print(told.decode() or '[[], "it ended before it had judged"]', flush=True)


# --- in the fresh process ---


def _answer(line: str, pipe: int) -> None:
    """Write the answer to a line; a read-only cell that fails is nobody's fault."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            answer = [judge(json.loads(line)), ""]
        except Exception as error:  # noqa: BLE001  (whatever a read-only cell may raise)
            answer = [[], f"{type(error).__name__}: {error}"]
        with os.fdopen(pipe, "wb") as out:
            out.write(json.dumps(answer).encode())


def judge(cells: list[Cell]) -> list[Verdict]:
    """The verdicts on the tests among these cells; no cell of the student runs in this process."""
    trusted: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if cell["kind"] == "locked":
                exec(compile(cell["source"], f"<{cell['place']}>", "exec"), trusted)
    noted, token = note(), secrets.token_bytes()
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        _as_child(writes, lambda: _run(cells, trusted, noted, writes, token))
    os.close(writes)
    found: dict[str, Verdict] = {}
    for line in _read(reads, child).split(b"\n"):
        given, _, text = line.partition(b" ")
        if given == token.hex().encode():
            verdict = marshal.loads(bytes.fromhex(text.decode()))
            if verdict["place"] in found:  # a process of the student's has come back as a second one
                verdict |= {"error": TWICE, "odd": ["the code gave a test two ends; that earned nothing"]}
            found[verdict["place"]] = verdict
    return list(found.values())


def _read(pipe: int, child: int) -> bytes:
    """What comes through the pipe until the child ends or its time is up; ends the child's processes."""
    together, until, ended, part = b"", time.monotonic() + WHOLE, False, b""
    while time.monotonic() < until and (part or not ended):  # others may hold the pipe open
        ended = ended or os.waitpid(child, os.WNOHANG)[0] != 0
        ready = select.select([pipe], [], [], 0.0 if ended else 0.05)[0]
        part = os.read(pipe, 2**16) if ready else b""
        together += part
        if ready and not part and not ended:  # the student's code has closed the pipe
            time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        os.waitpid(child, 0)
    os.close(pipe)
    return together


def _as_child(pipe: int, work: Callable[[], object]) -> None:
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


def _run(cells: list[Cell], trusted: dict[str, Any], noted: Noted, pipe: int, token: bytes) -> None:
    """The student's cells in their order; at every test a child runs it.

    Between the first cell and the end of a test, names of modules may mean something else than they did: what
    stands around `_test` uses none. `_test` is called if nothing was changed before, and counts if nothing
    was changed after it.
    """
    names = trusted | {"display": print}
    names["get_ipython"] = lambda: Shell(names)
    trusted, changed, seen, head = dict(names), alarm(noted), watch(), token.hex().encode() + b" "
    fork, leave, wait, write, packed = os.fork, os._exit, os.waitpid, os.write, marshal.dumps
    for cell in cells:
        if cell["kind"] == "own":
            with contextlib.suppress(BaseException), time_limit(*CELL):
                exec(compile(cell["source"], f"<cell {cell['place']}>", "exec"), names)
        elif cell["kind"] == "test":
            child = fork()
            if child == 0:
                try:
                    verdict: Verdict = {"place": cell["place"], "printed": "", "share": 0.0}
                    told = changed(contents=True)
                    verdict |= {} if told else _test(cell, names, trusted, changed, seen)
                    if told := told or changed(contents=True):
                        refused = ["NotPassed", f"Nothing is scored: {told}."]
                        verdict |= {"error": refused, "odd": [f"{told}; that earned nothing"]}
                    write(pipe, head + packed(verdict).hex().encode() + b"\n")
                finally:
                    leave(0)
            wait(child, 0)


def _test(
    cell: Cell, names: dict[str, Any], trusted: dict[str, Any], changed: Callable[..., str], seen: list[str]
) -> Verdict:
    """Run one test; the verdict on it."""
    rebound = sorted(name for name, value in trusted.items() if names.get(name) is not value)
    odd = [f"`{name}` was bound to something else, and put back for the tests" for name in rebound]
    own = {name: value for name, value in names.items() if name not in trusted}
    names = trusted | own | {"STUDENT": plain(own.get("STUDENT", ""))}
    for name, value in own.items():
        if isinstance(value, FunctionType) and value.__module__ == "__main__":
            names[name] = guarded(value, changed)
    before, printed, error, share = len(seen), io.StringIO(), None, 0.0
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(cell["source"], f"<{cell['place']}>", "exec"), names)
    except Changed as what:
        error = ["NotPassed", f"Nothing is scored: {what}."]
        odd.append(f"{what}; that earned nothing")
    except OutOfTime:
        error = ENDED
    except BaseException as raised:  # noqa: BLE001  (whatever a student's code may raise)
        error = [plain(type(raised).__name__), plain(str(raised))]
        share = raised.share if type(raised) is NotPassed else 0.0
    if len(seen) > before:
        error, share = error or ["NotPassed", "Nothing is scored: your code looked into its grader."], 0.0
    odd += [f"the code looked into its grader ({event}); that earned nothing" for event in seen]
    text = printed.getvalue()[:10_000]
    return {"place": cell["place"], "printed": text, "error": error, "share": share, "odd": odd}


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
