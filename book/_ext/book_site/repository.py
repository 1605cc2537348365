"""The repository's address, from one place, and the footer's links to it."""

from __future__ import annotations

import os

from sphinx.application import Sphinx
from sphinx.config import Config


def place_repository(app: Sphinx, config: Config) -> None:
    """Let BOOK_REPOSITORY_URL replace `repository.url`, and give the footer its links."""
    options = config.html_theme_options
    url = os.environ.get("BOOK_REPOSITORY_URL", options["repository_url"]).rstrip("/")
    options["repository_url"] = url
    options["extra_footer"] = (
        f'<p>Code: Apache-2.0. Text: CC BY-SA 4.0. <a href="{url}">Source of the book</a>, '
        f'<a href="{url}/issues">report a mistake</a>.</p>'
    )


def setup(app: Sphinx) -> None:
    """Connect the function above."""
    app.connect("config-inited", place_repository)
