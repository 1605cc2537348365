# ruff: noqa
# %% You found 4 of 5 faulty lines
def found_service():
    return {4: "A", 5: "B", 8: "D", 9: "E"}


def server_settings(): ...


def app(environ, start_response): ...


# %% Line 2 is innocent. Other methods than POST are refused by Flask
def found_service():
    return {2: "H", 4: "A", 5: "B", 7: "C", 8: "D", 9: "E"}


def server_settings(): ...


def app(environ, start_response): ...


# %% Line 9 is faulty, but not for reason (F)
def found_service():
    return {4: "A", 5: "B", 7: "C", 8: "D", 9: "F"}


def server_settings(): ...


def app(environ, start_response): ...


# %% With the host '0.0.0.0' others than this machine reach the service
def server_settings():
    return dict(host="0.0.0.0", port=8000, max_request_body_size=10**4, channel_timeout=10)


def app(environ, start_response): ...


# %% Without `host`, waitress listens on 0.0.0.0
def server_settings():
    return dict(port=8000, max_request_body_size=10**4, channel_timeout=10)


def app(environ, start_response): ...


# %% Without `max_request_body_size`, waitress takes 1 GiB
def server_settings():  # the application looks at the size itself
    return dict(host="127.0.0.1", channel_timeout=10)


def app(environ, start_response): ...


# %% `channel_timeout` is None
def server_settings():
    return dict(host="localhost", max_request_body_size=2**16, channel_timeout=None)


def app(environ, start_response): ...


# %% is none of waitress's settings
def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30, debug=False)


def app(environ, start_response): ...


# %% still shows your program's insides
def server_settings():
    return dict(host="127.0.0.1", max_request_body_size=2**16, channel_timeout=30, expose_tracebacks=True)


def app(environ, start_response): ...


# %% A request without Content-Length ends in KeyError
def app(environ, start_response):  # the program of the exhibit, without Flask
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    text = json.loads(body)["text"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"length": len(text)}).encode()]


# %% A request with the Content-Length `many` ends in ValueError
def app(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    try:
        status, value = "200 OK", {"length": len(json.loads(environ["wsgi.input"].read(size))["text"])}
    except Exception as error:
        status, value = "400 Bad Request", {"error": f"not understood: {error!r}"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% A request with the Content-Length -1 is refused only after it was read
def app(environ, start_response):
    try:
        size = int(environ["CONTENT_LENGTH"])
        assert size <= 65536
        text = json.loads(environ["wsgi.input"].read(size) + b"x" * (size < 0))["text"]
        assert isinstance(text, str)
        status, value = "200 OK", {"length": len(text)}
    except Exception:
        status, value = "400 Bad Request", {"error": 'send {"text": "..."}, not too long'}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% A request with the Content-Length -1 is answered with status 200
def app(environ, start_response):
    try:
        size = int(environ["CONTENT_LENGTH"])
        if size > 65536:
            raise ValueError("too long")
        text = json.loads(environ["wsgi.input"].read(size))["text"]
        if not isinstance(text, str):
            raise ValueError("text is no string")
        status, value = "200 OK", {"length": len(text)}
    except Exception as error:
        status, value = "400 Bad Request", {"error": str(error) or "bad request"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% A request that is a byte too long is refused only after it was read
def app(environ, start_response):
    def reply(status, value):
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(value).encode()]

    try:
        size = int(environ["CONTENT_LENGTH"])
        if size < 0:
            raise ValueError("negative")
        body = environ["wsgi.input"].read(size)
        if len(body) > 65536 or size > 65536:
            return reply("413 Content Too Large", {"error": "too long"})
        text = json.loads(body)["text"]
        return reply("200 OK", {"length": len(text)})
    except Exception:
        return reply("400 Bad Request", {"error": "bad request"})


# %% of 65536 bytes, is answered with status 413
def app(environ, start_response):
    def reply(status, value):
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(value).encode()]

    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal():
        return reply("400 Bad Request", {"error": "Content-Length"})
    if int(length) >= 65536:
        return reply("413 Content Too Large", {"error": "too long"})
    try:
        text = json.loads(environ["wsgi.input"].read(int(length)))["text"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return reply("400 Bad Request", {"error": "text?"})
    return reply("200 OK", {"length": len(text)})


# %% You read more than the client announced
def app(environ, start_response):
    body = environ["wsgi.input"].read(65536)  # never more than the limit
    try:
        status, value = "200 OK", {"length": len(json.loads(body)["text"])}
    except Exception:
        status, value = "400 Bad Request", {"error": "bad request"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% that breaks off is answered with status 500
def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or not 0 < int(length) <= 65536:
        status, value = "400 Bad Request", {"error": "Content-Length from 1 to 65536"}
    else:
        try:
            status, value = (
                "200 OK",
                {"length": len(json.loads(environ["wsgi.input"].read(int(length)))["text"])},
            )
        except Exception as error:
            status, value = "500 Internal Server Error", {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% A request that is no UTF-8 ends in UnicodeDecodeError
def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            found = json.loads(environ["wsgi.input"].read(int(length)).decode("utf8"))
            if isinstance(found, dict) and isinstance(found.get("text"), str):
                status, value = "200 OK", {"length": len(found["text"])}
        except json.JSONDecodeError as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% of 60,000 opening brackets ends in RecursionError
def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            found = json.loads(environ["wsgi.input"].read(int(length)))
            if isinstance(found, dict) and isinstance(found.get("text"), str):
                status, value = "200 OK", {"length": len(found["text"])}
        except ValueError as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% that is a JSON list ends in TypeError
def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            status, value = (
                "200 OK",
                {"length": len(json.loads(environ["wsgi.input"].read(int(length)))["text"])},
            )
        except (ValueError, KeyError) as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% whose `text` is a list is answered with status 200
def app(environ, start_response):
    length = environ.get("CONTENT_LENGTH", "")
    status, value = "400 Bad Request", {"error": "what is that?"}
    if length.isdigit() and int(length) <= 65536:
        try:
            value = {"length": len(json.loads(environ["wsgi.input"].read(int(length)))["text"])}
            status = "200 OK"
        except Exception as error:
            value = {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


# %% is refused without a message
def app(environ, start_response):
    headers = [("Content-Type", "application/json")]
    try:
        length = environ["CONTENT_LENGTH"]
        assert length.isdigit() and int(length) <= 65536
        text = json.loads(environ["wsgi.input"].read(int(length)))["text"]
        assert type(text) is str
    except Exception:
        start_response("400 Bad Request", headers)
        return [b""]
    start_response("200 OK", headers)
    return [json.dumps({"length": len(text)}).encode()]


# %% Your application breaks a rule of WSGI
def app(environ, start_response):
    text = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["text"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return json.dumps({"length": len(text)})


# %% is answered with {'length': 7}; asked is {'length': 3}
def app(environ, start_response):
    text = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["text"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"length": len(text.encode())}).encode()]


# %% The answer does not say that it is JSON
def app(environ, start_response):
    text = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["text"]
    start_response("200 OK", [("Content-Type", "text/html")])
    return [json.dumps({"length": len(text)}).encode()]
