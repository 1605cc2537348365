"""Build the book: `python -m tools.build`, which `make book` calls.

Every notebook of `_toc.yml` is executed once (tools/execute.py) into `_build/.jupyter_cache`; jupyter-book
then turns the cached results into `_build/html` with warnings as errors. Beside it stand
`_build/executed/NN_slug.ipynb` and `_build/seconds.json`: the scoreboard and the cost cards are made of them.
The exercises' pages and downloads are written on the way (tools/assignments.py); they are not executed here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import yaml
from jupyter_cache.base import JupyterCacheAbstract

from tools import assignments
from tools.execute import ChapterFailed, Run, chapters, open_cache, prepare_environment, run_chapter

ROOT = Path(__file__).resolve().parent.parent


# jupyter-book's first page is a bare redirection, for which browsers would ask for /favicon.ico.
HEAD = '<!doctype html>\n<html lang="en">\n<title>{title}</title>\n<link rel="icon" href="data:,">\n'


class BuildFailed(RuntimeError):
    """The site could not be built; the message says what to do."""


def step(number: int, text: str) -> None:
    """Print a numbered line of progress."""
    print(f"[{number}/5] {text}", flush=True)


def execute_all(root: Path, build: Path, cache: JupyterCacheAbstract) -> dict[str, tuple[Run, bool]]:
    """Execute (or take from the cache) every chapter; write `seconds.json`; return runs by chapter."""
    timeout = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["execute"]["timeout"]
    shutil.rmtree(build / "executed", ignore_errors=True)
    runs = {}
    for name in chapters(root):
        runs[name] = run_chapter(root, build, name, cache, timeout)
        if runs[name][1]:
            print(f"      {name}: {runs[name][0].code_cells} cells, unchanged since they ran", flush=True)
    seconds = {name: asdict(run) for name, (run, _) in runs.items()}
    (build / "seconds.json").write_text(json.dumps(seconds, indent=2) + "\n")
    return runs


def build_site(root: Path, build: Path, cache: JupyterCacheAbstract) -> None:
    """Let jupyter-book write `_build/html` from the cached results, warnings as errors.

    Raises BuildFailed on a warning, and when jupyter-book executed a notebook for a second time.
    """
    before = len(cache.list_cache_records())
    shutil.rmtree(build / "html", ignore_errors=True)
    book = Path(sys.executable).with_name("jupyter-book")  # of this environment, whatever PATH says
    command = [str(book), "build", ".", "--all", "-W", "-n", "--keep-going", "-q"]
    result = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True)
    if result.returncode or not (build / "html" / "index.html").is_file():
        raise BuildFailed("the site has warnings; they stand above, each with its file and line")
    index = build / "html" / "index.html"
    title = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["title"]
    index.write_text(HEAD.format(title=title) + index.read_text(encoding="utf8"), encoding="utf8")
    if len(cache.list_cache_records()) != before:
        raise BuildFailed(
            "jupyter-book executed a notebook again: its cache key differs from tools/execute.py's"
        )


def table(runs: dict[str, tuple[Run, bool]]) -> str:
    """Return the seconds, memory and cells of each chapter as text."""
    lines = [f"      {'chapter':32} {'cells':>5} {'seconds':>8} {'MiB':>6}"]
    for name, (run, cached) in runs.items():
        note = "   from the cache" if cached else ""
        lines.append(f"      {name:32} {run.code_cells:>5} {run.seconds:>8.1f} {run.peak_mib:>6}{note}")
    lines.append(
        f"      {'all':32} {sum(r.code_cells for r, _ in runs.values()):>5}"
        f" {sum(r.seconds for r, _ in runs.values()):>8.1f}"
    )
    return "\n".join(lines)


def main(root: Path = ROOT) -> int:
    """Build the book that lies in `root`; return the exit status."""
    start, build = time.perf_counter(), root / "_build"
    try:
        cache, state = open_cache(root, build)
        step(1, state)
        step(2, f"chapters: {len(chapters(root))}")
        prepare_environment(build)
        runs = execute_all(root, build, cache)
        step(3, f"exercises: {len(assignments.write(root))} assignments, with their pages")
        step(4, "site: jupyter-book, warnings as errors (10 to 30 s)")
        build_site(root, build, cache)
    except (ChapterFailed, assignments.AssignmentError, BuildFailed) as error:
        print(f"make book: {error}", file=sys.stderr)
        return 1
    step(5, f"done in {time.perf_counter() - start:.0f} s; what each chapter took when it ran:")
    print(table(runs))
    print(f"      the book: {build / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
