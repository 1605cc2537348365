"""What a browser waits for before it paints a page: a script in the page, a style sheet, one for formulas.

The theme and the parts of Sphinx ask for ten style sheets and eight scripts in the head of each page. A
browser paints nothing before it has all of them, and Chromium fetches the scripts one after another, because
it does not look ahead on a page that carries a policy. Here the style sheets are joined. The scripts wait
until the page is read (`defer`) and run in their order; what the page tells them stands before any of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

SHEET = re.compile(
    r'\s*<link (?=[^>]*rel="stylesheet")(?![^>]*(?:media=|formulas\.css))[^>]*href="([^"?]*)[^"]*"[^>]*>'
)
IMPORT = re.compile(r'@import "([^"]*)";')
CHARSET = '@charset "UTF-8";'
SCRIPT = re.compile(r"\s*<script([^>]*)>(.*?)</script>", re.DOTALL)
ADDRESS = re.compile(r'src="([^"?]*)')
# book.js says how the search shows a page, so it runs before the index, with which a search begins.
INDEX = re.compile(r"\s*<script[^>]*/?searchindex\.js[^>]*></script>")
OWN = re.compile(r"\s*<script[^>]*/book\.js[^>]*></script>")
OPTIONS = "documentation_options.js"  # Sphinx's settings, to which the page adds its own


def whole(sheet: Path) -> str:
    """A style sheet with those that it imports."""
    text = sheet.read_text(encoding="utf8").replace(CHARSET, "")
    return IMPORT.sub(lambda other: whole(sheet.parent / other[1]), text)


def with_one_sheet(page: str, folder: Path, static: Path, shorten: Callable[[str], str]) -> str:
    """The page of this folder with its style sheets in one file of `static`, shortened; not the formulas'."""
    sheets = SHEET.findall(page)
    if not sheets:
        return page
    text = CHARSET + "\n" + shorten("\n".join(whole(folder / sheet) for sheet in sheets))
    path = static / f"book-{crc32(text.encode()):08x}.css"
    path.write_text(text, encoding="utf8")
    link = iter([f'\n<link rel="stylesheet" href="{os.path.relpath(path, folder)}"/>'])
    return SHEET.sub(lambda _: next(link, ""), page)


def with_waiting_scripts(page: str, folder: Path) -> str:
    """The page of this folder; in its head, scripts with an address wait; the others are one, the first."""
    head, end, rest = page.partition("</head>")
    if not (first := SCRIPT.search(head)):
        return page
    told: list[str] = []

    def wait(script: re.Match[str]) -> str:
        attributes, body = script.groups()
        address = ADDRESS.search(attributes)
        if address and not address[1].endswith(OPTIONS):
            return script[0].replace("<script", "<script defer", 1)
        if attributes and not address:
            return script[0]  # data
        told.append((folder / address[1]).read_text(encoding="utf8") if address else body)
        return ""

    after = SCRIPT.sub(wait, head[first.start() :])
    if INDEX.search(after) and (own := OWN.search(after)):
        after = INDEX.sub(lambda index: own[0] + index[0], OWN.sub("", after))
    settings = "\n".join(dict.fromkeys(one.strip() for one in told))
    return f"{head[: first.start()]}\n  <script>\n{settings}\n  </script>{after}{end}{rest}"
