"""Build the book: `python -m tools.build`, which `make book` calls.

Every notebook of `_toc.yml` whose ingredients changed (tools/keys.py) is executed (tools/execute.py) into
`_build/.jupyter_cache`; jupyter-book then turns the results into `_build/html` with warnings as errors.
Beside it stand `_build/executed/NN_slug.ipynb` and `_build/seconds.json`: the scoreboard and the cost cards
are made of them. The exercises' pages and downloads are written on the way (tools/assignments.py), and the
package's wheel into `_build/html/wheels`. With BOOK_SITE_URL, the address at which the site will stand,
every notebook that is downloaded from it installs that wheel. One build at a time works in a checkout.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupyter_cache.base import JupyterCacheAbstract

from tools import assignments
from tools.cache import Result, Run, hash_of_cells, last_result, open_cache, store, write_atomically
from tools.execute import Chapter, ChapterFailed, prepare_environment, run_all
from tools.keys import ingredients, reason
from tools.made_of import made_of
from tools.package import SyncError
from tools.wheel import WheelFailed, build_wheel, install_from

ROOT = Path(__file__).resolve().parent.parent
# What a chapter may cost: a notebook's CPU seconds and MiB, its page's kB of HTML.
BUDGET = {"CPU s": 120, "MiB": 1229, "page kB": 1000}

# Several chapters start from one base. They wait for it, so that its time is no chapter's own.
BASE = "deepseek_book_utils/reasoning/pretrained.py"
MAKE_BASE = """\
import time
from deepseek_book_utils.reasoning.instructions import GeneralSettings
from deepseek_book_utils.reasoning.pretrained import pretrained_base
pretrained_base(0, general=GeneralSettings())
print(f"      the base that chapters share: {time.process_time():.1f} CPU s", flush=True)"""

# What the pages are made of; a chapter's results and what they took stand in `_build`.
SITE_FOLDERS = ("book", "notebooks", "deepseek_book_utils", "tools", "benchmarks", "_build/executed")
SITE_FILES = ("_config.yml", "_toc.yml", "pyproject.toml", "requirements.txt", "_build/seconds.json")

# jupyter-book's first page is a bare redirection, for which browsers would ask for /favicon.ico.
HEAD = '<!doctype html>\n<html lang="en">\n<title>{title}</title>\n<link rel="icon" href="data:,">\n'


class BuildFailed(RuntimeError):
    """The site could not be built; the message says what to do."""


def step(number: int, text: str) -> None:
    """Print a numbered line of progress."""
    print(f"[{number}/5] {text}", flush=True)


@contextmanager
def only_build(build: Path) -> Iterator[int]:
    """Hold the checkout's lock, waiting for another build that has it; yield the lock's file descriptor.

    The system gives the lock back when a build ends, also when it is killed.
    """
    build.mkdir(exist_ok=True)
    with (build / ".lock").open("a+", encoding="utf8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            print(f"another `make book` (process {lock.read()}) builds in this folder: waiting for it to end")
            sys.stdout.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock.fileno()


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


@contextmanager
def shared_base(root: Path, wanted: bool) -> Iterator[None]:
    """Make the shared base, where there is none yet, beside what runs inside. Raises ChapterFailed."""
    if not wanted:
        yield
        return
    maker = subprocess.Popen([sys.executable, "-c", MAKE_BASE], cwd=root)
    try:
        yield
        if maker.wait():
            raise ChapterFailed(f"the base that chapters share could not be made: {BASE} says why above")
    finally:
        maker.kill()
        maker.wait()


def execute_all(
    root: Path, build: Path, cache: JupyterCacheAbstract, jobs: int = 2
) -> dict[str, tuple[Run, bool]]:
    """Execute the chapters that changed, `jobs` at a time; write their results and `seconds.json`.

    Returns for every chapter what it took, and whether that came from the cache.
    """
    timeout = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["execute"]["timeout"]
    names, keys, cached, to_run = chapters(root), {}, set(), []
    for name in names:
        path = root / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        keys[name] = ingredients(root, path, notebook, hash_of_cells(cache, notebook))
        last = last_result(cache, name)
        why = reason(last.ingredients if last else None, keys[name])
        print(f"      {name}: {f'runs: {why}' if why else 'unchanged since it ran'}", flush=True)
        if why:
            before = last.run.cpu_seconds if last else math.inf
            to_run.append((before, Chapter(name, notebook)))
        else:
            cached.add(name)

    def finished(chapter: Chapter, run: Run) -> None:
        store(cache, chapter.name, chapter.notebook, Result(run, keys[chapter.name]))

    # the longest first, so that no long one is left to run alone; an unknown one may be long
    longest_first = [chapter for _, chapter in sorted(to_run, key=lambda pair: pair[0], reverse=True)]
    with shared_base(root, any(BASE in keys[chapter.name] for chapter in longest_first)):
        asyncio.run(run_all(longest_first, build / "run", jobs, timeout, finished))
    shutil.rmtree(build / "executed", ignore_errors=True)
    return {name: (write_result(root, build, cache, name), name in cached) for name in names}


def write_result(root: Path, build: Path, cache: JupyterCacheAbstract, name: str) -> Run:
    """Write the executed notebook of chapter `name` into `_build/executed`; return what it took."""
    path = root / f"{name}.ipynb"
    result = last_result(cache, name)
    if result is None:
        raise BuildFailed(f"{name} ran and is not in the cache: two chapters have the same code cells")
    _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
    executed = build / "executed" / path.name
    executed.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(executed, nbformat.writes(notebook))
    return result.run


def site_key(root: Path) -> str:
    """Return a hash of every file that the site is made of, and of the settings that change it."""
    names = ("BOOK_SITE_URL", "BOOK_REPOSITORY_URL")
    settings = [f"{name}={os.environ.get(name, '')}" for name in names]
    return made_of(root, SITE_FOLDERS, SITE_FILES, settings)


def build_site(root: Path, build: Path, cache: JupyterCacheAbstract, lock: int) -> None:
    """Let jupyter-book write `_build/html` from the cached results, warnings as errors.

    jupyter-book inherits the lock: where this process is killed, the next build waits for jupyter-book's end.
    Raises BuildFailed on a warning, and when jupyter-book executed a notebook for a second time.
    """
    before = len(cache.list_cache_records())
    shutil.rmtree(build / "html", ignore_errors=True)
    book = Path(sys.executable).with_name("jupyter-book")  # of this environment, whatever PATH says
    command = [str(book), "build", ".", "--all", "-W", "-n", "--keep-going", "-q"]
    result = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, pass_fds=(lock,))
    if result.returncode or not (build / "html" / "index.html").is_file():
        raise BuildFailed("the site has warnings; they stand above, each with its file and line")
    index = build / "html" / "index.html"
    title = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["title"]
    index.write_text(HEAD.format(title=title) + index.read_text(encoding="utf8"), encoding="utf8")
    if len(cache.list_cache_records()) != before:
        raise BuildFailed(
            "jupyter-book executed a notebook again: its cache key differs from tools/execute.py's"
        )


def address_of_wheel(build: Path, site_url: str) -> str:
    """Return what pip installs: the package's wheel, beside the site at `site_url`."""
    [wheel] = (build / "wheel").glob("*.whl")
    return f"deepseek-book-utils @ {site_url.rstrip('/')}/wheels/{wheel.name}"


