"""`{front} part`: the parts of the front page that are made from records and runs; and its *next*.

`starts` are the two places to begin, `journey` is the picture of what the reader will build, `facts` counts
what the build found, `chapters` lists every chapter with its picture, its minutes to read and to run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from .chapter_header import duration, load
from .kept import page_tree
from .reading_time import reading_minutes
from .scoreboard import claims, executed, scoreboard

sys.path.append(str(Path(__file__).resolve().parents[3]))  # Sphinx does not start in the repository's root
from tools.dependencies import FILE, Chapter, load_chapters  # noqa: E402
from tools.front_pictures import PICTURES, journey, journey_picture  # noqa: E402
from tools.sketch import percent  # noqa: E402

STARTS = {
    "notebooks/02_deep_learning_and_rl": (
        "New to RL? Start with chapter 2",
        "From one derivative to agents that learn",
    ),
    "notebooks/04_r1_zero": (
        "Straight to R1-Zero",
        "Chapter 4b: GRPO, line by line",
    ),
}
FAILURES = "what-did-not-reproduce-or-not-as-expected"  # a section of the scoreboard


def cost(app: Sphinx, chapter: str) -> str:
    """Return how long a chapter takes to read and to run, as words."""
    run = load(app, "_build/seconds.json").get(chapter)
    reading = f"{reading_minutes(app, chapter)} min to read"
    return reading + (f" · {duration(run['cpu_seconds'])} to run" if run else "")


def starts_html(app: Sphinx, here: str) -> str:
    """Return the two places to begin."""
    links = []
    for chapter, (name, words) in STARTS.items():
        uri = app.builder.get_relative_uri(here, chapter)
        links.append(
            f'<li><a href="{uri}"><strong>{escape(name)}</strong> <span>{escape(words)}</span></a></li>'
        )
    return f'<ul class="starts">{"".join(links)}</ul>'


def journey_html(app: Sphinx, here: str) -> str:
    """Return the picture of what the reader will build, with its finding and what it was made from."""
    found = journey()
    before, after = (percent(share) for share in found["ends"]["accuracy"])
    uri = app.builder.get_relative_uri(here, "notebooks/04_r1_zero")
    caption = (
        "The questions are chains of +, − and ×; only the last digit counts. "
        f"The curves are the book's own, from chapter 4b: {found['seeds']} recorded seeds (pale) and their "
        f"mean. The model read for {duration(found['reading'])} and was rewarded for "
        f"{duration(found['rewarding'])}, on one processor core. The dashed line is the same "
        "model before any reward, with a good prompt and "
        f'two decoding rules. So what did the rewards add? <a href="{uri}">The chapter measures it.</a>'
    )
    title = f"Paid only for the answer and its form, a small model goes from {before} to {after} right"
    pictures = journey_picture(wide=True) + journey_picture(wide=False)
    return (
        f'<figure class="journey"><p class="finding">{escape(title)}</p>{pictures}'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def failures(app: Sphinx) -> int:
    """Return how many expectations did not come true, says the scoreboard; ExtensionError without a list."""
    for place in page_tree(app, "book/scoreboard").findall(scoreboard):
        if FAILURES in place.parent["ids"]:
            return len(place["wanted"])
    raise ExtensionError(f"the scoreboard has no section {FAILURES} with a list of claims")


def facts_html(app: Sphinx, here: str) -> str:
    """Return what this build counted: time, claims, and what did not come true."""
    runs, board = load(app, "_build/seconds.json"), app.builder.get_relative_uri(here, "book/scoreboard")
    minutes = round(sum(run["cpu_seconds"] for run in runs.values()) / 60)
    count = sum(len(list(claims(nbformat.read(path, 4)))) for path in executed(app).values())
    facts = [
        (
            f"{minutes} minutes" if runs else "Minutes",
            f"of one processor core ran all {len(runs) or ''} notebooks for this site. A laptop without a "
            "GPU is enough; you can change any line and run it again.",
        ),
        (
            f"{count} claims",
            "are lines of code that compare measured numbers. If one is false, the book is not built. "
            f'The <a href="{board}">scoreboard</a> collects them.',
        ),
        (
            f"{failures(app)} disappointments",
            "stay in: findings of the papers, and hopes of ours, that did not come true here. "
            f'<a href="{board}#{FAILURES}">Read them first.</a>',
        ),
    ]
    return '<dl class="facts">' + "".join(f"<div><dt>{a}</dt><dd>{b}</dd></div>" for a, b in facts) + "</dl>"


def item_html(app: Sphinx, here: str, one: Chapter) -> str:
    """Return one chapter of the list."""
    uri = app.builder.get_relative_uri(here, one.chapter)
    return (
        f"<li><figure>{PICTURES[one.chapter]()}<figcaption>{escape(one.finding)}</figcaption></figure><div>"
        f'<h3><a href="{uri}">{escape(one.title)}</a></h3><p>{escape(one.builds)}</p>'
        f'<p class="cost">{cost(app, one.chapter)}</p></div></li>'
    )


def chapters_html(app: Sphinx, here: str) -> str:
    """Return all chapters, each with its picture."""
    items = (item_html(app, here, one) for one in load_chapters(Path(app.srcdir)))
    return f'<ul class="chapter-list">{"".join(items)}</ul>'


PARTS: dict[str, Callable[[Sphinx, str], str]] = {
    "starts": starts_html,
    "journey": journey_html,
    "facts": facts_html,
    "chapters": chapters_html,
}


class front(nodes.General, nodes.Element):
    """Stands where a part of the front page will be, once every page is read."""


class Front(SphinxDirective):
    """The `{front}` directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the placeholder; an unknown part is an error."""
        [part] = self.arguments
        if part not in PARTS:
            raise self.error(f"{{front}} has no part {part}; it has {', '.join(PARTS)}")
        self.env.note_dependency(str(Path(self.env.srcdir) / FILE))
        return [front(part=part)]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every placeholder by its part."""
    for place in list(doctree.findall(front)):
        place.replace_self(nodes.raw("", PARTS[place["part"]](app, docname), format="html"))


def lead_into_a_chapter(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Let *next* on the front page lead to the first chapter, past the pages about the book."""
    if page == app.config.root_doc:
        first = next(iter(PICTURES))
        title = escape(app.env.titles[first].astext())
        context["next"] = {"link": app.builder.get_relative_uri(page, first), "title": title}


def setup(app: Sphinx) -> None:
    """Register the directive, what fills it, and the way on."""
    app.add_node(front)
    app.add_directive("front", Front)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", lead_into_a_chapter)
