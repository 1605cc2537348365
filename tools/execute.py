"""Execute the book's notebooks once each and keep the results in a jupyter-cache.

jupyter-cache finds a notebook by its code cells alone. A result also depends on the package, on data files
and on the installed versions, so the whole cache is dropped when any of those changed. A failing notebook is
never cached: it fails again on the next run. Left out: two notebooks at once, as chapters measure seconds.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

# Settings of the reader's environment that change what a chapter computes.
ENVIRONMENT = ("DEEPSEEK_BOOK_DEVICE", "DEEPSEEK_BOOK_SCALE")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class ChapterFailed(RuntimeError):
    """A chapter did not run to its end; the message says which cell, what it says and why."""


@dataclass(frozen=True)
class Run:
    """What one execution of a chapter took: seconds of wall clock, MiB of memory at the kernel's peak."""

    code_cells: int
    seconds: float
    peak_mib: int


def chapters(root: Path) -> list[str]:
    """Return the notebooks of `_toc.yml` in reading order, without suffix (`notebooks/04_r1_zero`)."""

    def files(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("root", "file"):
                    yield value.removesuffix(".ipynb")
                else:
                    yield from files(value)
        elif isinstance(node, list):
            for item in node:
                yield from files(item)

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf8"))
    return [name for name in files(toc) if (root / f"{name}.ipynb").is_file()]


def source_files(root: Path) -> list[Path]:
    """Return the files, besides notebooks, that a chapter's result depends on: package, data, versions."""
    found = [root / "requirements.txt", root / "pyproject.toml"]
    for folder in ("deepseek_book_utils", "notebooks"):
        for path in (root / folder).rglob("*"):
            hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
            if path.is_file() and path.suffix != ".ipynb" and not hidden:
                found.append(path)
    return sorted(found)


def source_key(root: Path) -> str:
    """Return a hash of everything, besides its own cells, that a chapter's result depends on."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n".encode())
    for name in ENVIRONMENT:
        digest.update(f"{name}={os.environ.get(name, '')}\n".encode())
    for path in source_files(root):
        digest.update(f"{path.relative_to(root)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def open_cache(root: Path, build: Path) -> tuple[JupyterCacheAbstract, str]:
    """Return the execution cache and a line on its state, dropping it when `source_key` changed."""
    folder, key_file = build / ".jupyter_cache", build / ".source_key"
    key = source_key(root)
    state = "execution cache found"
    if not folder.is_dir():
        state = "no execution cache yet"
    elif not key_file.is_file() or key_file.read_text() != key:
        shutil.rmtree(folder)
        state = "package, data or requirements changed: execution cache dropped"
    folder.mkdir(parents=True, exist_ok=True)
    cache = get_cache(folder)
    key_file.write_text(key)
    return cache, state


def prepare_environment(build: Path) -> None:
    """Set what every kernel inherits: one thread each, and no warning about ipykernel's TCP ports."""
    profile = build / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
    os.environ.update(IPYTHONDIR=str(build / "ipython"), OMP_NUM_THREADS="1")
    # what macOS and MKL read instead
    os.environ.update(MKL_NUM_THREADS="1", VECLIB_MAXIMUM_THREADS="1")


class Progress:
    """One line a chapter: rewritten in a terminal, printed every ten seconds elsewhere."""

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total, self.start = name, total, time.perf_counter()
        self.live, self.printed = sys.stdout.isatty(), 0.0

    def show(self, done: int, *, last: bool = False) -> None:
        """Say that `done` code cells ran so far."""
        seconds = time.perf_counter() - self.start
        line = f"      {self.name}: cell {done}/{self.total}, {seconds:.0f} s"
        if self.live:
            print(f"\r{line}", end="\n" if last else "", flush=True)
        elif last or seconds - self.printed >= 10:
            self.printed = seconds
            print(line, flush=True)


def failure(name: str, number: int, index: int, source: str, reason: str) -> str:
    """Return the message of a cell that failed; cells count from 1, as in JupyterLab."""
    reason = reason if sys.stderr.isatty() else ANSI.sub("", reason)
    if source not in reason:  # nbclient quotes the cell of an exception, not that of a dead kernel
        reason = f"{reason}\n------------------\n{source}\n------------------"
    return (
        f"\n{name}.ipynb, code cell {number} (cell {index + 1} of all) failed.\n\n{reason.strip()}\n\n"
        "Mend the cell ('make lab' opens it); under '# sync:' mend the package, then 'make sync'."
    )


def kernel_peak_mib(client: NotebookClient) -> int:
    """Ask the live kernel for the largest amount of memory it held so far (MiB)."""
    probe = new_code_cell("print(__import__('resource').getrusage(0).ru_maxrss)")
    client.nb.cells.append(probe)
    client.execute_cell(probe, len(client.nb.cells) - 1)
    client.nb.cells.pop()
    peak = int(probe.outputs[0].text)
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))  # bytes on macOS, KiB on Linux


def run_notebook(notebook: NotebookNode, name: str, folder: Path, timeout: int) -> Run:
    """Execute every code cell of `notebook` in place, in `folder`, and return what it took.

    Raises ChapterFailed when a cell fails, times out, kills its kernel or is left out.
    """
    cells = [
        (i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()
    ]
    progress = Progress(name, len(cells))
    client = NotebookClient(
        notebook,
        timeout=timeout,
        store_widget_state=False,
        record_timing=False,  # else each cell's metadata, and with it the cache's key, would change
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        with client.setup_kernel():
            for done, (index, cell) in enumerate(cells):
                progress.show(done)
                try:
                    client.execute_cell(cell, index)
                except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                    progress.show(done, last=True)
                    reason = error.traceback if isinstance(error, CellExecutionError) else str(error)
                    raise ChapterFailed(failure(name, done + 1, index, cell.source, reason)) from None
            seconds, peak = time.perf_counter() - progress.start, kernel_peak_mib(client)
    except NoSuchKernel as error:
        raise ChapterFailed(
            f"{name}.ipynb asks for the kernel '{error.name}'; set its kernelspec to 'python3'"
        ) from None
    executed = sum(cell.get("execution_count") is not None for _, cell in cells)
    if executed != len(cells):
        raise ChapterFailed(
            f"{name}.ipynb: {executed} of {len(cells)} code cells ran; no cell may be skipped"
        )
    progress.show(len(cells), last=True)
    notebook.metadata.pop("widgets", None)
    return Run(code_cells=len(cells), seconds=round(seconds, 1), peak_mib=peak)


def run_chapter(
    root: Path, build: Path, name: str, cache: JupyterCacheAbstract, timeout: int
) -> tuple[Run, bool]:
    """Return what chapter `name` took and whether that came from the cache; write `_build/executed/`."""
    path = root / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    try:
        record = cache.match_cache_notebook(notebook)
    except KeyError:
        record = None
    if record is None or "run" not in record.data:  # never run, or run by a bare `jupyter-book build`
        before = set(source_files(root))
        run, cached = run_notebook(notebook, name, path.parent, timeout), False
        left = ", ".join(str(path.relative_to(root)) for path in set(source_files(root)) - before)
        if left:  # the next build would take them for data that changed
            raise ChapterFailed(f"{name}.ipynb leaves {left} behind: write into a temporary folder instead")
        bundle = CacheBundleIn(
            notebook, str(path), data={"execution_seconds": run.seconds, "run": asdict(run)}
        )
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    else:
        run, cached = Run(**record.data["run"]), True
        _, notebook = cache.merge_match_into_notebook(notebook)
    executed = build / "executed" / path.name
    executed.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, executed)
    return run, cached
