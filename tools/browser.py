"""The browser in which the site is tested, weighed and printed."""

import os
import shutil

from playwright.sync_api import Browser, Error, Playwright

# The shell is Chromium without a window: the same pages in five sixths of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


class NoBrowser(RuntimeError):
    """There is no Chromium that starts; the message says how to get one."""


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium: $CHROMIUM, the system's, or playwright's own.

    Raises NoBrowser where none starts.
    """
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    try:
        return playwright.chromium.launch(executable_path=path, args=OPTIONS)
    except Error as error:
        raise NoBrowser(
            "No browser for the site. Install one: 'apt-get install chromium-headless-shell' (Debian), "
            "'brew install --cask chromium' (macOS), or 'make browser'; or set CHROMIUM=/path/to/chromium.\n"
            f"{error}"
        ) from error
