"""Each notebook alone in an empty folder, with Colab's versions and the book's wheel, without a network."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import assignments
from tools.sync import ROOT, notebooks_in

COLAB = ROOT / ".venv-colab"
PYTHON = COLAB / "bin" / "python"
REQUIREMENTS = ROOT / "tests" / "notebooks" / "requirements-colab.txt"
STUBS = ROOT / "tests" / "notebooks" / "colab_stubs"
SECONDS = 900
EXERCISES = sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a reader's pip builds it from the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "deepseek_book_utils", source / "deepseek_book_utils")
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(source),
    ]
    subprocess.run(command, check=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture
def colab(tmp_path: Path, wheel: Path) -> dict[str, str]:
    """The environment of a fresh Colab runtime, without the book's package; returns its variables."""
    stamp = COLAB / ".installed"
    if not stamp.is_file() or stamp.stat().st_mtime < REQUIREMENTS.stat().st_mtime:
        pytest.fail(f"{COLAB.name} is missing or older than {REQUIREMENTS.name}. Fix: make notebooks")
    subprocess.run([PYTHON, "-m", "pip", "uninstall", "-q", "-y", "deepseek-book-utils"], check=True)
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {
        "PATH": f"{COLAB / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "IPYTHONDIR": os.environ["IPYTHONDIR"],
        "PYTHONPATH": str(STUBS),
        "DEEPSEEK_BOOK_PACKAGE": str(wheel),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }


def test_the_wheel_carries_every_source_and_data_file(wheel: Path) -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", wheel], check=True, capture_output=True, text=True
    ).stdout
    package = ROOT / "deepseek_book_utils"
    wanted = [path for path in package.rglob("*") if path.suffix in (".py", ".js", ".css", ".json")]
    missing = [path.name for path in wanted if path.relative_to(ROOT).as_posix() not in listing]
    assert wanted and not missing, f"not in the wheel: {missing}. Fix: package-data in pyproject.toml"


def run_alone(
    notebook: nbformat.NotebookNode, name: str, colab: dict[str, str], tmp_path: Path, *options: str
) -> list[nbformat.NotebookNode]:
    """Execute the notebook in an empty folder; return its code cells, less the last, which looked around."""
    alone = tmp_path / "alone"
    alone.mkdir()
    copy = alone / name
    where = "import deepseek_book_utils\nprint(deepseek_book_utils.__file__)"
    notebook.cells.append(nbformat.v4.new_code_cell(where))
    nbformat.write(notebook, copy)

    command = [COLAB / "bin" / "jupyter-execute", "--inplace", f"--timeout={SECONDS}", *options, copy]
    done = subprocess.run(command, cwd=alone, env=colab, capture_output=True, text=True, timeout=2 * SECONDS)

    if done.returncode:
        reason = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr).split("exceptions.CellExecutionError: ")[-1]
        pytest.fail(f"{name} alone, with Colab's versions, failed.\n{reason}", pytrace=False)
    cells = [cell for cell in nbformat.read(copy, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "a cell was left out"
    installed = cells[-1].outputs[0].text.strip()
    assert Path(installed).is_relative_to(COLAB), f"took the package from {installed}, not from the wheel"
    assert not [path for path in alone.iterdir() if path.suffix == ".py"], "left source files beside itself"
    return cells[:-1]


@pytest.mark.parametrize("notebook", notebooks_in(ROOT), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_notebook_runs_alone(notebook: Path, colab: dict[str, str], tmp_path: Path) -> None:
    run_alone(nbformat.read(notebook, as_version=4), notebook.name, colab, tmp_path)


@pytest.mark.parametrize("source", EXERCISES, ids=lambda path: path.stem)
def test_the_student_file_runs_alone_and_says_what_is_to_do(
    source: Path, colab: dict[str, str], tmp_path: Path
) -> None:
    student = assignments.released(nbformat.read(source, as_version=4))
    checks = 0
    for cell in run_alone(student, source.name, colab, tmp_path, "--allow-errors"):
        place = assignments.id_of(cell)
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
    assert checks == sum(place.endswith("-check") for place in map(assignments.id_of, student.cells)) > 0
