"""The service in this process: its words and statuses, and what it says of a worker that is late or dead."""

from queue import Full
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.exceptions import ImATeapot, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from deepseek_book_utils.serving import app
from deepseek_book_utils.serving.app import by_mode, create_app, explain
from deepseek_book_utils.serving.batching import ServingSettings
from tests.unit.serving.services import SMALL, service, upper
from tests.unit.serving.test_requests import REFUSED, body

ASKED = {"path": "/finetune_inference", "content_type": "application/json"}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused(name: str) -> None:
    sent, status, advice = REFUSED[name]
    reply = service(SMALL).test_client().post(data=sent, **ASKED)
    assert (reply.status_code, reply.content_type) == (status, "application/json")
    if status != 413:  # the server knows the limit in bytes, and says it
        assert advice in reply.get_json()["error"]


def test_it_answers_and_says_what_it_is() -> None:
    client = create_app({"one": upper, "two": upper}, ServingSettings(patience=0)).test_client()
    reply = client.post(data=body(text="zwei 二", mode="two"), **ASKED)
    assert (reply.status_code, reply.get_json()) == (200, {"mode": "two", "answer": "ZWEI 二", "batch": 1})
    assert reply.text.endswith("}\n")
    about = client.get("/")
    form = {"text": "a question", "mode": "one or two"}
    assert about.status_code == 200
    assert about.get_json() == {"POST /finetune_inference": form, "GET /healthz": "alive?"}
    health = client.get("/healthz")
    said = health.get_json()
    assert health.status_code == 200 and said.pop("cpu_seconds") > 0
    said.pop("working")  # the worker may still put its tools away
    assert said == {"status": "ok", "waiting": 0, "requests": 1, "batches": 1}


def test_there_are_three_pages_and_no_files() -> None:
    pages = {rule.rule for rule in service(SMALL).url_map.iter_rules()}
    assert pages == {"/", "/healthz", "/finetune_inference"}


@pytest.mark.parametrize("kind", ["text/plain", "", "application/json-seq"])
def test_another_content_type_is_refused(kind: str) -> None:
    sent = body(text="a", mode="rl")
    reply = service(SMALL).test_client().post("/finetune_inference", data=sent, content_type=kind)
    assert reply.status_code == 415 and "application/json" in reply.get_json()["error"]


def with_batcher(monkeypatch: pytest.MonkeyPatch, ask: Any, alive: bool = True) -> Any:
    """A client of a service whose worker does this."""
    worker = SimpleNamespace(is_alive=lambda: alive)
    waiting = SimpleNamespace(qsize=lambda: 3)
    counts = {"working": 2, "requests": 7, "batches": 5}
    fake = SimpleNamespace(ask=ask, worker=worker, waiting=waiting, **counts)
    monkeypatch.setattr(app, "Batcher", lambda answer, settings: fake)
    return create_app({"one": upper}, ServingSettings(timeout=1.5)).test_client()


@pytest.mark.parametrize(
    ("error", "status", "seconds", "advice"),
    [
        (Full(), 503, "1", "Too many requests wait: ask again later."),
        (TimeoutError(), 504, "5", "No answer within 1.5 s: ask again later."),
        (
            KeyError("a secret"),
            500,
            None,
            "The service made a mistake, and its log says which: tell its operator.",
        ),
    ],
)
def test_a_worker_that_gives_no_answer(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, seconds: str | None, advice: str
) -> None:
    def ask(_: object) -> None:
        raise error

    reply = with_batcher(monkeypatch, ask).post(data=body(text="a", mode="one"), **ASKED)
    assert (reply.status_code, reply.get_json()) == (status, {"error": advice})
    assert reply.headers.get("Retry-After") == seconds


@pytest.mark.parametrize(
    ("alive", "status", "said"), [(True, 200, "ok"), (False, 503, "the worker has died: start again")]
)
def test_health(monkeypatch: pytest.MonkeyPatch, alive: bool, status: int, said: str) -> None:
    reply = with_batcher(monkeypatch, None, alive).get("/healthz")
    found = reply.get_json()
    assert reply.status_code == status and found.pop("cpu_seconds") > 0
    assert found == {"status": said, "waiting": 3, "working": 2, "requests": 7, "batches": 5}


def test_what_flask_refuses_is_explained_in_json() -> None:
    client = service(SMALL).test_client()
    lost, wrong, long = (
        client.get("/nowhere"),
        client.get("/finetune_inference"),
        client.post(data=b"a" * 2001, **ASKED),
    )
    assert lost.status_code == 404 and "GET / says what there is" in lost.get_json()["error"]
    assert wrong.status_code == 405 and set(wrong.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert wrong.get_json()["error"] == f"This page takes {wrong.headers['Allow']}."
    assert long.status_code == 413 and "send a shorter text" in long.get_json()["error"]
    assert client.post(data=b"a" * 2000, **ASKED).status_code == 400
    moved, odd = explain(RequestRedirect("/there")), explain(ImATeapot("short"))
    assert (moved.status_code, moved.headers["Location"]) == (308, "/there")
    assert (odd.status_code, odd.get_json()) == (418, {"error": "I'm a teapot: short"})
    assert explain(MethodNotAllowed(["POST"])).headers["Content-Type"] == "application/json"


def test_a_mode_that_answers_too_often_is_found_out() -> None:
    with pytest.raises(ValueError, match="zip"):
        by_mode({"one": lambda texts: upper([*texts, "more"])})([("one", "a")])
