"""What the site's tests share: the built site, a server on 127.0.0.1, a browser that notes every request."""

import functools
import http.server
import importlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
NO_BROWSER = (
    "No browser for the site's tests. Install one: 'apt-get install chromium' (Debian), "
    "'brew install --cask chromium' (macOS), "
    "or '.venv/bin/python -m playwright install chromium'; or set CHROMIUM=/path/to/chromium."
)
OFFLINE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line for each."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    assert (SITE / "index.html").is_file(), f"{SITE} is not built: run 'make book' first"
    return SITE


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of a server that has nothing but the site."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium: $CHROMIUM, the system's, or playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=path, args=OFFLINE)
        except Error as error:
            pytest.fail(f"{NO_BROWSER}\n{error}", pytrace=False)
        yield running
        running.close()


@dataclass
class Visit:
    """A page in the browser, every address that it asked for, and every error that it made."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that opens an address in a new context (`color_scheme`, `width`, `java_script_enabled`)."""
    contexts = []

    def go(address: str, *, width: int = 1280, **options: Any) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(120_000)  # ms: a busy machine needs its time
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("requestfailed", lambda request: seen.errors.append(f"failed: {request.url}"))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
        seen.page.goto(address)
        seen.page.wait_for_load_state("load")
        return seen

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def book_site() -> Any:
    """The book's Sphinx extension, with its parts as attributes."""
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        return importlib.import_module("book_site")
    finally:
        sys.path.pop(0)
