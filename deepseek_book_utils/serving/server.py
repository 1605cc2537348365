"""The application behind waitress, a server for production.

waitress reads requests in one thread and hands over whole ones only. So a client that
sends slowly, or never finishes, holds a connection, and no thread that could work for
another client. After `silence` seconds without a byte the connection is closed.
"""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from .batching import ServingSettings


class JsonErrorTask(ErrorTask):
    """waitress's own refusals, as JSON; there is no other way to form them."""

    def execute(self) -> None:
        """Write the error, then close the connection."""
        error = self.request.error
        said = f"{error.reason}: {error.body}"
        if error.code == 413:
            most = self.channel.adj.max_request_body_size - 1
            said = f"The body is longer than {most} bytes: send a shorter text."
        body = (json.dumps({"error": said}) + "\n").encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class JsonChannel(HTTPChannel):
    """A connection whose refusals are JSON."""

    error_task_class = JsonErrorTask


def listen(host: str, port: int) -> socket.socket:
    """A socket at this address, port 0 for any that is free; raises OSError that says
    what to do if there is none.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        advice = "name another --host or --port (0 for any free port)"
        raise OSError(f"Cannot listen on {host}:{port} ({error}): {advice}.") from error


def serve(
    app: Flask,
    settings: ServingSettings,
    listener: socket.socket,
    stop: threading.Event,
    silence: int = 10,
) -> None:
    """Answer requests until `stop` is set; then take no more, finish what is in
    flight, and return.
    """

    def gate(environ: dict[str, Any], start_response: Callable) -> Any:
        if stop.is_set():
            headers = [("Content-Type", "application/json"), ("Retry-After", "5")]
            start_response("503 Service Unavailable", headers)
            return [b'{"error": "The service is stopping: ask again later."}\n']
        return app(environ, start_response)

    server = create_server(
        gate,
        sockets=[listener],
        # every request that waits holds a thread; a few more threads say no
        threads=settings.queue + settings.batch_size + 8,
        connection_limit=500,
        channel_timeout=silence,
        cleanup_interval=max(1, silence // 2),
        max_request_body_size=settings.max_body + 1,  # waitress refuses this and more
        max_request_header_size=16384,
        asyncore_use_poll=True,
        ident="",  # nobody need know which server this is
    )
    server.channel_class = JsonChannel
    # Threads that have not begun to wait count as busy: the first request would warn.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    threading.Thread(target=server.run, daemon=True).start()
    while not stop.is_set():  # a signal sets it: nobody may hold its lock meanwhile
        time.sleep(0.05)
    server.accepting = False
    end = time.monotonic() + settings.timeout
    while time.monotonic() < end and any(
        channel.requests or channel.total_outbufs_len
        for channel in list(server.active_channels.values())
    ):
        time.sleep(0.02)
