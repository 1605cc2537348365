"""Results of notebooks in a jupyter-cache, each with what it depended on.

jupyter-cache finds a result by the code cells alone. So a file beside each result says what else it depended
on and what it took. That file is written last, in one step, and removed first: a result without it does
not count, however a build was interrupted.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.cache.db import NbCacheRecord
from nbformat import NotebookNode
from sqlalchemy.exc import SQLAlchemyError


@dataclass(frozen=True)
class Run:
    """What one execution of a chapter took: CPU seconds with its processes, MiB at the kernel's peak."""

    code_cells: int
    cpu_seconds: float
    peak_mib: int


@dataclass(frozen=True)
class Result:
    """What one execution took, and the ingredients that it was made of (tools/keys.py)."""

    run: Run
    ingredients: dict[str, str]


def write_atomically(path: Path, text: str) -> None:
    """Write a file in one step: another process sees the old text or the new one, never half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_text(text, encoding="utf8")
    draft.replace(path)


def open_cache(folder: Path) -> JupyterCacheAbstract:
    """Return the cache in `folder`, made anew where there is none or where it cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = get_cache(folder)
    try:
        cache.list_cache_records()
    except (SQLAlchemyError, RuntimeError):  # jupyter-cache turns some of the first into the second
        print(f"      {folder.name} cannot be read: dropped", flush=True)
        shutil.rmtree(folder)
        return open_cache(folder)
    return cache


def hash_of_cells(cache: JupyterCacheAbstract, notebook: NotebookNode) -> str:
    """Return jupyter-cache's own hash of the code cells and the kernel's name."""
    return str(cache.create_hashed_notebook(notebook)[1])


def last_result(cache: JupyterCacheAbstract, name: str) -> Result | None:
    """Return the result of chapter `name` that the cache holds, None where there is none that counts."""
    for record in _records(cache, name):
        path = _result_file(cache, record.hashkey)
        if path.is_file():
            stored = json.loads(path.read_text(encoding="utf8"))
            return Result(Run(**stored["run"]), stored["ingredients"])
    return None


def store(cache: JupyterCacheAbstract, name: str, notebook: NotebookNode, result: Result) -> None:
    """Keep an executed notebook as the only result of chapter `name`."""
    for record in _records(cache, name):
        _drop(cache, record.hashkey)
        NbCacheRecord.remove_record(record.pk, cache.db)
    _drop(cache, hash_of_cells(cache, notebook))  # what an interrupted build left of it
    data = {"execution_seconds": result.run.cpu_seconds}
    kept = cache.cache_notebook_bundle(CacheBundleIn(notebook, name, data=data), check_validity=False)
    write_atomically(_result_file(cache, kept.hashkey), json.dumps(asdict(result), indent=1))


def _drop(cache: JupyterCacheAbstract, hashkey: str) -> None:
    path = _result_file(cache, hashkey)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        shutil.rmtree(path.parent)


def _records(cache: JupyterCacheAbstract, name: str) -> list[NbCacheRecord]:
    return [record for record in cache.list_cache_records() if record.uri == name]


def _result_file(cache: JupyterCacheAbstract, hashkey: str) -> Path:
    return Path(cache.path) / "executed" / hashkey / "result.json"
