"""The build: a failing cell fails every time, a change drops the cache, no cell runs twice or is skipped."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import build, execute

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def book(root: Path, *cells: str) -> Path:
    """Write a book of one chapter, with a package of one module, into `root`."""
    (root / "notebooks").mkdir(exist_ok=True)
    (root / "deepseek_book_utils").mkdir(exist_ok=True)
    (root / "deepseek_book_utils" / "part.py").write_text("x = 1\n")
    (root / "requirements.txt").write_text("")
    (root / "pyproject.toml").write_text("")
    (root / "_config.yml").write_text("execute: {timeout: 60}\n")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/preface\nparts:\n  - chapters:\n      - file: notebooks/01_trial\n"
    )
    notebook = new_notebook(cells=[new_markdown_cell("# Trial"), *map(new_code_cell, cells)], metadata=KERNEL)
    nbformat.write(notebook, root / "notebooks" / "01_trial.ipynb")
    return root


def run(root: Path) -> tuple[execute.Run, bool]:
    """Execute the book's chapter as the build does."""
    cache, _ = execute.open_cache(root, root / "_build")
    return build.execute_all(root, root / "_build", cache)["notebooks/01_trial"]


@pytest.fixture(autouse=True)
def kernel_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a build sets for its kernels."""
    for name in ("IPYTHONDIR", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        monkeypatch.setenv(name, "1")
    execute.prepare_environment(tmp_path / "_build")


def test_a_chapter_runs_once_and_is_counted(tmp_path: Path) -> None:
    root = book(tmp_path, "from pathlib import Path; log = Path('../log')", "", "log.open('a').write('x'); 7")
    first, cached = run(root)
    assert (first.code_cells, cached) == (2, False) and first.peak_mib > 0
    again, cached = run(root)
    assert cached and again == first
    assert (root / "log").read_text() == "x"
    assert json.loads((root / "_build" / "seconds.json").read_text())["notebooks/01_trial"]["code_cells"] == 2
    executed = nbformat.read(root / "_build" / "executed" / "01_trial.ipynb", as_version=4)
    assert executed.cells[-1].outputs[-1].data["text/plain"] == "7" and len(executed.cells) == 4


def test_prose_may_change_without_a_new_run(tmp_path: Path) -> None:
    root = book(tmp_path, "1 + 1")
    run(root)
    path = root / "notebooks" / "01_trial.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "# Another title"
    nbformat.write(notebook, path)
    assert run(root)[1]
    assert "Another title" in (root / "_build" / "executed" / "01_trial.ipynb").read_text()


@pytest.mark.parametrize(
    "changed", ["deepseek_book_utils/part.py", "requirements.txt", "notebooks/data.json"]
)
def test_a_change_drops_the_cache(tmp_path: Path, changed: str) -> None:
    root = book(tmp_path, "1 + 1")
    before = execute.source_key(root)
    execute.open_cache(root, root / "_build")
    (root / changed).write_text("x = 2\n")
    assert execute.source_key(root) != before
    assert "dropped" in execute.open_cache(root, root / "_build")[1]
    assert "found" in execute.open_cache(root, root / "_build")[1]


def test_the_scale_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = book(tmp_path, "1")
    before = execute.source_key(root)
    monkeypatch.setenv("DEEPSEEK_BOOK_SCALE", "gpu")
    assert execute.source_key(root) != before


def test_a_failing_cell_fails_every_time(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    root = book(tmp_path, "a = 0", "1 / a", "print('never')")
    for _ in range(2):
        assert build.main(root) == 1
        message = capsys.readouterr().err
        assert "notebooks/01_trial.ipynb, code cell 2 (cell 3 of all) failed" in message
        assert "1 / a" in message and "ZeroDivisionError" in message and "\x1b" not in message


def test_a_skipped_cell_fails(tmp_path: Path) -> None:
    root = book(tmp_path, "1", "2")
    path = root / "notebooks" / "01_trial.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["skip-execution"]
    nbformat.write(notebook, path)
    with pytest.raises(execute.ChapterFailed, match="1 of 2 code cells ran"):
        run(root)


def test_a_slow_cell_and_a_dead_kernel_are_named(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    slow = book(tmp_path / "slow", "import time; time.sleep(60)")
    (slow / "_config.yml").write_text("execute: {timeout: 2}\n")
    with pytest.raises(execute.ChapterFailed, match="(?s)code cell 1.*timed out.*time.sleep"):
        run(slow)
    (tmp_path / "dead").mkdir()
    with pytest.raises(execute.ChapterFailed, match="(?s)code cell 1.*Kernel died.*_exit"):
        run(book(tmp_path / "dead", "import os; os._exit(1)"))


def test_a_chapter_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(execute.ChapterFailed, match="leaves notebooks/litter.txt behind"):
        run(book(tmp_path, "from pathlib import Path; Path('litter.txt').write_text('x')"))


def test_an_unknown_kernel_is_named(tmp_path: Path) -> None:
    root = book(tmp_path, "1")
    path = root / "notebooks" / "01_trial.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec.name = "somebody-elses"
    nbformat.write(notebook, path)
    with pytest.raises(execute.ChapterFailed, match="set its kernelspec to 'python3'"):
        run(root)


def test_widget_state_is_not_kept(tmp_path: Path) -> None:
    root = book(tmp_path, "import ipywidgets; ipywidgets.IntSlider()")
    run(root)
    executed = nbformat.read(root / "_build" / "executed" / "01_trial.ipynb", as_version=4)
    assert "widgets" not in executed.metadata
