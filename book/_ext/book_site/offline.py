"""Keep the site whole without a network: MathJax comes from a package, the repository from one place.

MathJax writes SVG, because its glyphs are then part of the script: Firefox refuses fonts from `file://`.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

MATHJAX_PACKAGE = "sphinx-mathjax-offline"
MATHJAX_FILES = ("tex-svg.js", "input/tex/extensions")


def mathjax_folder() -> Path:
    """Return the folder of the installed MathJax; raises ExtensionError where it is missing."""
    spec = find_spec(MATHJAX_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ExtensionError(f"{MATHJAX_PACKAGE} is not installed: pip install -r requirements.txt")
    return Path(next(iter(spec.submodule_search_locations))) / "static" / "mathjax"


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the few MathJax files that the pages ask for into the finished site."""
    if exception is not None or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX_FILES:
        copy_asset(source / name, (target / name) if (source / name).is_dir() else target)


def place_repository(app: Sphinx, config: Config) -> None:
    """Let BOOK_REPOSITORY_URL replace `repository.url`, and give the footer its links."""
    options = config.html_theme_options
    url = os.environ.get("BOOK_REPOSITORY_URL", options["repository_url"]).rstrip("/")
    options["repository_url"] = url
    options["extra_footer"] = (
        f'<p>Code: Apache-2.0. Text: CC BY-SA 4.0. <a href="{url}">Source of the book</a>, '
        f'<a href="{url}/issues">report a mistake</a>.</p>'
    )


def load_mathjax_for_mathematics(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take MathJax (2 MB) off the first page, which Sphinx gives it because pages below have equations."""
    if not app.env.get_domain("math").data["has_equations"].get(page):
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "mathjax" not in f"{script.filename} {script.attributes.get('body', '')}".lower()
        ]


def setup(app: Sphinx) -> None:
    """Connect the three functions above."""
    app.connect("config-inited", place_repository)
    app.connect("html-page-context", load_mathjax_for_mathematics, priority=900)
    app.connect("build-finished", copy_mathjax)
