"""A server in a process of its own for the length of a `with` block.

The application travels as a value (cloudpickle), so a service that was written in a
notebook runs as it stands there.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import Connection

import cloudpickle
from flask import Flask

from .batching import ServingSettings
from .client import get
from .server import listen, serve

SPAWN = multiprocessing.get_context("spawn")  # a fresh process on every system


def _serve(code: bytes, silence: int, pipe: Connection) -> None:
    """What the new process does: build the application, say where it listens, serve."""
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides about Ctrl-C
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        stop.set()

    threading.Thread(target=follow, daemon=True).start()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the clients need a core too
    make_app, settings = cloudpickle.loads(code)
    app = make_app(settings)
    listener = listen("127.0.0.1", 0)
    pipe.send(listener.getsockname()[1])
    serve(app, settings, listener, stop, silence)
    sys.stdout.flush()
    os._exit(0)  # nothing is in flight, and nobody waits for Python's own farewell


@contextmanager
def running_server(
    make_app: Callable[[ServingSettings], Flask],
    settings: ServingSettings,
    start_within: float = 60.0,
    silence: int = 10,
) -> Iterator[str]:
    """Start `make_app(settings)` on a free port of 127.0.0.1 in another process, and
    yield its URL once it answers.

    The server stops when the block ends, also by an error, and finishes what is in
    flight. Raises RuntimeError if the process ends before it answers, TimeoutError if
    it does not answer within `start_within` seconds.
    """
    pipe, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(
        target=_serve,
        args=(cloudpickle.dumps((make_app, settings)), silence, theirs),
        daemon=True,
    )
    end = time.monotonic() + start_within
    process.start()
    theirs.close()
    try:
        if not pipe.poll(start_within):
            raise TimeoutError(f"The server did not start within {start_within:g} s.")
        try:
            url = f"http://127.0.0.1:{pipe.recv()}"
        except EOFError:
            process.join()
            raise RuntimeError(
                f"The server ended before it answered, exit code {process.exitcode}; "
                "its error stands above. In a script, start it under "
                "`if __name__ == '__main__':`."
            ) from None
        while get(url, "/healthz").status != 200:
            if time.monotonic() > end:
                raise TimeoutError(f"{url}/healthz is not well: see the error above.")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()  # SIGTERM
        process.join(settings.timeout + 5)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
        pipe.close()
