"""What a notebook's result depends on, and what of it changed since the notebook ran.

The ingredients are named one by one, so that a build can say why it runs a notebook again. Left out: what
the distributions that the code imports require in their turn.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from nbformat import NotebookNode

from tools.closure import closure_of
from tools.package import imported

# Settings of the reader's environment that change what a chapter computes.
ENVIRONMENT = ("DEEPSEEK_BOOK_DEVICE", "DEEPSEEK_BOOK_SCALE")
KERNEL = ("ipykernel", "ipython", "matplotlib-inline")  # they run the cells and turn plots into pictures
RUNNER = "tools/execute.py"
CELLS = "its code cells"


def ingredients(root: Path, path: Path, notebook: NotebookNode, cells: str) -> dict[str, str]:
    """Return name -> hash or version of everything that the result of the notebook at `path` depends on.

    `cells` is the hash of the code cells. Raises SyncError where the source names a file that is not there.
    """
    files = [file for file in closure_of(path, root) if file != path.resolve()]
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    sources += [file.read_text(encoding="utf8") for file in files if file.suffix == ".py"]
    runner = root / RUNNER
    found = {CELLS: cells, "Python": f"{platform.python_version()} {sys.platform} {platform.machine()}"}
    found |= {name: os.environ.get(name, "") for name in ENVIRONMENT}
    found |= {name: metadata.version(name) for name in distributions(sources)}
    for file in [*files, *([runner] if runner.is_file() else [])]:
        name = file.relative_to(root.resolve()).as_posix()
        found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def distributions(sources: Iterable[str]) -> list[str]:
    """Return the installed distributions that these sources import, and those that run a notebook."""
    roots = {name for source in sources for name in _imported_roots(source)}
    found = {name for module in roots for name in _owners().get(module, [])}
    return sorted({*found, *KERNEL})


@cache
def _owners() -> Mapping[str, list[str]]:
    """Return module -> the distributions that bring it, this book's own package left out."""
    return {
        module: [name for name in names if name != "deepseek-book-utils"]
        for module, names in metadata.packages_distributions().items()
    }


def _imported_roots(source: str) -> Iterator[str]:
    """Yield the first part of every dotted name that this source imports, in functions too."""
    for _, target in imported(ast.walk(ast.parse(source))):
        yield target.split(".")[0]


def reason(before: Mapping[str, str] | None, now: Mapping[str, str]) -> str:
    """Return why a notebook must run, as in `rl/policy/trpo.py changed`; "" where nothing changed.

    `before` holds the ingredients of its last run, None where there was none.
    """
    if before is None:
        return "never run"
    names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    changes = [_change(name, before.get(name), now.get(name)) for name in names]
    more = [f"{len(changes) - 3} more"] if len(changes) > 3 else []
    return ", ".join([*changes[:3], *more])


def _change(name: str, before: str | None, now: str | None) -> str:
    """Return one change in words."""
    if name == CELLS or "/" in name:
        name = name.removeprefix("deepseek_book_utils/")
        return f"{name} {'new' if before is None else 'gone' if now is None else 'changed'}"
    return f"{name} {before or 'none'} -> {now or 'none'}"