def build_pages(root: Path, build: Path, cache: JupyterCacheAbstract, site_url: str, lock: int) -> None:
    """Write the site with the package's wheel, and where the site will stand into its downloads."""
    shutil.rmtree(build / "wheel", ignore_errors=True)  # of another release
    wheel = build_wheel(root, build / "wheel")
    step(3, "site: jupyter-book, warnings as errors (10 to 40 s)")
    build_site(root, build, cache, lock)
    shutil.copytree(wheel.parent, build / "html" / "wheels")
    if site_url:
        install_from(address_of_wheel(build, site_url), build / "html" / "_sources", root)
    step(4, f"package: {wheel.name}, for {site_url or 'nobody: no BOOK_SITE_URL'}")


def costs(build: Path) -> dict[str, dict[str, float]]:
    """Return for each chapter what it takes of each part of BUDGET, from `seconds.json` and its page."""
    runs = json.loads((build / "seconds.json").read_text(encoding="utf8"))
    sizes = {name: (build / "html" / f"{name}.html").stat().st_size / 1000 for name in runs}
    return {
        name: dict(zip(BUDGET, (run["cpu_seconds"], run["peak_mib"], sizes[name]), strict=True))
        for name, run in runs.items()
    }


def table(found: dict[str, dict[str, float]]) -> str:
    """Return what `costs` found as text; a star marks what is over its budget."""
    lines = [f"      {'chapter':32}" + "".join(f" {part:>9}" for part in BUDGET)]
    for name, cost in found.items():
        marks = ("*" if cost[part] > most else " " for part, most in BUDGET.items())
        cells = "".join(f" {cost[part]:>8.0f}{mark}" for part, mark in zip(BUDGET, marks, strict=True))
        lines.append(f"      {name:32}{cells}")
    lines.append(f"      {'budget of each':32}" + "".join(f" {most:>8} " for most in BUDGET.values()))
    return "\n".join(lines)


def build_book(root: Path, build: Path, jobs: int, site_url: str, lock: int) -> None:
    """Do the five steps, and say what each does. Raises what a step raises."""
    start = time.perf_counter()
    step(1, f"chapters: {len(chapters(root))}, {jobs} at a time")
    prepare_environment(build)
    cache = open_cache(build / ".jupyter_cache")
    runs = execute_all(root, build, cache, jobs)
    seconds = {name: asdict(run) for name, (run, _) in runs.items()}
    write_atomically(build / "seconds.json", json.dumps(seconds, indent=2) + "\n")
    step(2, f"exercises: {len(assignments.write(root))} assignments, with their pages")
    key, made = site_key(root), build / "html" / "made-of.txt"
    if made.is_file() and made.read_text(encoding="utf8") == key:
        step(3, "site and package: unchanged since they were made")
    else:
        build_pages(root, build, cache, site_url, lock)
        write_atomically(made, key)
    if site_url:
        install_from(address_of_wheel(build, site_url), build / "assignments", root)
    step(5, f"done in {time.perf_counter() - start:.0f} s; what each chapter takes:")
    print(table(costs(build)))
    print(f"      the book: {build / 'html' / 'index.html'}")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="notebooks that run at a time")
    jobs, build = parser.parse_args(arguments).jobs, root / "_build"
    try:
        with only_build(build) as lock:
            build_book(root, build, jobs, os.environ.get("BOOK_SITE_URL", ""), lock)
    except (ChapterFailed, assignments.AssignmentError, SyncError, WheelFailed, BuildFailed) as error:
        print(f"make book: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("make book: stopped; the chapters that had ended are kept", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
