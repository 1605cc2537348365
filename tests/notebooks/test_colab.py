"""Each notebook alone in an empty folder, with Colab's versions and the book's wheel, cell by cell.

`make book` runs the chapters in the book's environment; this is the second run of each, and the last.
"""

import json
import math
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat import NotebookNode

from tests.notebooks.conftest import make_runtime
from tools import assignments
from tools.build import chapters
from tools.exercise_source import id_of
from tools.sync import ROOT

SECONDS = 1800
pytestmark = pytest.mark.timeout(0)  # each command has SECONDS
NBVAL = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "--nbval-lax"]
NBVAL += ["--nbval-cell-timeout=600"]
EXECUTE = ["-c", "from nbclient.cli import main; main()", "--inplace", "--allow-errors", "--timeout=600"]
TOOK = ROOT / "_build" / "seconds.json"  # what the chapters took in `make book`


def longest_first() -> list[Path]:
    """The chapters, so that no long one is left to run alone."""
    took = json.loads(TOOK.read_text(encoding="utf8")) if TOOK.is_file() else {}
    names = sorted(chapters(ROOT), key=lambda name: -took.get(name, {}).get("cpu_seconds", math.inf))
    return [ROOT / f"{name}.ipynb" for name in names]


CHAPTERS = longest_first()
EXERCISES = sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb"))
# From the wheel, not from the repository.
INSIDE = "import sys\nimport deepseek_book_utils\nassert deepseek_book_utils.__file__.startswith(sys.prefix)"


def test_the_wheel_carries_every_source_and_data_file(wheel: Path) -> None:
    package = ROOT / "deepseek_book_utils"
    wanted = [path for path in package.rglob("*") if path.suffix in (".py", ".js", ".css", ".json")]
    listed = zipfile.ZipFile(wheel).namelist()
    missing = [path.name for path in wanted if path.relative_to(ROOT).as_posix() not in listed]
    assert wanted and not missing, f"not in the wheel: {missing}. Fix: package-data in pyproject.toml"


@pytest.fixture
def alone(tmp_path: Path, colab: dict[str, str], request: pytest.FixtureRequest) -> Callable[..., str]:
    """A function that runs a command on a notebook in an empty folder; it returns what the command says.

    The chapters install the package, each in a runtime of its own. The exercises have the same set-up cell
    and find it `installed`.
    """

    def run(
        notebook: NotebookNode, name: str, *command: str, status: int = 0, installed: bool = False
    ) -> str:
        folder = tmp_path / "alone"
        folder.mkdir()
        nbformat.write(notebook, folder / name)
        python = request.getfixturevalue("furnished") if installed else make_runtime(tmp_path / "venv")
        done = subprocess.run(
            [str(python), *command, name],
            cwd=folder,
            env=colab | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        if done.returncode != status:
            pytest.fail(f"{name} alone, with Colab's versions, failed.\n{done.stdout}", pytrace=False)
        left = sorted(path.name for path in folder.iterdir() if path.name != name)
        assert left == [], f"{name} left {left} beside itself"
        return done.stdout

    return run


@pytest.mark.parametrize(
    "path", [*CHAPTERS, *EXERCISES], ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix()
)
def test_every_cell_of_the_notebook_runs_alone(path: Path, alone: Callable, tmp_path: Path) -> None:
    notebook, report = nbformat.read(path, as_version=4), tmp_path / "cells.xml"
    notebook.cells.append(nbformat.v4.new_code_cell(INSIDE))
    alone(notebook, path.name, *NBVAL, f"--junitxml={report}", installed=path in EXERCISES)
    [suite] = ElementTree.parse(report).iter("testsuite")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert (int(suite.get("tests")), suite.get("skipped")) == (len(code), "0"), "a cell was left out"


@pytest.mark.parametrize("source", EXERCISES, ids=lambda path: path.stem)
def test_the_student_file_runs_alone_and_says_what_is_to_do(
    source: Path, alone: Callable, tmp_path: Path
) -> None:
    student = assignments.released(nbformat.read(source, as_version=4))
    alone(student, source.name, *EXECUTE, installed=True)
    ran, checks = nbformat.read(tmp_path / "alone" / source.name, as_version=4), 0
    cells = [cell for cell in ran.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "a cell was left out"
    for cell in cells:
        place = id_of(cell)
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if place.endswith("-check"):
            checks += 1
            [error] = errors
            assert error.ename == "NotPassed", f"{place}: {error.ename}: {error.evalue}"
            shown = "\n".join(error.traceback)
            assert "There is no answer yet." in shown and "Traceback" not in shown and len(shown) < 400
        else:
            wanted = "NotImplementedError" if place.endswith("-answer") else "none"
            assert {error.ename for error in errors} <= {wanted}, f"{place}: {errors}"
    assert checks == sum(place.endswith("-check") for place in map(id_of, student.cells)) > 0


def test_a_failing_cell_is_named(alone: Callable) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    said = alone(notebook, "trial.ipynb", *NBVAL, status=1)
    assert "1 / 0" in said and "ZeroDivisionError" in said
