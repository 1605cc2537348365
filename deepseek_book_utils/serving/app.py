"""The service: what may be asked, what is refused, and with which words.

`create_app` knows no model. Whoever starts it names the modes and gives a function for
each: a list of texts in, a list of dictionaries out. Left out: users and their keys,
limits for each of them, encryption. A proxy in front of the service brings these.
"""

import json
import time
from collections.abc import Callable, Mapping
from queue import Full
from typing import Any, NoReturn

import flask
from flask import Flask, Response, abort
from werkzeug.exceptions import HTTPException

from .batching import Batcher, ServingSettings

Answer = Callable[[list[str]], list[dict[str, Any]]]


def reply(status: int, body: dict[str, Any], **headers: str) -> Response:
    """A JSON answer; `Retry_After="1"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = json.dumps(body) + "\n"
    return Response(text, status, named, content_type="application/json")


def refuse(status: int, error: str, **headers: str) -> NoReturn:
    """End this request with an error that says what to do."""
    abort(reply(status, {"error": error}, **headers))


def read_question(body: bytes, modes: list[str]) -> tuple[str, str]:
    """Mode and text of a request's body; refuses what is not
    `{"text": "...", "mode": "..."}` with one of these modes.
    """
    try:
        asked = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        refuse(400, "The body is not UTF-8: encode the JSON text as UTF-8.")
    except (ValueError, RecursionError) as error:
        refuse(
            400, f'The body is not JSON ({error}): send {{"text": ..., "mode": ...}}.'
        )
    if not isinstance(asked, dict):
        refuse(400, 'Send a JSON object: {"text": ..., "mode": ...}.')
    text, mode = asked.get("text"), asked.get("mode")
    if not isinstance(text, str) or not text.strip():
        refuse(400, '"text" is missing, empty or no string: send {"text": "...", ...}.')
    if not isinstance(mode, str) or mode not in modes:
        refuse(400, f'"mode" is missing or unknown: choose one of {", ".join(modes)}.')
    return mode, text


def by_mode(
    answers: Mapping[str, Answer],
) -> Callable[[list[tuple[str, str]]], list[dict[str, Any]]]:
    """One function for (mode, text) pairs in any order: each mode answers its own."""

    def answer(asked: list[tuple[str, str]]) -> list[dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for mode in dict.fromkeys(mode for mode, _ in asked):
            places = [i for i, (wanted, _) in enumerate(asked) if wanted == mode]
            texts = [asked[i][1] for i in places]
            found.update(zip(places, answers[mode](texts), strict=True))
        return [found[i] for i in range(len(asked))]

    return answer


def create_app(
    answers: Mapping[str, Answer],
    settings: ServingSettings = ServingSettings(),
    check: Callable[[str], object] | None = None,
) -> Flask:
    """The service over these modes. `check` raises ValueError for a text that no mode
    can read; its message goes to the client.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    batcher, modes = Batcher(by_mode(answers), settings), list(answers)

    @app.get("/")
    def about() -> Response:
        form = {"text": "a question", "mode": " or ".join(modes)}
        return reply(200, {"POST /finetune_inference": form, "GET /healthz": "alive?"})

    @app.get("/healthz")
    def health() -> Response:
        alive = batcher.worker.is_alive()
        found = {
            "status": "ok" if alive else "the worker has died: start again",
            "waiting": batcher.waiting.qsize(),
            "working": batcher.working,
            "requests": batcher.requests,
            "batches": batcher.batches,
            "cpu_seconds": time.process_time(),
        }
        return reply(200 if alive else 503, found)

    @app.post("/finetune_inference")
    def infer() -> Response:
        if flask.request.mimetype != "application/json":
            refuse(415, "Send JSON with the header Content-Type: application/json.")
        mode, text = read_question(flask.request.get_data(), modes)
        try:
            if check:
                check(text)
        except ValueError as error:
            refuse(422, str(error))
        try:
            return reply(200, {"mode": mode} | batcher.ask((mode, text)))
        except Full:
            refuse(503, "Too many requests wait: ask again later.", Retry_After="1")
        except TimeoutError:
            late = f"No answer within {settings.timeout:g} s: ask again later."
            refuse(504, late, Retry_After="5")

    app.register_error_handler(HTTPException, explain)
    return app


def explain(error: HTTPException) -> Response:
    """What Flask itself refuses, as JSON: unknown paths, methods, our mistakes."""
    page = error.get_response()
    advice = {
        404: "There is no such page: GET / says what there is.",
        405: f"This page takes {page.headers.get('Allow')}.",
        413: "The body is too long: send a shorter text.",
        500: "The service made a mistake, and its log says which: tell its operator.",
    }
    said = advice.get(page.status_code, f"{error.name}: {error.description}")
    kept = {k: v for k, v in page.headers.items() if k in ("Allow", "Location")}
    return reply(page.status_code, {"error": said}, **kept)
