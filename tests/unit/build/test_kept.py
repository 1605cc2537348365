"""What the build reads once, however often it asks."""

import importlib
from pathlib import Path
from types import SimpleNamespace

import pybtex.plugin
import pytest

EXTENSION = Path(__file__).resolve().parents[3] / "book" / "_ext"


def test_a_page_is_read_once_in_each_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXTENSION))
    kept = importlib.import_module("book_site.kept")
    read: list[str] = []

    class Environment:
        def get_doctree(self, docname: str) -> object:
            read.append(docname)
            return object()

    first, second = (SimpleNamespace(env=Environment()) for _ in range(2))
    one = kept.page_tree(first, "a")
    assert kept.page_tree(first, "a") is one and kept.page_tree(first, "b") is not one
    assert kept.page_tree(second, "a") is not one and read == ["a", "b", "a"]


def test_a_citation_searches_no_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXTENSION))
    importlib.import_module("book_site.kept").setup(None)
    monkeypatch.setattr(pybtex.plugin, "entry_points", lambda **_: pytest.fail("all packages are searched"))
    found = pybtex.plugin.find_plugin("pybtex.backends", "plaintext")
    assert found.__name__ == "Backend" and found.__module__ == "pybtex.backends.plaintext"
