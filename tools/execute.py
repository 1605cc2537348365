"""Execute notebooks, several kernels at a time, and say what each took.

Every notebook runs in an empty folder of its own, as it does on Colab. A cell that fails, is left out or
writes to stderr stops the build with its message; nothing of that notebook is kept, so that it fails again on
the next run.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.cache import Run

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# CPU seconds of the kernel, of the processes that it has, and of those that any of them waited for; the
# kernel's largest memory in getrusage's unit.
PROBE = """\
import json, psutil, resource
_kernel = psutil.Process()
_used = [process.cpu_times() for process in (_kernel, *_kernel.children(recursive=True))]
_seconds = sum(u.user + u.system + u.children_user + u.children_system for u in _used)
print(json.dumps([_seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))"""


class ChapterFailed(RuntimeError):
    """A chapter did not run to its end; the message says which cell, what it says and why."""


@dataclass(frozen=True)
class Chapter:
    """A notebook to execute: its name without suffix (`notebooks/04_r1_zero`), and its cells."""

    name: str
    notebook: NotebookNode

    @property
    def cells(self) -> list[tuple[int, NotebookNode]]:
        """The code cells that hold something, each with its place among all cells."""
        numbered = enumerate(self.notebook.cells)
        return [(i, cell) for i, cell in numbered if cell.cell_type == "code" and cell.source.strip()]


def prepare_environment(build: Path) -> None:
    """Set what every kernel inherits: one thread each, no warning about TCP ports, fonts that are known.

    The user may have a kernel `python3` too, and may prefer it: ours is found first.

    matplotlib writes to stderr where it must look for the fonts first: they are looked for here.
    """
    profile = build / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
    os.environ.update(IPYTHONDIR=str(build / "ipython"), MPLCONFIGDIR=str(build / "matplotlib"))
    # the second and third are what macOS and MKL read instead
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", VECLIB_MAXIMUM_THREADS="1")
    ours, others = Path(sys.prefix, "share", "jupyter"), os.environ.get("JUPYTER_PATH", "")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(ours), others)))
    (build / "matplotlib").mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)


class Progress:
    """One line for all chapters that run: rewritten in a terminal, printed every ten seconds elsewhere."""

    def __init__(self) -> None:
        self.at: dict[str, str] = {}
        self.start = self.printed = time.perf_counter()
        self.live = sys.stdout.isatty()

    def show(self, name: str, done: int, total: int) -> None:
        """Say that `done` code cells of this chapter ran so far."""
        self.at[name] = f"{Path(name).name}: cell {done}/{total}"
        now = time.perf_counter()
        line = f"      {' · '.join(self.at.values())}, {now - self.start:.0f} s"
        if self.live:
            print(f"\r{line[: shutil.get_terminal_size().columns - 1]}\x1b[K", end="", flush=True)
        elif now - self.printed >= 10:
            self.printed = now
            print(line, flush=True)

    def end(self, name: str, line: str) -> None:
        """Print what became of this chapter on a line of its own."""
        self.at.pop(name, None)
        print(f"\r\x1b[K      {name}: {line}" if self.live else f"      {name}: {line}", flush=True)


def failure(name: str, number: int, index: int, source: str, reason: str) -> str:
    """Return the message of a cell that failed; cells count from 1, as in JupyterLab."""
    reason = reason if sys.stderr.isatty() else ANSI.sub("", reason)
    if source not in reason:  # nbclient quotes the cell of an exception, not that of a dead kernel
        reason = f"{reason}\n------------------\n{source}\n------------------"
    return (
        f"\n{name}.ipynb, code cell {number} (cell {index + 1} of all) failed.\n\n{reason.strip()}\n\n"
        "Mend the cell ('make lab' opens it); under '# sync:' mend the package, then 'make sync'."
    )


def stderr_of(cell: NotebookNode) -> str:
    """Return what the cell wrote to stderr."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")


@asynccontextmanager
async def kernel(client: NotebookClient, folder: Path) -> AsyncIterator[None]:
    """Start the client's kernel in `folder`; end it with its processes, at once where something failed.

    nbclient's own context takes Ctrl-C for itself, and would leave the kernel of another notebook running.
    """
    manager = client.create_kernel_manager()
    await client.async_start_new_kernel(cwd=str(folder))
    channels = await client.async_start_new_kernel_client()
    try:
        yield
    except BaseException:
        if await ensure_async(manager.is_alive()):
            await ensure_async(manager.signal_kernel(signal.SIGKILL))  # its whole process group
        raise
    finally:
        channels.stop_channels()
        await ensure_async(manager.shutdown_kernel())


