"""`make check`: style, types, directions of imports, synced cells, notebooks that hide nothing."""

import ast
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from tools.sync import ROOT, Problem, SyncError, name_of, notebooks_in, read_notebook
from tools.sync import main as sync

# Tags and comments with which a failing cell would pass.
HIDING_TAGS = {"raises-exception", "skip-execution", "nbval-skip", "nbval-raises-exception"}
HIDING_COMMENTS = ("NBVAL_SKIP", "NBVAL_RAISES_EXCEPTION")
# What IPython turns `!command`, `%magic` and `%%magic` into.
SHELL_AND_MAGIC = {"system", "getoutput", "run_line_magic", "run_cell_magic"}


def notebook_problems(path: Path, root: Path) -> list[Problem]:
    """Stored outputs, counts and widget state, missing ids, and all that swallows the error of a cell."""
    name = name_of(path, root)
    try:
        notebook = read_notebook(path)
    except SyncError as error:
        return [Problem(name, 0, str(error))]
    found: list[tuple[int, str]] = []
    if "widgets" in notebook.metadata:
        found.append((0, "stores the state of widgets. Fix: `make sync`."))
    if notebook.nbformat_minor < 5:
        found.append((0, "is in a format without cell ids. Fix: `make sync`."))
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            if cell.outputs or cell.execution_count is not None:
                found.append((number, "stores outputs or an execution count. Fix: `make sync`."))
            found += [(number, message) for message in swallows(cell.source, cell.metadata.get("tags", []))]
    return [Problem(name, number, message) for number, message in found]


def swallows(source: str, tags: list[str]) -> list[str]:
    """What in this code cell would let an error pass unseen, or keep the cell from being run."""
    hiding = [f"the tag {tag}" for tag in sorted(HIDING_TAGS & set(tags))]
    hiding += [f"the comment {comment}" for comment in HIDING_COMMENTS if comment in source]
    found = [f"has {mark}. Fix: remove it; show an error with try/except." for mark in hiding]
    try:
        tree = ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError as error:
        return [*found, f"is not Python: {error}. Fix: mend the cell."]
    magic = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in SHELL_AND_MAGIC and _is_ipython(node.value)
    ]
    if magic:
        found.append(
            "uses a magic (`%`, `%%`) or a shell line (`!`), under which an error passes unseen. "
            "Fix: write plain Python; for a command `subprocess.run([...], check=True)`."
        )
    return found


def _is_ipython(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"


def check_notebooks(root: Path = ROOT) -> int:
    """Prints the problems of all notebooks; returns the exit status."""
    paths = notebooks_in(root)
    problems = [problem for path in paths for problem in notebook_problems(path, root)]
    for problem in problems:
        print(f"check: {problem}", file=sys.stderr)
    if not problems:
        print(f"check: {len(paths)} notebooks store no outputs and hide no errors")
    return 1 if problems else 0


def _tool(*command: str) -> Callable[[], int]:
    return lambda: subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode


def _imports() -> int:
    """import-linter with the contracts of pyproject.toml, on the package of this checkout."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return done.returncode


STEPS: list[tuple[str, Callable[[], int], str]] = [
    ("style", _tool("ruff", "check"), "`make format` mends most of it; the rest is named above."),
    ("layout", _tool("ruff", "format", "--check"), "`make format`."),
    ("types", _tool("mypy", "-n", "2"), "correct the lines named above."),
    (
        "what may import what",
        _imports,
        "drop the import named above, or give a new module its layer in pyproject.toml.",
    ),
    ("cells in step with the package", lambda: sync(["--check"]), "`make sync`, then what is named above."),
    ("notebooks", check_notebooks, "what is named above."),
]


def main() -> int:
    """Runs the steps in order and stops at the first that fails; returns the exit status."""
    for number, (title, step, fix) in enumerate(STEPS, start=1):
        print(f"check {number}/{len(STEPS)}: {title}", flush=True)
        start = time.perf_counter()
        if step() != 0:
            print(f"\ncheck: {title} failed. Fix: {fix}", file=sys.stderr)
            return 1
        print(f"check {number}/{len(STEPS)}: {title}, {time.perf_counter() - start:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
