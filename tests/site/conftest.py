"""What the site's tests share: the built site, a server on 127.0.0.1, a browser that notes every request."""

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.scheduling import page_of
from tools.browser import NoBrowser, launch
from tools.weigh import served

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
HEIGHT = 900  # of a window at a desk, in pixels


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    assert (SITE / "index.html").is_file(), f"{SITE} is not built: run 'make book' first"
    return SITE


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of a server that has nothing but the site."""
    with served(site) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        try:
            running = launch(playwright)
        except NoBrowser as error:
            pytest.fail(str(error), pytrace=False)
        yield running
        running.close()


@dataclass
class Visit:
    """A page in the browser, every address that it asked for, and every error that it made."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def opened(browser: Browser, address: str, *, width: int = 1280, **options: Any) -> Visit:
    """A visit to an address in a new context (`width`, `java_script_enabled`)."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, **options)
    context.set_default_timeout(120_000)  # ms: a busy machine needs its time
    seen = Visit(context.new_page())
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.on("requestfailed", lambda request: seen.errors.append(f"failed: {request.url}"))
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    seen.page.goto(address)
    seen.page.wait_for_load_state("load")
    return seen


def wait_until(page: Page, holds: str, arg: object = None, timeout: float = 30.0) -> None:
    """Ask the page until `holds` does, for so many seconds.

    playwright's own `wait_for_function` asks from inside the page, where our pages forbid `eval`.
    """
    end = time.monotonic() + timeout
    while not page.evaluate(holds, arg):
        assert time.monotonic() < end, f"never true in {timeout} s: {holds}"
        page.wait_for_timeout(20)


@contextmanager
def laid_out(page: Page) -> Iterator[None]:
    """The page with all that is far from the window laid out too."""
    style = page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate("dispatchEvent(new Event('resize'))")  # scripts look again what scrolls, but not at once
    yield
    style.evaluate("(style) => style.remove()")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that opens an address in a new context."""
    visits: list[Visit] = []

    def go(address: str, **options: Any) -> Visit:
        visits.append(opened(browser, address, **options))
        return visits[-1]

    yield go
    for seen in visits:
        seen.page.context.close()


@pytest.fixture(scope="session")
def kept(browser: Browser) -> Iterator[dict[str, tuple[str, Visit]]]:
    """The last page that was opened with scripts, and the last without: its address and the visit."""
    visits: dict[str, tuple[str, Visit]] = {}
    yield visits
    for _, seen in visits.values():
        seen.page.context.close()


def keep(browser: Browser, kept: dict[str, tuple[str, Visit]], address: str, scripts: bool) -> Visit:
    """The visit that is kept of this address, opened where another one was kept."""
    kind = "scripts" if scripts else "no scripts"
    if kept.get(kind, ("",))[0] != address:
        if kind in kept:
            kept.pop(kind)[1].page.context.close()
        kept[kind] = (address, opened(browser, address, java_script_enabled=scripts))
    return kept[kind][1]


@pytest.fixture
def desk(page: str, server: str, browser: Browser, kept: dict[str, tuple[str, Visit]]) -> Visit:
    """The served page at a desk. The tests of a page share it: to load one takes seconds."""
    seen = keep(browser, kept, server + page, scripts=True)
    seen.page.emulate_media(media="screen", color_scheme="light")
    seen.page.set_viewport_size({"width": 1280, "height": HEIGHT})
    return seen


@pytest.fixture
def still(page: str, server: str, browser: Browser, kept: dict[str, tuple[str, Visit]]) -> Visit:
    """The served page in a browser without scripts, which changes nothing there."""
    return keep(browser, kept, server + page, scripts=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of a page follow each other."""
    items.sort(key=lambda item: page_of(item.nodeid))


@pytest.fixture(scope="session")
def book_site() -> Any:
    """The book's Sphinx extension, with its parts as attributes."""
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        return importlib.import_module("book_site")
    finally:
        sys.path.pop(0)
