"""`make check` refuses notebooks that store results or hide errors, and stops at its first failing step."""

from pathlib import Path

import nbformat
import pytest

from tools import check, steps
from tools.check import check_notebooks, notebook_problems, swallows


def test_a_clean_notebook_has_no_problems(book) -> None:
    path = book(
        "x = 1", "assert x == 100 % 99 and x != 2", "# !ls, %pip and %%time in a comment\n'%time !ls'"
    )
    assert notebook_problems(path, path.parent.parent) == []


@pytest.mark.parametrize(
    "source",
    [
        "!pip install x",
        "  !ls",
        "files = !ls",
        "!!ls",
        "%pip install x",
        "%time x = 1",
        "x = %time 1",
        "%matplotlib inline",
        "if True:\n    %pip install x",
        "%%time\nraise ValueError",
        "%%capture\nraise ValueError",
        "%%bash\nfalse",
        "get_ipython().system('false')",
        "get_ipython().run_line_magic('pip', 'install x')",
    ],
)
def test_magics_and_shell_lines_are_refused(source: str) -> None:
    [message] = swallows(source, [])
    assert "an error passes unseen" in message and "Fix: " in message


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution", "nbval-skip"])
def test_tags_that_hide_a_failure_are_refused(tag: str) -> None:
    [message] = swallows("1 / 0", [tag, "hide-input"])
    assert tag in message and "hide-input" not in message


def test_comments_that_hide_a_failure_are_refused() -> None:
    [message] = swallows("# NBVAL_SKIP\n1 / 0", [])
    assert "NBVAL_SKIP" in message


def test_a_cell_that_is_no_python_is_named() -> None:
    [message] = swallows("def f(:", [])
    assert "is not Python" in message


def spoil(path: Path, **changes: object) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    for name, value in changes.items():
        notebook.cells[1][name] = value
    nbformat.write(notebook, path)
    return [str(problem) for problem in notebook_problems(path, path.parent.parent)]


def test_stored_outputs_are_named_with_the_fix(book) -> None:
    [problem] = spoil(book("1"), outputs=[nbformat.v4.new_output("stream", text="1")])
    assert problem.startswith("notebooks/01_test.ipynb, cell 2: ") and "`make sync`" in problem


def test_a_stored_execution_count_is_named(book) -> None:
    [problem] = spoil(book("1"), execution_count=1)
    assert "execution count" in problem


def test_stored_widget_state_is_named(book) -> None:
    path = book("1")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["widgets"] = {}
    nbformat.write(notebook, path)
    [problem] = notebook_problems(path, path.parent.parent)
    assert "state of widgets" in problem.message


def test_all_notebooks_are_checked_and_checkpoints_are_not(book, capsys: pytest.CaptureFixture[str]) -> None:
    path = book("1", name="01_good.ipynb")
    root = path.parent.parent
    checkpoint = path.parent / ".ipynb_checkpoints" / path.name
    checkpoint.parent.mkdir()
    checkpoint.write_text("broken")
    assert check_notebooks(root) == 0
    assert "1 notebooks" in capsys.readouterr().out
    (path.parent / "exercises").mkdir()
    book("!ls", name="exercises/01_bad.ipynb")
    assert check_notebooks(root) == 1
    assert "exercises/01_bad.ipynb, cell 2" in capsys.readouterr().err


def test_the_first_failing_step_stops_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def step(name: str, status: int):
        return name, lambda: ran.append(name) or status, f"mend {name}."

    monkeypatch.setattr(check, "STEPS", [step("one", 0), step("two", 1), step("three", 0)])
    assert check.main() == 1
    assert ran == ["one", "two"]
    assert "two failed. Fix: mend two." in capsys.readouterr().err


REPORT = """<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2">\
<testcase classname="tests.unit.test_a" time="1.5"/><testcase classname="tests.site.test_b" time="8"/>\
<testcase classname="tests.unit.rl.test_c" time="2.6"/></testsuite></testsuites>"""


def test_steps_stop_at_the_first_failure_say_seconds_and_sum_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "REPORTS", tmp_path / "junit")
    (tmp_path / "junit").mkdir()
    (tmp_path / "junit" / "old.xml").write_text(REPORT)  # of an earlier run: must not count
    (tmp_path / "Makefile").write_text(
        f"good:\n\t@echo going well; echo '{REPORT}' > junit/good.xml\n"
        "bad:\n\t@exit 3\nlast:\n\t@echo never\n"
    )
    assert steps.main(["good", "bad", "last"]) != 0
    out = capfd.readouterr().out
    assert "step 1/3: make good" in out and "going well" in out and "`make bad` failed" in out
    assert "never" not in out
    assert out.splitlines()[-1] == "3 passed, 2 failed, 2 skipped"
    assert [line.split() for line in out.splitlines()[-4:-2]] == [["unit", "4"], ["site", "8"]]


def test_steps_that_all_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "REPORTS", tmp_path / "junit")
    (tmp_path / "Makefile").write_text("good:\n\t@true\n")
    assert steps.main(["good"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "0 passed, 0 failed, 0 skipped"
