"""What a page says of itself to browsers, search engines and messengers, and whom it may ask for anything.

Every page carries a Content-Security-Policy that names no other host: a script that were to ask one would be
stopped by the browser. With BOOK_SITE_URL, the address at which the site will stand, pages name their own
address, `sitemap.xml` lists them all, and `404.html` leads back to the book.
"""

from __future__ import annotations

import os
import re
from html import escape, unescape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

# Scripts and styles stand in the pages; `file:` is the site read from a disk.
OWN = "'self' file: data: blob:"
POLICY = (
    f"default-src {OWN}; script-src {OWN} 'unsafe-inline'; style-src {OWN} 'unsafe-inline'; base-uri 'none'"
)
# The colours of book.css's paper, which phones give their own bars.
COLOURS = {"light": "#fdfcfa", "dark": "#14181e"}
# A host serves this page under any address, so its links are whole.
MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page not found — {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem; font: 1.1rem/1.6 system-ui, sans-serif }}
body {{ color: light-dark(#1b1f24, #e6ebf0); background: light-dark(#fdfcfa, #14181e) }}
a {{ color: light-dark(#0062a3, #6cbcff) }}
</style></head>
<body><main><h1>This page does not exist</h1>
<p>It may have moved. <a href="{base}index.html">Open the front page of <cite>{title}</cite></a>,
or <a href="{base}search.html">search the book</a>.</p></main></body></html>
"""
TAG = re.compile("<[^>]+>")
LONGEST = 200  # letters of a description
SITEMAP = (
    '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
)


def place_site(app: Sphinx, config: Config) -> None:
    """Take the site's address from BOOK_SITE_URL; Sphinx then names each page's own in its head."""
    if url := os.environ.get("BOOK_SITE_URL"):
        config.html_baseurl = url.rstrip("/") + "/"


def description(doctree: nodes.document | None) -> str:
    """The first paragraph of a page, cut between two words; empty where a page has none."""
    first = (
        next((p for p in doctree.findall(nodes.paragraph) if p.astext().strip()), None) if doctree else None
    )
    text = " ".join(first.astext().split()) if first else ""
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def tags(title: str, site: str, about: str, address: str) -> str:
    """The policy, and what a messenger shows of a link to the page (https://ogp.me)."""
    found = {"og:type": "article", "og:site_name": site, "og:title": title}
    found |= {name: value for name, value in (("og:description", about), ("og:url", address)) if value}
    lines = [f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}"/>']
    lines += [
        f'<meta name="theme-color" content="{colour}" media="(prefers-color-scheme: {theme})"/>'
        for theme, colour in COLOURS.items()
    ]
    lines += [f'<meta property="{name}" content="{escape(value)}"/>' for name, value in found.items()]
    if about:
        lines.append(f'<meta name="description" content="{escape(about)}"/>')
    return "\n".join(lines) + "\n"


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Write the tags of a page."""
    title = unescape(TAG.sub("", context.get("title", "")))
    address = f"{app.config.html_baseurl}{page}.html" if app.config.html_baseurl else ""
    about = description(doctree)
    context["metatags"] = tags(title, app.config.html_title, about, address) + context.get("metatags", "")


def sitemap(base: str, pages: list[str]) -> str:
    """The addresses of all pages, for search engines (https://www.sitemaps.org)."""
    lines = [f"<url><loc>{escape_xml(f'{base}{page}.html')}</loc></url>\n" for page in pages]
    return SITEMAP + "".join(lines) + "</urlset>\n"


def missing(base: str, title: str) -> str:
    """The page that a host shows for an address without a page."""
    return MISSING.format(base=escape(base), title=escape(title))


def write_whole_site(app: Sphinx, exception: Exception | None) -> None:
    """Write `sitemap.xml` and `404.html` where the site's address is known."""
    base = app.config.html_baseurl
    if exception is None and app.builder.format == "html" and base:
        out = Path(app.outdir)
        (out / "sitemap.xml").write_text(sitemap(base, sorted(app.env.found_docs)), encoding="utf8")
        (out / "404.html").write_text(missing(base, app.config.html_title), encoding="utf8")


def setup(app: Sphinx) -> None:
    """Connect the functions above."""
    app.connect("config-inited", place_site)
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_whole_site)
