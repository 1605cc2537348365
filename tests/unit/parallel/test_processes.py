"""Processes of their own: results in order, and an end for all when one fails, is late or is stopped."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from deepseek_book_utils.parallel.processes import run_processes


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected counts as well."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pids: list[int], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.1)
    return not any(alive(pid) for pid in pids)


def double(number: int, shared: torch.Tensor) -> tuple[int, int, int]:
    shared[number] = number + 1.0
    return 2 * number, os.getpid(), torch.get_num_threads()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each worker starts from nothing")
def test_workers_are_copies_of_one_process() -> None:
    """Which has imported torch, so that no later start takes seconds."""
    [server] = {*run_processes(os.getppid, [(), ()]), *run_processes(os.getppid, [()])}
    assert server != os.getpid()


def sleep_or(what: str, number: int, pids: torch.Tensor) -> None:
    """Process 1 does `what`, the other would sleep for a minute."""
    pids[number] = os.getpid()
    while not pids.all():
        time.sleep(0.01)
    if number == 1 and what == "raise":
        raise KeyError("a mistake in worker one")
    if number == 1 and what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def pid_table() -> torch.Tensor:
    return torch.zeros(2, dtype=torch.int64).share_memory_()


def test_results_in_order_from_processes_of_their_own(monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # which torch would follow
    shared = torch.zeros(3).share_memory_()
    results = run_processes(double, [(i, shared) for i in range(3)])
    assert [result for result, _, _ in results] == [0, 2, 4]
    assert shared.tolist() == [1.0, 2.0, 3.0]  # the memory is one
    pids = [pid for _, pid, _ in results]
    assert len({*pids, os.getpid()}) == 4 and gone(pids, 0)
    assert {threads for _, _, threads in results} == {1}


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("raise", "Worker 1 failed:.*in sleep_or.*a mistake in worker one"),
        ("die", "Worker 1 ended without a word, exit code -9.*memory"),
    ],
)
def test_a_worker_that_fails_ends_all(what, message) -> None:
    pids, start = pid_table(), time.monotonic()
    with pytest.raises(RuntimeError, match=f"(?s){message}"):
        run_processes(partial(sleep_or, what), [(i, pids) for i in range(2)])
    assert time.monotonic() - start < 55  # nobody slept to the end
    assert pids.all() and gone(pids.tolist(), 0)


def test_workers_that_take_too_long() -> None:
    pids = pid_table()
    with pytest.raises(TimeoutError, match="not done after 8 seconds.*a longer timeout"):
        run_processes(partial(sleep_or, "sleep"), [(i, pids) for i in range(2)], timeout=8)
    assert gone([pid for pid in pids.tolist() if pid], 0)  # a busy machine may not have begun


def test_ctrl_c_ends_all() -> None:
    """An interrupt while the parent waits. A job in the background starts deaf to it, hence the handler."""
    pids, before = pid_table(), signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt() -> None:
        if pids.all():
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            run_processes(partial(sleep_or, "sleep"), [(i, pids) for i in range(2)], watch=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pids.all() and gone(pids.tolist(), 0)


TWO_SLEEPERS = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from deepseek_book_utils.parallel.processes import run_processes
def sleeper(number):
    os.write(1, f"{os.getpid()}\\n".encode())  # whole lines, also when both write
    time.sleep(60)

run_processes(sleeper, [(0,), (1,)])
"""


def start_two_sleepers(root: Path) -> tuple[subprocess.Popen, list[int]]:
    """Code from -c is as in a notebook: there is no file. The group of processes is its own."""
    parent = subprocess.Popen(
        [sys.executable, "-c", TWO_SLEEPERS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        start_new_session=True,
    )
    assert parent.stdout is not None
    return parent, [int(parent.stdout.readline()) for _ in range(2)]


def test_no_worker_outlives_a_killed_parent(root: Path) -> None:
    """The kernel of a notebook may be killed at any time."""
    parent, pids = start_two_sleepers(root)
    assert all(alive(pid) for pid in pids)
    parent.kill()
    parent.communicate()
    assert gone(pids)


def test_ctrl_c_reaches_all_and_only_the_parent_speaks(root: Path) -> None:
    """A terminal and a notebook interrupt the whole group."""
    parent, pids = start_two_sleepers(root)
    os.killpg(parent.pid, signal.SIGINT)
    _, said = parent.communicate(timeout=30)
    assert gone(pids) and said.count("KeyboardInterrupt") == 1 and "SpawnProcess" not in said
