"""Grader of the bug museum's last exhibit: a service that anybody can reach, and anybody can stop.

No port is opened: the service is called as a WSGI server would call it, by the standard library's validator.
"""

import json
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import torch

from ..checking import Wrong, ask
from ..museum import Defect, Exhibit, visit

LIMIT = 65_536  # bytes
RIGHT = "that is right"
SERVICE = Exhibit(
    lines=9,
    letters="ABCDEFGH",
    defects={
        4: Defect("A", "How long may the body be that a visitor sends?", {"C": "That is decided elsewhere."}),
        5: Defect(
            "B",
            "Send it the three bytes `[1]`. What comes back?",
            {
                "A": "By then the bytes are read. What if they are not what the line hopes for?",
                "G": "`jsonify` and `json.loads` run nothing. But what if the body is no JSON?",
            },
        ),
        7: Defect("C", "Somebody connects, and then sends nothing."),
        8: Defect("D", "Who can reach this address?", {"F": "The port is fine. Look at the address."}),
        9: Defect(
            "E",
            "What does Flask print in red when such a line runs?",
            {
                "D": "The address is chosen a line above. How is it served?",
                "F": "Any free port above 1023 will do. What about the other arguments?",
            },
        ),
    },
    innocent={
        2: "Other methods than POST are refused by Flask, with 405.",
        6: "`jsonify` writes JSON, and says so in the header; no browser reads it as a page.",
    },
    also={6: "B"},  # `len` of a number raises, too
)
Service = tuple[Callable[[], dict[int, str]], Callable[[], Any], Callable[..., Any]]


def service(answer: Service, seed: int) -> None:
    """Grades `(found, server_settings, app)`."""
    found, server_settings, app = answer

    def mended(_: object, seed: int) -> None:
        mended_settings(server_settings)
        mended_app(app, seed)

    visit(SERVICE, (found, app), mended, seed)


SETTINGS = {"host", "port", "threads", "connection_limit", "backlog", "ident", "cleanup_interval"} | {
    "max_request_body_size", "max_request_header_size", "channel_timeout", "expose_tracebacks"
}  # fmt: skip


def mended_settings(server_settings: Callable[[], Any]) -> None:
    """Grades the keyword arguments for `waitress.serve`."""
    settings = ask(server_settings)
    if not isinstance(settings, dict):
        raise Wrong(f"`server_settings` returns a {type(settings).__name__}, and a dictionary is asked for.")
    for name in settings:
        if name not in SETTINGS:
            raise Wrong(f"`{name!s:.30}` is none of waitress's settings that the text names.")
    host, unset = settings.get("host"), object()
    if "host" not in settings:
        raise Wrong("Without `host`, waitress listens on 0.0.0.0, that is to everybody.")
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise Wrong(
            f"With the host {host!r:.30} others than this machine reach the service.",
            "127.0.0.1 is this machine only.",
        )
    for name, least, most, unit, default in (
        ("max_request_body_size", 1024, LIMIT, "bytes", "1 GiB"),
        ("channel_timeout", 1, 60, "seconds", "120 seconds"),
    ):
        value = settings.get(name, unset)
        if value is unset:
            raise Wrong(f"Without `{name}`, waitress takes {default}.", f"Asked are {most} {unit} at most.")
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"`{name}` is {value!r:.30}; asked is a whole number from {least} to {most} {unit}.")
    if settings.get("expose_tracebacks", False) is not False:
        raise Wrong("`expose_tracebacks` still shows your program's insides to every visitor.")


class Sent:
    """What a client sends; keeps account of how much of it is read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.wanted = data, 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes. A negative size asks for everything, and clients may send for ever."""
        start, self.wanted = self.wanted, self.wanted + (size if size >= 0 else 10**15)
        return self.data[start : self.wanted]

    readline = readlines = __iter__ = read  # the protocol asks for them; there are no lines here


