"""The package as a wheel, and notebooks whose set-up cell installs a wheel that stands beside the site."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from tools.package import Package
from tools.sync import release_source

BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


class WheelFailed(RuntimeError):
    """The package cannot be built; the message holds what setuptools said."""


def build_wheel(root: Path, folder: Path) -> Path:
    """Build the package of `root` into `folder`, from a copy, so that the checkout stays clean."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, copy)
        hidden = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / "deepseek_book_utils", Path(copy) / "deepseek_book_utils", ignore=hidden)
        command = [sys.executable, "-c", BUILD, str(folder.resolve())]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    if done.returncode:
        raise WheelFailed(f"the package cannot be built. Fix: mend pyproject.toml.\n{done.stderr}")
    [wheel] = folder.glob("*.whl")
    return wheel


def install_from(address: str, folder: Path, root: Path) -> int:
    """Let the set-up cell of every notebook below `folder` install `address`; return how many have one."""
    released, count = release_source(Package(root / "deepseek_book_utils"), root), 0
    for path in folder.rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.source.startswith("# sync: setup"):
                cell.source = cell.source.replace(released, address)
                count += address in cell.source
        nbformat.write(notebook, path)
    return count
