"""Two builds in one checkout, and builds that are interrupted or killed, leave a cache that works."""

import os
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import pytest

from tests.unit.build.small_book import book, command, executed, run
from tools import build, cache, wheel
from tools.sync import ROOT

SETUP = "# sync: setup\nsource = 'deepseek-book-utils @ git+https://github.com/example/book@v1.2.0'"


def start(root: Path, **variables: str) -> subprocess.Popen[str]:
    """Begin to build the book in `root`, in a process group of its own."""
    return subprocess.Popen(
        command(root),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{root}"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and was not asked for yet does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def wait_for(path: Path) -> str:
    """What a cell writes into `path`, as soon as it stands there."""
    for _ in range(1200):
        if path.is_file() and path.read_text():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"no cell wrote {path.name} within a minute")


@pytest.mark.timeout(600)
def test_two_builds_at_once_work_one_after_the_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    root = book(tmp_path, f"open({str(log)!r}, 'a').write('x')", SETUP)
    both = [start(root, BOOK_SITE_URL="https://example.org/site/") for _ in range(2)]
    texts = [process.communicate(timeout=500)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], texts
    assert sum("waiting for it to end" in text for text in texts) == 1, texts
    assert log.read_text() == "x", "the second build had to find what the first one made"
    html = root / "_build" / "html"
    assert (html / "index.html").read_text().count("<!doctype html>") == 1
    # what the site carries: the wheel, and notebooks that install it from there
    [built] = (html / "wheels").glob("*.whl")
    assert built.name == "deepseek_book_utils-1.2.0-py3-none-any.whl"
    cell = nbformat.read(html / "_sources" / "notebooks" / "01_trial.ipynb", as_version=4).cells[2].source
    assert f"deepseek-book-utils @ https://example.org/site/wheels/{built.name}'" in cell
    assert "git+" not in cell


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_build_that_is_stopped_in_a_cell_leaves_no_kernel_and_a_cache_that_works(
    tmp_path: Path, how: signal.Signals, ran: list[str]
) -> None:
    begun = tmp_path / "begun"
    note = f"import os, pathlib; pathlib.Path({str(begun)!r}).write_text(str(os.getpid()))"
    root = book(tmp_path, f"import time\n{note}\ntime.sleep(50)")
    book(tmp_path, "1 + 1", name="02_trial")
    stopped = start(root)
    kernel = int(wait_for(begun))
    wait_for(root / "_build" / ".lock")
    os.kill(stopped.pid, how)
    text = stopped.communicate(timeout=60)[0]
    assert stopped.returncode in (130, -signal.SIGKILL)
    assert "Traceback" not in text
    for _ in range(200):
        if not alive(kernel):
            break
        time.sleep(0.1)
    assert not alive(kernel), "the kernel outlives its build"
    book(tmp_path, "2 + 2")
    result, cached = run(root)
    assert result.code_cells == 1 and not cached and run(root)[1]
    assert executed(root).cells[1].source == "2 + 2" and executed(root).cells[1].execution_count == 1


def test_a_result_that_was_half_written_does_not_count(tmp_path: Path, ran: list[str]) -> None:
    root = book(tmp_path, "1 + 1")
    run(root)
    [result] = (root / "_build" / ".jupyter_cache" / "executed").glob("*/result.json")
    result.unlink()  # it is written last
    (result.parent / "base.ipynb").write_text('{"cells": [')
    assert not run(root)[1] and run(root)[1]
    assert executed(root).cells[1].execution_count == 1
    result.unlink()
    (result.parent / "base.ipynb").unlink()  # the folder alone, as jupyter-cache leaves it for a moment
    assert not run(root)[1] and run(root)[1]


def test_a_cache_that_cannot_be_read_is_made_anew(
    tmp_path: Path, ran: list[str], capsys: pytest.CaptureFixture
) -> None:
    root = book(tmp_path, "1 + 1")
    run(root)
    (root / "_build" / ".jupyter_cache" / "global.db").write_text("no database")
    assert not run(root)[1] and run(root)[1]
    assert "cannot be read: dropped" in capsys.readouterr().out


def test_a_file_is_whole_or_old(tmp_path: Path) -> None:
    path = tmp_path / "seconds.json"
    cache.write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        cache.write_atomically(path, "new \ud800")
    assert path.read_text() == "old"


def test_the_lock_names_the_process_that_has_it(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with build.only_build(tmp_path / "_build"):
        assert (tmp_path / "_build" / ".lock").read_text() == str(os.getpid())
    with build.only_build(tmp_path / "_build"):
        pass
    assert capsys.readouterr().out == ""


def test_a_package_that_cannot_be_built_is_named(tmp_path: Path) -> None:
    root = book(tmp_path, "1")
    (root / "pyproject.toml").write_text("[project")
    with pytest.raises(wheel.WheelFailed, match=r"(?s)mend pyproject.toml.*TOML"):
        wheel.build_wheel(root, tmp_path / "wheels")
