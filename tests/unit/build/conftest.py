"""Modules of the site's extension; runs without a kernel, which would add nothing but its start."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tools import build
from tools.cache import Run

EXTENSION = Path(__file__).resolve().parents[3] / "book" / "_ext"


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of the site's extension by its name."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    return lambda name: importlib.import_module(f"book_site.{name}")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count chapters as executed, without a kernel; a long cell takes long. Return their names in order."""
    names: list[str] = []

    async def mark(chapters, _folder, _jobs, _timeout, finished) -> None:
        for chapter in chapters:
            names.append(chapter.name.removeprefix("notebooks/"))
            for count, (_, cell) in enumerate(chapter.cells, start=1):
                cell.execution_count = count
            length = sum(len(cell.source) for _, cell in chapter.cells)
            finished(chapter, Run(len(chapter.cells), float(length), 1))

    monkeypatch.setattr(build, "run_all", mark)
    return names
