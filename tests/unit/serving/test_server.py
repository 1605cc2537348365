"""The process: it finishes what is in flight, and nobody is held up by clients that say nothing."""

import inspect
import logging
import os
import re
import signal
import socket
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from deepseek_book_utils.serving import app, batching
from deepseek_book_utils.serving.batching import ServingSettings
from deepseek_book_utils.serving.client import Reply, ask, get, put_under_load
from deepseek_book_utils.serving.running import SPAWN, running_server
from deepseek_book_utils.serving.server import listen, serve
from deepseek_book_utils.settings import check_ranges
from tests.unit.serving.services import IMPATIENT, SMALL, service, upper


def in_background(url: str, *texts: str, mode: str = "sleepy") -> tuple[list[threading.Thread], list[Reply]]:
    """Clients that ask one question each at the same time."""
    replies: list[Reply] = []
    threads = [
        threading.Thread(target=lambda text=text: replies.append(ask(url, text, mode))) for text in texts
    ]
    for thread in threads:
        thread.start()
    return threads, replies


def ends_of(url: str) -> tuple[str, int]:
    host, port = urlsplit(url).netloc.split(":")
    return host, int(port)


def refused(url: str) -> bool:
    """Whether nobody listens there any more."""
    with closing(socket.socket()) as raw:
        return raw.connect_ex(ends_of(url)) != 0


def test_sigterm_finishes_what_is_in_flight() -> None:
    with running_server(service, SMALL, start_within=200) as url:
        [thread], replies = in_background(url, "1.5")
        time.sleep(0.5)
        [server] = SPAWN.active_children()
        os.kill(server.pid, signal.SIGTERM)
        thread.join()
        server.join(60)
        assert server.exitcode == 0 and refused(url)
    assert [(r.status, r.body["answer"]) for r in replies] == [(200, "1.5")]


def test_the_server_stops_when_the_block_raises() -> None:
    with pytest.raises(KeyError), running_server(service, SMALL, start_within=200) as url:
        raise KeyError(get(url, "/healthz").status)
    assert refused(url) and not SPAWN.active_children()


def test_a_service_that_cannot_start_is_told_from_a_slow_one(capfd: pytest.CaptureFixture) -> None:
    def wrong(settings: ServingSettings) -> None:
        raise OSError("no model here")

    with pytest.raises(RuntimeError, match="exit code 1"), running_server(wrong, SMALL, start_within=200):
        pass
    assert "no model here" in capfd.readouterr().err


def test_a_crowd_is_sent_away_and_a_late_answer_is_given_up_with_advice() -> None:
    with running_server(service, IMPATIENT, start_within=200) as url:
        threads, replies = in_background(url, *["3.0"] * 8)
        for thread in threads:
            thread.join()
        assert {r.status for r in replies} == {503, 504}
        for reply in replies:
            assert "ask again later" in reply.body["error"] and int(reply.headers["Retry-After"]) > 0
        end = time.monotonic() + 60
        while ask(url, "0.0", "sleepy").status != 200:  # it recovers by itself
            assert time.monotonic() < end


def test_clients_that_say_nothing_hold_nobody_up_and_are_hung_up_on() -> None:
    with running_server(service, SMALL, start_within=200, silence=2) as url:
        head = b"POST /finetune_inference HTTP/1.1\r\nContent-Length: 100\r\n"
        silent = [socket.create_connection(ends_of(url)) for _ in range(60)]
        for i, raw in enumerate(silent):  # nothing, half a head, half a body
            raw.sendall([b"", head, head + b"\r\n{"][i % 3])
        got = put_under_load(url, [("a", "rl")], clients=4, seconds=1)
        assert got and {reply.status for _, reply in got} == {200}
        for raw in silent:
            raw.settimeout(60)
            assert raw.recv(1) == b""  # closed by the server
            raw.close()


def test_twenty_clients_for_five_seconds() -> None:
    questions = [(f"question {i}", ("supervised", "rl")[i % 2]) for i in range(50)]
    with running_server(service, ServingSettings(), start_within=200) as url:
        got = put_under_load(url, questions, clients=20, seconds=5)
        health = get(url, "/healthz").body
    assert len(got) > 40
    for (text, mode), reply in got:
        assert reply.status == 200
        assert (reply.body["mode"], reply.body["answer"]) == (mode, text.upper())
    assert health["requests"] == len(got) and health["batches"] < len(got)
    assert 0 < health["cpu_seconds"] < 100


def test_threads_that_have_just_started_raise_no_alarm() -> None:
    logging.getLogger("waitress.queue").setLevel(logging.NOTSET)
    stop = threading.Event()
    stop.set()
    serve(service(SMALL), SMALL, listen("127.0.0.1", 0), stop)
    assert not logging.getLogger("waitress.queue").isEnabledFor(logging.WARNING)


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port} .*--port"):
            listen("127.0.0.1", port)


def test_a_service_written_in_a_notebook_runs_as_it_stands_there() -> None:
    """The source of the service, edited and run as cells are, where no file holds it."""
    source = "".join(inspect.getsource(module) for module in (batching, app))
    source = re.sub(r"from \.(?:batching|\.settings) import .*", "", source)
    source = source.replace('{"mode": mode} |', '{"mode": "edited"} |')
    source += "\ndef make(settings): return create_app({'rl': upper}, settings)\n"
    cells = {"__name__": "__main__", "check_ranges": check_ranges, "upper": upper}
    exec(source, cells)
    with running_server(cells["make"], cells["ServingSettings"](queue=1), start_within=200) as url:
        assert ask(url, "a", "rl").body == {"mode": "edited", "answer": "A", "batch": 1}
