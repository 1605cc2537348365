"""What each page costs its reader: `python -m tools.weigh [pages]`, after `make book`.

A first visit's kilobytes as a host sends them (gzip), the elements of the page, the stops of the Tab key.
Then a slow phone (a processor slowed down four times): when its last long task ends, so that it answers at
once; and the first paint, on 4G. Kilobytes and elements have their bars in tests/site/test_weight.py; the
rest is reported here.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, sync_playwright

from tools.browser import NoBrowser, launch
from tools.build import ROOT
from tools.pdf import reading_order

SLOWER = 4  # times, as a phone beside a desk
NETWORK = {"offline": False, "latency": 170, "downloadThroughput": 9e6 / 8, "uploadThroughput": 9e6 / 8}  # 4G
QUIET = 1500  # ms without a long task: the page is done
PACKED = {".html", ".css", ".js", ".svg", ".json", ".txt"}  # a host compresses these; fonts and pictures are

ELEMENTS = "document.querySelectorAll('*').length"
# Chromium also stops at what scrolls and has nothing in it to stop at.
STOPS = """[...document.querySelectorAll('*')].filter((e) =>
  e.checkVisibility({visibilityProperty: true}) && (
  e.tabIndex >= 0 && !e.disabled && e.nodeName != 'BODY' || (e.scrollWidth > e.clientWidth + 1
  && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
  && e.tabIndex < 0 && !e.hasAttribute('tabindex')
  && !e.querySelector('a[href], button, input, select, summary, [tabindex="0"]')))).length"""
NOTE = """window.longTasks = []; new PerformanceObserver((list) => longTasks.push(...list.getEntries()
  .map((task) => task.startTime + task.duration))).observe({type: 'longtask', buffered: true});"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"


class Packing(http.server.SimpleHTTPRequestHandler):
    """Serve a folder as a host does: text compressed, without a line for each request."""

    def do_GET(self) -> None:
        """Answer one request."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix in PACKED:
            self.send_header("Content-Encoding", "gzip")
        body = sent(path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@cache
def sent(path: Path) -> bytes:
    """What a host sends of a file."""
    return gzip.compress(path.read_bytes()) if path.suffix in PACKED else path.read_bytes()


def weight(site: Path, addresses: Iterable[str], base: str) -> float:
    """Kilobytes of a first visit that asked for these addresses below `base`."""
    paths = {unquote(urlsplit(a).path).lstrip("/") for a in addresses if a.startswith(base)}
    return sum(len(sent(site / path)) for path in paths) / 1000


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a server of the folder."""
    handler = functools.partial(Packing, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()


def phone(browser: Browser, address: str, network: bool) -> dict[str, float]:
    """Open a page on a slow phone: seconds to the first paint and to the end of the last long task."""
    # The pages' policy forbids what waits for them.
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    devtools = context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if network:
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", NETWORK)
    page.add_init_script(NOTE)
    page.goto(address)

    def asked(expression: str) -> Any:
        """Without playwright's own script, which would itself be a long task."""
        answer = devtools.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        return answer["result"]["value"]

    while not asked(f"performance.now() > Math.max(0, ...longTasks) + {QUIET}"):
        page.wait_for_timeout(200)
    found = {"paint s": asked(PAINTED) / 1000, "busy s": asked("Math.max(0, ...longTasks)") / 1000}
    context.close()
    return found


def costs(browser: Browser, site: Path, base: str, page: str) -> dict[str, float]:
    """What one page costs."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    seen = context.new_page()
    seen.set_default_timeout(120_000)
    addresses: list[str] = []
    seen.on("request", lambda request: addresses.append(request.url))
    seen.goto(base + page)
    seen.wait_for_load_state("networkidle")
    found = {
        "kB": weight(site, addresses, base),
        "elements": seen.evaluate(ELEMENTS),
        "stops": seen.evaluate(STOPS),
    }
    context.close()
    found["busy s"] = phone(browser, base + page, network=False)["busy s"]
    found["paint s"] = phone(browser, base + page, network=True)["paint s"]
    return found


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.weigh", description=__doc__)
    parser.add_argument("pages", nargs="*", help="pages, as notebooks/04_r1_zero; all if none is named")
    names, site = parser.parse_args(arguments).pages or reading_order(root), root / "_build" / "html"
    if missing := [name for name in names if not (site / f"{name}.html").is_file()]:
        print(f"tools.weigh: the site lacks {', '.join(missing)}. Fix: make book", file=sys.stderr)
        return 1
    with sync_playwright() as playwright, served(site) as base:
        try:
            browser = launch(playwright)
        except NoBrowser as error:
            print(f"tools.weigh: {error}", file=sys.stderr)
            return 1
        parts = ("kB", "elements", "stops", "busy s", "paint s")
        print(f"{'page':36}" + "".join(f"{part:>10}" for part in parts))
        for name in names:
            found = costs(browser, site, base, f"{name}.html")
            cells = "".join(
                f"{found[part]:>10.1f}" if part.endswith(" s") else f"{found[part]:>10.0f}" for part in parts
            )
            print(f"{name:36}{cells}", flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
