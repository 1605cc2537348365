"""A client of the service, and many at once: Python's own HTTP, nothing else."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

Question = tuple[str, str]  # text, mode


class Reply(NamedTuple):
    """What came back: the status, the JSON, and the seconds it took."""

    status: int
    body: dict[str, Any]
    seconds: float
    headers: dict[str, str]


def connect(url: str, timeout: float = 60.0) -> http.client.HTTPConnection:
    """A connection to the service at `url`, for many requests one after the other."""
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)


def send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    content_type: str = "application/json",
) -> Reply:
    """One request and its answer. Raises OSError or http.client.HTTPException if the
    connection breaks, ValueError if the answer is no JSON.
    """
    start = time.perf_counter()
    # a server that refuses a long body closes before it has read all of it
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(method, path, body, {"Content-Type": content_type})
    response = connection.getresponse()
    found = json.loads(response.read())
    took = time.perf_counter() - start
    return Reply(response.status, found, took, dict(response.getheaders()))


def get(url: str, path: str = "/") -> Reply:
    """GET the path, on a connection of its own."""
    connection = connect(url)
    try:
        return send(connection, "GET", path)
    finally:
        connection.close()


def ask(url: str, text: str, mode: str) -> Reply:
    """Ask the service one question, on a connection of its own."""
    connection = connect(url)
    try:
        return ask_on(connection, text, mode)
    finally:
        connection.close()


def ask_on(connection: http.client.HTTPConnection, text: str, mode: str) -> Reply:
    """Ask one question on this connection."""
    body = json.dumps({"text": text, "mode": mode}).encode()
    return send(connection, "POST", "/finetune_inference", body)


def put_under_load(
    url: str,
    questions: Sequence[Question],
    clients: int,
    seconds: float,
    timeout: float = 600.0,
) -> list[tuple[Question, Reply]]:
    """Let `clients` threads ask one question after the other for so many seconds;
    returns what each asked and got.

    Each has a connection of its own and begins at another question. Raises what the
    first client that failed raised.
    """
    got: list[tuple[Question, Reply]] = []
    failures: list[BaseException] = []
    begin, end = threading.Barrier(clients), [float("inf")]

    def client(number: int) -> None:
        connection = connect(url, timeout)
        try:
            begin.wait()
            end[0] = min(end[0], time.monotonic() + seconds)
            i = number * len(questions) // clients
            while time.monotonic() < end[0] and not failures:
                question = questions[i % len(questions)]
                got.append((question, ask_on(connection, *question)))
                i += 1
        except (OSError, ValueError, http.client.HTTPException) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return got
