"""The whole book as one PDF: `make pdf`, after `make book`.

Chromium prints every page of `_toc.yml` in reading order, light, with figures in their start state; pypdf
joins them, with a bookmark for each page. A link from page to page leads inside the PDF.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject

from tools.browser import NoBrowser, launch
from tools.build import ROOT

FOOT = (
    '<div style="width: 100%; font: 8px sans-serif; color: #59606a; padding: 0 15mm; display: flex; '
    'justify-content: space-between"><span class="title"></span><span class="pageNumber"></span></div>'
)
PAPER: dict[str, Any] = {
    "format": "A4",
    "print_background": True,
    "scale": 0.8,  # letters of 10 points, and room for the wide form of figures
    "margin": {"top": "16mm", "bottom": "18mm", "left": "15mm", "right": "15mm"},
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": FOOT,
}


def reading_order(root: Path) -> list[str]:
    """The pages of `_toc.yml`, without suffix (`notebooks/04_r1_zero`)."""
    toc = (root / "_toc.yml").read_text(encoding="utf8")
    yaml.safe_load(toc)  # a broken file is named by its line
    return [name.removesuffix(".ipynb") for name in re.findall(r"(?:root|file): (\S+)", toc)]


def printed(site: Path, names: list[str]) -> Iterator[tuple[str, str, bytes]]:
    """Name, title and PDF of each page of the built site.

    Raises NoBrowser if there is none.
    """
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_context(color_scheme="light", viewport={"width": 1000, "height": 1400}).new_page()
        page.set_default_timeout(300_000)  # ms: a long chapter on a busy machine
        for name in names:
            page.goto((site / f"{name}.html").as_uri())
            yield name, page.title().split(" — ")[0], page.pdf(**PAPER)
        browser.close()


def lead_inside(annotation: DictionaryObject, site: Path, starts: dict[str, Any]) -> None:
    """Let a link to a page of the site lead to that page of the PDF."""
    action = annotation.get("/A", {})
    address = urlsplit(str(action.get("/URI", "")))
    if address.scheme != "file":
        return
    try:
        name = Path(unquote(address.path)).relative_to(site).with_suffix("").as_posix()
    except ValueError:  # a file beside the site
        return
    if name in starts:
        goal = ArrayObject([starts[name], NameObject("/XYZ"), NullObject(), NullObject(), NullObject()])
        annotation[NameObject("/A")] = DictionaryObject(
            {NameObject("/S"): NameObject("/GoTo"), NameObject("/D"): goal}
        )


def joined(site: Path, parts: Iterator[tuple[str, str, bytes]], title: str) -> PdfWriter:
    """One document of all parts, each with its bookmark."""
    writer, starts = PdfWriter(), {}
    for name, heading, pdf in parts:
        first = len(writer.pages)
        writer.append(PdfReader(BytesIO(pdf)), outline_item=heading, import_outline=False)
        starts[name] = writer.pages[first].indirect_reference
        print(f"      {name:36} {len(writer.pages) - first:4} pages", flush=True)
    for page in writer.pages:
        for reference in page.get("/Annots") or ():
            lead_inside(reference.get_object(), site, starts)
    writer.add_metadata({"/Title": title})
    return writer


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.pdf", description=__doc__)
    parser.add_argument("pages", nargs="*", help="pages, as notebooks/04_r1_zero; all if none is named")
    parser.add_argument("--to", type=Path, default=root / "_build" / "book.pdf")
    options, site = parser.parse_args(arguments), root / "_build" / "html"
    names = options.pages or reading_order(root)
    missing = [name for name in names if not (site / f"{name}.html").is_file()]
    if missing:
        print(f"make pdf: the site lacks {', '.join(missing)}. Fix: make book", file=sys.stderr)
        return 1
    title = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["title"]
    try:
        book = joined(site.resolve(), printed(site.resolve(), names), title)
    except NoBrowser as error:
        print(f"make pdf: {error}", file=sys.stderr)
        return 1
    options.to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = options.to.with_suffix(".part")
    book.write(unfinished)
    unfinished.replace(options.to)
    print(f"{len(book.pages)} pages, {options.to.stat().st_size / 1e6:.1f} MB: {options.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