async def run_cell(client: NotebookClient, chapter: Chapter, number: int) -> None:
    """Execute one code cell, `number` counted from 1. Raises ChapterFailed where it fails or warns."""
    index, cell = chapter.cells[number - 1]
    reason = ""
    try:
        await client.async_execute_cell(cell, index)
    except CellExecutionError as error:
        reason = error.traceback
    except (CellTimeoutError, DeadKernelError) as error:
        task = asyncio.current_task()
        if task and task.cancelling():  # nbclient takes being cancelled for the death of its kernel
            raise asyncio.CancelledError from None
        reason = str(error)
    if reason:
        raise ChapterFailed(failure(chapter.name, number, index, cell.source, reason))


def check(chapter: Chapter) -> None:
    """Raise ChapterFailed where a cell wrote to stderr, which the page would show, or was left out."""
    for number, (index, cell) in enumerate(chapter.cells, start=1):
        if text := stderr_of(cell):
            reason = f"It writes to stderr, and the page would show that:\n\n{text}"
            raise ChapterFailed(failure(chapter.name, number, index, cell.source, reason))
    counts = [cell.get("execution_count") for _, cell in chapter.cells]
    ran = sum(count is not None for count in counts)
    if ran != len(counts):
        raise ChapterFailed(
            f"{chapter.name}.ipynb: {ran} of {len(counts)} code cells ran; no cell may be skipped"
        )


async def measure(client: NotebookClient) -> tuple[float, int]:
    """Ask the live kernel for its CPU seconds and for the most memory that it held (MiB)."""
    probe = new_code_cell(PROBE)
    client.nb.cells.append(probe)
    await client.async_execute_cell(probe, len(client.nb.cells) - 1)
    client.nb.cells.pop()
    seconds, peak = json.loads(probe.outputs[0].text)
    return round(seconds, 1), round(peak / (2**20 if sys.platform == "darwin" else 2**10))  # bytes or KiB


async def run_notebook(chapter: Chapter, folder: Path, timeout: int, progress: Progress) -> Run:
    """Execute every code cell in place, in the empty `folder`, and return what it took.

    Raises ChapterFailed when a cell fails, warns, times out, kills its kernel or is left out, and when the
    notebook leaves a file behind.
    """
    name, total = chapter.name, len(chapter.cells)
    client = NotebookClient(
        chapter.notebook,
        timeout=timeout,
        store_widget_state=False,
        record_timing=False,  # else each cell's metadata, and with it the cache's key, would change
    )
    try:
        async with kernel(client, folder):
            for number in range(1, total + 1):
                progress.show(name, number - 1, total)
                await run_cell(client, chapter, number)
                if stderr_of(chapter.cells[number - 1][1]):
                    check(chapter)
            seconds, peak = await measure(client)
    except NoSuchKernel as error:
        raise ChapterFailed(
            f"{name}.ipynb asks for the kernel '{error.name}'; set its kernelspec to 'python3'"
        ) from None
    check(chapter)  # again: a thread may write after its cell
    if left := ", ".join(sorted(path.name for path in folder.iterdir())):
        raise ChapterFailed(f"{name}.ipynb leaves {left} behind: write into a temporary folder instead")
    chapter.notebook.metadata.pop("widgets", None)
    progress.end(name, f"{total} cells, {seconds:.1f} CPU s, {peak} MiB")
    return Run(code_cells=total, cpu_seconds=seconds, peak_mib=peak)


async def run_all(
    chapters: Sequence[Chapter],
    folder: Path,
    jobs: int,
    timeout: int,
    finished: Callable[[Chapter, Run], None],
) -> None:
    """Execute the chapters, `jobs` at a time, each in a folder of its own below `folder`.

    `finished` is called as each ends. The first that fails stops all.
    """
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted build left
    progress, free = Progress(), asyncio.Semaphore(jobs)

    async def one(chapter: Chapter) -> None:
        async with free:
            own = folder / Path(chapter.name).name
            own.mkdir(parents=True)
            try:
                run = await run_notebook(chapter, own, timeout, progress)
            except ChapterFailed:
                progress.end(chapter.name, "failed")
                raise
            finished(chapter, run)

    tasks = [asyncio.create_task(one(chapter)) for chapter in chapters]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
