"""Run one function in several fresh processes at once, and never hang.

To import torch takes seconds in each process. On Linux one process does it, the "fork
server", and each worker is a copy of that one, made in milliseconds; elsewhere workers
start from nothing ("spawn"). Neither sees a function that was defined in a notebook or
at a prompt. So the function travels as a value, with all that it uses (cloudpickle):
what a reader edits in a cell takes effect. What the processes share (tensors in shared
memory, counters) travels beside it, as arguments.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import cloudpickle
import torch
import torch.multiprocessing

if sys.platform == "linux":
    CONTEXT = torch.multiprocessing.get_context("forkserver")
    CONTEXT.set_forkserver_preload([__name__])  # and so torch
else:
    CONTEXT = torch.multiprocessing.get_context("spawn")


def _follow_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(
    code: bytes, arguments: tuple[Any, ...], begin: Any, pipe: Connection
) -> None:
    """What a new process does: wait for the others, call the function, send word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides about Ctrl-C
    threading.Thread(target=_follow_parent, daemon=True).start()
    torch.set_num_threads(1)
    try:
        function = cloudpickle.loads(code)
        begin.wait()
        pipe.send_bytes(cloudpickle.dumps((True, function(*arguments))))
    except Exception as error:
        pipe.send_bytes(cloudpickle.dumps((False, traceback.format_exc())))
        raise SystemExit(1) from error


def _receive(number: int, process: BaseProcess, pipe: Connection) -> Any:
    """The result of a process; raises RuntimeError if it failed or fell silent."""
    try:
        fine, result = cloudpickle.loads(pipe.recv_bytes())
    except EOFError:
        process.join()
        raise RuntimeError(
            f"Worker {number} ended without a word, exit code {process.exitcode}. "
            "A negative code is the signal that ended it; -9 often means that memory "
            "ran out. In a script, start workers under `if __name__ == '__main__':`."
        ) from None
    if not fine:
        raise RuntimeError(f"Worker {number} failed:\n\n{result}")
    return result


def run_processes(
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    watch: Callable[[], None] | None = None,
    timeout: float = 600.0,
) -> list[Any]:
    """Call function(*arguments[i]) in process i, all at once; returns what they return.

    No process begins before all are ready; each uses one torch thread, and (on Linux)
    the environment variables of the first call. `watch` is called about five times a
    second meanwhile. If one process fails, after `timeout` seconds, or on Ctrl-C, all
    are ended. Raises RuntimeError with the traceback of the process that failed, and
    TimeoutError.
    """
    code = cloudpickle.dumps(function)
    begin = CONTEXT.Barrier(len(arguments))
    processes: list[BaseProcess] = []
    pipes: list[Connection] = []
    results: dict[int, Any] = {}
    end = time.monotonic() + timeout
    try:
        for each in arguments:
            pipe, theirs = CONTEXT.Pipe(duplex=False)
            with theirs:  # closed here, so that a worker's death closes the pipe
                process = CONTEXT.Process(
                    target=_work, args=(code, each, begin, theirs), daemon=True
                )
                process.start()
            processes.append(process)
            pipes.append(pipe)
        while len(results) < len(pipes):
            open_pipes = [pipe for i, pipe in enumerate(pipes) if i not in results]
            for ready in wait(open_pipes, timeout=0.2):
                i = next(i for i, pipe in enumerate(pipes) if pipe is ready)
                results[i] = _receive(i, processes[i], pipes[i])
            if watch:
                watch()
            if time.monotonic() > end:
                raise TimeoutError(
                    f"The workers were not done after {timeout:g} seconds and were "
                    "ended: give them less to do, or a longer timeout."
                )
        return [results[i] for i in range(len(pipes))]
    finally:
        _end(processes, pipes)


def _end(processes: list[BaseProcess], pipes: list[Connection]) -> None:
    """Leave no process behind: those that still run are ended, all are collected."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(5)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
    for pipe in pipes:
        pipe.close()
