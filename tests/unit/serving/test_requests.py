"""Every request that cannot be answered is refused over real HTTP, in JSON, with what to do."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from deepseek_book_utils.serving.client import ask, connect, get, send
from deepseek_book_utils.serving.running import running_server
from tests.unit.serving.services import SMALL, service


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server(service, SMALL, start_within=200) as url:
        yield url


def test_it_says_what_it_is_and_answers(url: str) -> None:
    about = get(url)
    assert about.status == 200 and "supervised" in json.dumps(about.body)
    assert get(url, "/healthz").body["status"] == "ok"
    for mode in ("supervised", "rl"):
        reply = ask(url, "zwei 二 \ud83d\ude00", mode)
        assert (reply.status, reply.body["mode"]) == (200, mode)
        assert reply.body["answer"] == "ZWEI 二 😀"


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


REFUSED = {
    "no body": (b"", 400, "not JSON"),
    "bad JSON": (b'{"text": ', 400, "not JSON"),
    "a list": (b'["text", "mode"]', 400, "JSON object"),
    "deep": (b"[" * 1900, 400, "JSON"),
    "a long number": (b"1" * 1900, 400, "JSON object"),
    "no UTF-8": (b'{"text": "\xff", "mode": "rl"}', 400, "UTF-8"),
    "UTF-16": (json.dumps({"text": "a", "mode": "rl"}).encode("utf-16"), 400, "UTF-8"),
    "no text": (body(mode="rl"), 400, '"text" is missing'),
    "empty text": (body(text=" \n", mode="rl"), 400, '"text" is missing'),
    "text no string": (body(text=["a"], mode="rl"), 400, '"text" is missing'),
    "no mode": (body(text="a"), 400, "choose one of supervised, rl"),
    "unknown mode": (body(text="a", mode="magic"), 400, "choose one of supervised, rl"),
    "mode no string": (body(text="a", mode=["rl"]), 400, "choose one of supervised, rl"),
    "unknown word": (body(text="an unknown word", mode="rl"), 422, "use others"),
    "longer than the context": (body(text="a " * 11, mode="rl"), 422, "shorter question"),
    "over the limit": (body(text="a" * 100_000, mode="rl"), 413, "longer than 2000 bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused(url: str, name: str) -> None:
    sent, status, advice = REFUSED[name]
    reply = send(connect(url), "POST", "/finetune_inference", sent)
    assert (reply.status, set(reply.body)) == (status, {"error"})
    assert advice in reply.body["error"]
    assert reply.headers["Content-Type"] == "application/json"


def test_a_body_at_the_limit_is_read(url: str) -> None:
    frame = len(body(text="", mode="rl"))
    for extra, status in ((0, 200), (1, 413)):
        reply = ask(url, "a" * (SMALL.max_body - frame + extra), "rl")
        assert reply.status == status


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_another_content_type_is_refused(url: str, content_type: str) -> None:
    reply = send(connect(url), "POST", "/finetune_inference", body(text="a", mode="rl"), content_type)
    assert reply.status == 415 and "application/json" in reply.body["error"]


def test_a_content_type_may_name_its_charset(url: str) -> None:
    sent = body(text="a", mode="rl")
    kind = "application/json; charset=utf-8"
    assert send(connect(url), "POST", "/finetune_inference", sent, kind).status == 200


def test_unknown_pages_and_methods_are_refused_in_json(url: str) -> None:
    lost = get(url, "/nowhere")
    assert lost.status == 404 and "GET /" in lost.body["error"]
    reply = get(url, "/finetune_inference")
    assert (reply.status, set(reply.headers["Allow"].split(", "))) == (405, {"POST", "OPTIONS"})
    assert "POST" in reply.body["error"]
    assert send(connect(url), "DELETE", "/healthz").status == 405


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: many\r\n\r\n", 400),
        ("Content-Length: -1\r\n\r\n", 400),
        ("Content-Length: 999999999999\r\n\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("Transfer-Encoding: chunked\r\n\r\nfff\r\n" + "a" * 4095 + "\r\n", 413),
        ("X-Long: " + "a" * 20_000 + "\r\n\r\n", 431),
    ],
)
def test_what_the_server_itself_refuses_is_json_too(url: str, head: str, status: int) -> None:
    host, port = urlsplit(url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as raw:
        start = "POST /finetune_inference HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        raw.sendall((start + head).encode())
        response = HTTPResponse(raw)
        response.begin()
        assert response.status == status
        assert json.loads(response.read())["error"]


def test_a_mistake_of_the_model_shows_nothing_of_its_insides(url: str) -> None:
    reply = ask(url, "fail", "rl")
    assert (reply.status, set(reply.body)) == (500, {"error"})
    assert "secret" not in reply.body["error"] and "Traceback" not in reply.body["error"]
    assert ask(url, "go on", "rl").body["answer"] == "GO ON"
