"""What the build asks for again and again, and reads once: a page, and a plugin of the citations."""

from __future__ import annotations

from functools import cache

from docutils import nodes
from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


@cache
def _read(env: BuildEnvironment, docname: str) -> nodes.document:
    return env.get_doctree(docname)


def page_tree(app: Sphinx, docname: str) -> nodes.document:
    """Return a page as it was read, once every page is read. All get the same tree: do not change it."""
    return _read(app.env, docname)


def setup(app: Sphinx) -> None:
    """Keep the plugin that each citation looks up among all packages that are installed."""
    group, name = "pybtex.backends", "plaintext"
    register_plugin(group, name, find_plugin(group, name), force=True)