def call(app: Callable[..., Any], sent: Sent, length: str | None) -> tuple[int, Any, str]:
    """Status, JSON (None if it is none) and content type of the answer. Raises what app or validator do."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "",
        "wsgi.input": sent,
        "CONTENT_TYPE": "application/json",
    }
    setup_testing_defaults(environ)
    answered: list[Any] = ["000, as start_response was not called", {}]

    def hostile(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        environ = dict(environ) | {"CONTENT_LENGTH": length}  # the validator itself stumbles over a bad one
        parts = app({name: value for name, value in environ.items() if value is not None}, start_response)
        iter(parts)  # stops what is not iterable before the validator stumbles over it
        return parts

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[..., Any]:
        answered[:] = [status, dict(headers)]
        return lambda data: None

    parts = validator(hostile)(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        parts.close()  # type: ignore[attr-defined]
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    types = {name.lower(): kind for name, kind in answered[1].items()}
    return int(answered[0][:3]), value, types.get("content-type", "")


def ask_app(app: Callable[..., Any], what: str, sent: Sent, length: str | None) -> tuple[int, Any, str]:
    """`call`, with the ways in which it may fail in words."""
    try:
        answer: tuple[int, Any, str] = ask(lambda: call(app, sent, length))
    except Wrong as told:
        error = told.__cause__
        if error and traceback.extract_tb(error.__traceback__)[-1].name == "assert_":  # the validator's
            rule = (
                str(error) or "a method of `wsgi.input` has other arguments, `read` for example one number."
            )
            raise Wrong(f"Your application breaks a rule of WSGI: {rule}") from None
        if error is None or what.startswith(RIGHT):
            raise
        raise Wrong(
            f"A request {what} ends in {type(error).__name__}. The client would get a status 500, "
            "and no word of what to mend.",
            "Refuse it with a 4xx status and a message.",
        ) from error
    return answer


def mended_app(app: Callable[..., Any], seed: int) -> None:
    """Grades the WSGI application with good and hostile requests."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(3, 60, (3,), generator=generator).tolist()
    for text in ("", "学生?", *("x" * n for n in lengths), "y" * (LIMIT - len('{"text": ""}'))):
        body = json.dumps({"text": text}, ensure_ascii=False).encode()
        good_request(app, body, {"length": len(text)})
    for what, body, length in hostile_requests():
        sent = Sent(body)
        status, value, _ = ask_app(app, what, sent, length)
        if not 400 <= status < 500:
            raise Wrong(f"A request {what} is answered with status {status}, and 4xx is asked for.")
        if sent.wanted > LIMIT:
            raise Wrong(f"A request {what} is refused only after it was read.", "Compare first, then read.")
        message = value.get("error") if isinstance(value, dict) else None
        if not isinstance(message, str) or not message.strip():
            hint = 'Answer with {"error": "..."} as JSON.'
            raise Wrong(f"A request {what} is refused without a message.", hint)


def good_request(app: Callable[..., Any], body: bytes, expected: dict[str, int]) -> None:
    """Grades what the application makes of a request that is right."""
    sent = Sent(body)
    what = f"{RIGHT}, of {len(body)} bytes,"
    status, value, kind = ask_app(app, what, sent, str(len(body)))
    if sent.wanted > len(body):
        raise Wrong("You read more than the client announced, and wait for bytes that never come.")
    if status != 200:
        raise Wrong(f"A request {what} is answered with status {status}, and 200 is asked for.")
    if value != expected:
        raise Wrong(f"A request {what} is answered with {value!r:.60}; asked is {expected}.")
    if not kind.startswith("application/json"):
        hint = 'The header is `("Content-Type", "application/json")`.'
        raise Wrong("The answer does not say that it is JSON.", hint)


def hostile_requests() -> Iterator[tuple[str, bytes, str | None]]:
    """What is wrong with the request, its body, and the length that it announces."""
    good = b'{"text": "hello"}'
    yield "without Content-Length", good, None
    yield "with an empty Content-Length", good, ""
    yield "with the Content-Length `many`", good, "many"
    yield "with the Content-Length -1", good, "-1"
    yield "that is a byte too long", good.ljust(LIMIT + 1), str(LIMIT + 1)
    yield "that announces a terabyte", good, str(10**12)
    for what, body in (
        ("with an empty body", b""),
        ("that breaks off", b'{"text": "hel'),
        ("that is no UTF-8", b'{"text": "\xff\xc3\x28"}'),
        ("that is a JSON list", b"[1]"),
        ("that is a JSON string", b'"text"'),
        ("that is JSON's null", b"null"),
        ("without `text`", b'{"txt": "hello"}'),
        ("whose `text` is a number", b'{"text": 5}'),
        ("whose `text` is a list", b'{"text": ["hello"]}'),
        ("of 60,000 opening brackets", b"[" * 60_000),
    ):
        yield what, body, str(len(body))
