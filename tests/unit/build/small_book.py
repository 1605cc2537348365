"""A book of tiny chapters with a package of two modules, for the tests of the build."""

import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import build, cache

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
TITLE = "title: Trial\nrepository: {url: https://github.com/example/book}\nonly_build_toc_files: true\n"
EXECUTE = "execute: {execute_notebooks: cache, cache: _build/.jupyter_cache, timeout: 60}\n"
# A package that can be built, and whose version the notebooks can name.
PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "deepseek-book-utils"
dynamic = ["version"]
[tool.setuptools.dynamic]
version = { attr = "deepseek_book_utils.__version__" }
"""
FILES = {
    "_config.yml": TITLE + EXECUTE,
    "pyproject.toml": PYPROJECT,
    "README.md": "",
    "LICENSE": "",
    "book/preface.md": "# Preface\n",
    "deepseek_book_utils/__init__.py": '__version__ = "1.2.0"\n',
    "deepseek_book_utils/part.py": "x = 1\n",
    "deepseek_book_utils/other.py": "y = 1\n",
}
BUILD = "import sys, pathlib, tools.build; sys.exit(tools.build.main([], pathlib.Path(sys.argv[1])))"


def command(root: Path) -> list[str]:
    """What builds the book in `root` as `make book` does, in a process of its own."""
    return [sys.executable, "-c", BUILD, str(root)]


def book(root: Path, *cells: str, name: str = "01_trial") -> Path:
    """Write a chapter of these code cells into the book in `root`, made where there is none; return it."""
    for path, text in FILES.items():
        if not (root / path).exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
    (root / "notebooks").mkdir(exist_ok=True)
    notebook = new_notebook(cells=[new_markdown_cell("# Trial"), *map(new_code_cell, cells)], metadata=KERNEL)
    nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")
    files = "".join(f"  - file: notebooks/{p.stem}\n" for p in sorted((root / "notebooks").glob("*.ipynb")))
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/preface\nchapters:\n{files}")
    return root


def run_all(root: Path, jobs: int = 2) -> dict[str, tuple[cache.Run, bool]]:
    """Execute the book's chapters as the build does: what each took, and whether the cache had it."""
    opened = cache.open_cache(root / "_build" / ".jupyter_cache")
    return build.execute_all(root, root / "_build", opened, jobs)


def run(root: Path) -> tuple[cache.Run, bool]:
    """Execute a book of one chapter."""
    return run_all(root)["notebooks/01_trial"]


def executed(root: Path, name: str = "01_trial") -> nbformat.NotebookNode:
    """The executed notebook of a chapter."""
    return nbformat.read(root / "_build" / "executed" / f"{name}.ipynb", as_version=4)
