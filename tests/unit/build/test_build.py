"""The build: a failing cell fails every time, what changed runs again and says why, no cell is skipped."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from tests.unit.build.small_book import book, executed, run, run_all
from tools import build, cache, execute

CHAPTERS = ("01_trial", "02_trial", "03_trial")
VARIABLES = ("IPYTHONDIR", "MPLCONFIGDIR", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
VARIABLES += ("JUPYTER_PATH",)


@pytest.fixture(scope="module", autouse=True)
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Set for all kernels what a build sets, and undo it."""
    folder = tmp_path_factory.mktemp("build")
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.setenv(name, "1")
        execute.prepare_environment(folder)
        yield folder


@pytest.fixture(autouse=True)
def own_package(tmp_path: Path, build_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let kernels import the package of the book in `tmp_path`; undo what a whole build sets."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.setenv(name, os.environ[name])


def edit(root: Path, change: Callable[[nbformat.NotebookNode], None]) -> None:
    """Change the first chapter's notebook."""
    path = root / "notebooks" / "01_trial.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def kept(root: Path, name: str = "01_trial") -> bool:
    """Whether the cache has a result of this chapter that counts."""
    opened = cache.open_cache(root / "_build" / ".jupyter_cache")
    return cache.last_result(opened, f"notebooks/{name}") is not None


def test_a_chapter_runs_once_and_is_counted(tmp_path: Path, build_folder: Path) -> None:
    log = f"from pathlib import Path; log = Path({str(tmp_path / 'log')!r})"
    fonts = "import os; print(os.environ['MPLCONFIGDIR'])"
    widget = "import ipywidgets; ipywidgets.IntSlider()"
    root = book(tmp_path, log, "", widget, fonts, "log.open('a').write('x'); 7")
    first, cached = run(root)
    assert (first.code_cells, cached) == (4, False) and first.peak_mib > 0
    again, cached = run(root)
    assert cached and again == first
    assert (root / "log").read_text() == "x"
    notebook = executed(root)
    assert "widgets" not in notebook.metadata  # their state is not kept
    *_, told, last = notebook.cells
    assert last.outputs[-1].data["text/plain"] == "7" and len(notebook.cells) == 6
    assert told.outputs[0].text.strip() == str(build_folder / "matplotlib")  # where the fonts are known
    assert list((build_folder / "matplotlib").glob("fontlist*.json"))


BURN = "import time\\nwhile time.process_time() < 2: pass"
BUSY = {
    "waited for": f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{BURN}'], check=True)",
    "by a fork server": f"""import multiprocessing
process = multiprocessing.get_context("forkserver").Process(target=exec, args=("{BURN}", {{}}))
process.start(); process.join()""",
}


@pytest.mark.parametrize("code", BUSY.values(), ids=BUSY)
def test_cpu_seconds_count_the_processes_and_not_the_waiting(code: str, tmp_path: Path) -> None:
    waited, _ = run(book(tmp_path, "import time; time.sleep(3)"))
    busy, _ = run(book(tmp_path, code))
    assert waited.cpu_seconds < 2.5 and busy.cpu_seconds > waited.cpu_seconds + 1.5


def test_prose_may_change_without_a_new_run(tmp_path: Path, ran: list[str]) -> None:
    root = book(tmp_path, "1 + 1")
    run(root)
    edit(root, lambda notebook: notebook.cells[0].update(source="# Another title"))
    assert run(root)[1] and ran == ["01_trial"]
    assert executed(root).cells[0].source == "# Another title"


def test_only_the_notebooks_that_import_a_changed_module_run_and_the_line_says_why(
    tmp_path: Path, ran: list[str], capsys: pytest.CaptureFixture
) -> None:
    book(tmp_path, "import deepseek_book_utils.part")
    root = book(tmp_path, "from deepseek_book_utils.other import y", name="02_trial")
    assert [cached for _, cached in run_all(root).values()] == [False, False]
    assert capsys.readouterr().out.count("runs: never run") == 2
    (root / "deepseek_book_utils" / "part.py").write_text("x = 2\n")
    assert [cached for _, cached in run_all(root).values()] == [False, True]
    out = capsys.readouterr().out
    assert "notebooks/01_trial: runs: part.py changed\n" in out
    assert "notebooks/02_trial: unchanged since it ran\n" in out
    edit(root, lambda notebook: notebook.cells[1].update(source="import deepseek_book_utils.part as p"))
    assert [cached for _, cached in run_all(root).values()] == [False, True]
    assert "notebooks/01_trial: runs: its code cells changed\n" in capsys.readouterr().out
    assert all(cached for _, cached in run_all(root).values())
    assert ran == ["01_trial", "02_trial", "01_trial", "01_trial"]


def test_the_longest_starts_first_and_an_unknown_one_before_it(tmp_path: Path, ran: list[str]) -> None:
    book(tmp_path, "import deepseek_book_utils.part")
    root = book(tmp_path, "import deepseek_book_utils.part  # and much more", name="02_trial")
    run_all(root)
    (root / "deepseek_book_utils" / "part.py").write_text("x = 2\n")
    run_all(book(root, "1", name="03_trial"))
    assert ran == ["01_trial", "02_trial", "03_trial", "02_trial", "01_trial"]


def test_the_base_that_chapters_share_is_made_beside_them(
    tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    folder = tmp_path / "deepseek_book_utils" / "reasoning"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "instructions.py").write_text("GeneralSettings = dict")
    made, base = tmp_path / "made", folder / "pretrained.py"
    base.write_text(f"def pretrained_base(seed, general): open({str(made)!r}, 'a').write('once ')")
    run(book(tmp_path, "import deepseek_book_utils.part"))
    assert not made.exists()
    run(book(tmp_path, "import deepseek_book_utils.reasoning.pretrained"))
    assert made.read_text() == "once " and "the base that chapters share: " in capfd.readouterr().out
    base.write_text("def pretrained_base(seed, general): raise ValueError('no room')")
    with pytest.raises(execute.ChapterFailed, match="could not be made"):
        run(tmp_path)
    assert "no room" in capfd.readouterr().err


def test_two_notebooks_run_at_a_time(tmp_path: Path) -> None:
    wait = (
        "import pathlib, time; own = pathlib.Path({own!r}); own.touch()\n"
        "while not pathlib.Path({other!r}).exists(): time.sleep(.05)\nown.name"
    )
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    book(tmp_path, wait.format(own=one, other=two))
    root = book(tmp_path, wait.format(own=two, other=one), name="02_trial")
    run_all(root, jobs=2)  # one after the other, the first would wait for the second until its time is out
    for name, own in (("01_trial", "one"), ("02_trial", "two")):
        [output] = executed(root, name).cells[1].outputs
        assert output.data["text/plain"] == repr(own)


def test_a_failing_cell_fails_every_time(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    root = book(tmp_path, "a = 0", "1 / a", "print('never')")
    for _ in range(2):
        assert build.main([], root) == 1
        message = capsys.readouterr().err
        assert "notebooks/01_trial.ipynb, code cell 2 (cell 3 of all) failed" in message
        assert "1 / a" in message and "ZeroDivisionError" in message and "\x1b" not in message


def test_a_failing_chapter_stops_the_other_and_what_had_ended_is_kept(tmp_path: Path) -> None:
    kept_one = f"any(pathlib.Path({str(tmp_path)!r}).rglob('result.json'))"
    wait = f"import pathlib, time\nwhile not {kept_one}: time.sleep(.05)"
    book(tmp_path, "1")
    book(tmp_path, wait, "1 / 0", name="02_trial")  # fails when the first is kept, however busy the machine
    root = book(tmp_path, "import time; time.sleep(50)", name="03_trial")
    with pytest.raises(execute.ChapterFailed, match="(?s)02_trial.ipynb, code cell 2.*ZeroDivisionError"):
        run_all(root)
    # not stopped, the third would have ended, and been kept
    assert [name for name in CHAPTERS if kept(root, name)] == ["01_trial"]


def test_stderr_is_refused_and_quoted_and_not_kept(tmp_path: Path) -> None:
    root = book(tmp_path, "1", "import sys; print('building the font cache', file=sys.stderr)")
    with pytest.raises(execute.ChapterFailed, match=r"(?s)code cell 2.*stderr.*building the font cache"):
        run(root)
    assert not kept(root)


def test_a_skipped_cell_fails(tmp_path: Path) -> None:
    root = book(tmp_path, "1", "2")
    edit(root, lambda notebook: notebook.cells[1].metadata.update(tags=["skip-execution"]))
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
    with pytest.raises(execute.ChapterFailed, match="leaves litter.txt behind"):
        run(book(tmp_path, "from pathlib import Path; Path('litter.txt').write_text('x')"))


def test_a_kernel_of_the_users_own_does_not_run_the_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "data" / "kernels" / "python3"
    own.mkdir(parents=True)
    argv = '["/nowhere/python", "-f", "{connection_file}"]'
    (own / "kernel.json").write_text(f'{{"argv": {argv}, "display_name": "own", "language": "python"}}')
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert run(book(tmp_path, "1"))[0].code_cells == 1
    monkeypatch.delenv("JUPYTER_PATH")
    edit(tmp_path, lambda notebook: notebook.cells[1].update(source="2"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run(tmp_path)


def test_an_unknown_kernel_is_named(tmp_path: Path) -> None:
    root = book(tmp_path, "1")
    edit(root, lambda notebook: notebook.metadata.kernelspec.update(name="somebody-elses"))
    with pytest.raises(execute.ChapterFailed, match="set its kernelspec to 'python3'"):
        run(root)


def test_pages_are_written_anew_only_where_something_changed(
    tmp_path: Path, ran: list[str], build_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []

    def write(root: Path, folder: Path, *_: object) -> None:
        pages.append((root / "book" / "preface.md").read_text())
        page = folder / "html" / "notebooks" / "01_trial.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("")

    monkeypatch.setattr(build, "build_pages", write)
    root = book(tmp_path, "1 + 1")
    assert build.main([], root) == build.main([], root) == 0 and len(pages) == 1
    (root / "book" / "preface.md").write_text("# Another preface\n")
    assert build.main([], root) == build.main([], root) == 0 and pages[1:] == ["# Another preface\n"]
    book(tmp_path, "1 + 2")
    assert build.main([], root) == 0 and len(pages) == 3 and ran == ["01_trial"] * 2
    monkeypatch.setenv("BOOK_REPOSITORY_URL", "https://example.org/fork")
    assert build.main([], root) == 0 and len(pages) == 4
    (root / "_build" / "html" / "made-of.txt").unlink()  # a build of the pages that was interrupted
    assert build.main([], root) == 0 and len(pages) == 5
