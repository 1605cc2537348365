"""Put under every chapter's title where to run it and what running it costs; the numbers come from the build.

Beside the cost stands how long its sections take to read (`reading_time.py`).
`{cost-card}` on any other page shows the cost of all chapters as a table. Figures of a GPU run
stand in `book/gpu_runs.json`: {chapter: {"seconds", "device", "command", "commit", "date"}}.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .reading_time import reading_minutes, reading_times
from .tables import page_link, table

COLAB = "https://colab.research.google.com/github"


def load(app: Sphinx, name: str) -> dict[str, Any]:
    """Return the JSON file `name` of the source folder, or nothing where a build has not made it."""
    path = Path(app.srcdir) / name
    return json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}


def duration(seconds: float) -> str:
    """Return seconds as a reader says them: `42 s`, `2 min 5 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def cpu_cost(run: dict[str, Any]) -> str:
    """Return one chapter's CPU time and memory as words."""
    memory = max(run["peak_mib"] / 1024, 0.1)
    return f"{duration(run['cpu_seconds'])} of CPU time, {memory:.1f} GiB of memory"


def gpu_cost(run: dict[str, Any]) -> str:
    """Return one chapter's recorded GPU time as words."""
    return f"{duration(run['seconds'])} on {run['device']} ({run['date']}, commit {run['commit']})"


def is_chapter(app: Sphinx, docname: str) -> bool:
    """Say whether the page `docname` is an executable notebook."""
    return app.env.doc2path(docname).endswith(".ipynb")


def reading_html(app: Sphinx, docname: str) -> str:
    """Return how long a chapter takes to read, with a link to each section, as HTML."""
    times = reading_times(app, docname)
    links = "; ".join(f'<a href="#{name}">{escape(title)}</a> {took}' for title, name, took in times)
    total = reading_minutes(app, docname)
    return f"<details><summary>about {total} minutes; section by section</summary>{links}.</details>"


def header_html(app: Sphinx, docname: str) -> str:
    """Return the links and the cost of chapter `docname` as HTML."""
    options = app.config.html_theme_options
    url, branch = options["repository_url"], options.get("repository_branch", "main")
    up = "../" * docname.count("/")
    links = [
        ("Download the notebook", f"{up}_sources/{docname}.ipynb", " download"),
        ("View the source", f"{url}/blob/{branch}/{docname}.ipynb", ""),
    ]
    if url.startswith("https://github.com/"):
        path = url.removeprefix("https://github.com/")
        links.insert(0, ("Open in Colab", f"{COLAB}/{path}/blob/{branch}/{docname}.ipynb", ""))
    buttons = "".join(f'<li><a href="{escape(href)}"{extra}>{text}</a></li>' for text, href, extra in links)
    run, gpu = load(app, "_build/seconds.json").get(docname), load(app, "book/gpu_runs.json").get(docname)
    costs = [("CPU", cpu_cost(run) if run else "not measured in this build; make book measures it")]
    if gpu:
        costs.append(("GPU", gpu_cost(gpu)))
    cost = "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in costs)
    cost = f"<div><dt>Reading</dt><dd>{reading_html(app, docname)}</dd></div>{cost}"
    buttons = f'<ul aria-label="Run this chapter">{buttons}</ul>'
    return f'<div class="chapter-header">{buttons}<dl>{cost}</dl></div>'


def insert_header(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Insert the header of a chapter under its title."""
    title = next(iter(doctree.findall(nodes.title)), None)
    if title is None or app.builder.format != "html" or not is_chapter(app, docname):
        return
    header = nodes.raw("", header_html(app, docname), format="html")
    title.parent.insert(title.parent.index(title) + 1, header)


class cost_table(nodes.General, nodes.Element):
    """Stands where the table of costs will be, once every page is read."""


class CostCard(SphinxDirective):
    """`{cost-card}`: what each chapter of the book costs to read and to run."""

    def run(self) -> list[nodes.Node]:
        """Return the placeholder; a chapter has its card under its title already."""
        return [] if is_chapter(self.env.app, self.env.docname) else [cost_table()]


def fill_tables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every placeholder by the table, with a column for the GPU if there is a record of one."""
    for place in list(doctree.findall(cost_table)):
        gpu, rows = load(app, "book/gpu_runs.json"), []
        for name, run in load(app, "_build/seconds.json").items():
            costs = [f"about {reading_minutes(app, name)} min", cpu_cost(run)]
            if gpu:
                costs.append(gpu_cost(gpu[name]) if name in gpu else "not recorded")
            rows.append([page_link(app, docname, name), *costs])
        headers = ["Chapter", "Reading", "CPU", *(["GPU"] if gpu else [])]
        place.replace_self(table(headers, rows, "costs", "What each chapter costs"))


def setup(app: Sphinx) -> None:
    """Register the directive and what fills the pages."""
    app.add_node(cost_table)
    app.add_directive("cost-card", CostCard)
    app.connect("doctree-resolved", insert_header)
    app.connect("doctree-resolved", fill_tables)
