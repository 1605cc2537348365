"""`make assignments`: nothing leaks, points are counted, bad sources are named, bytes are stable."""

import copy
import os
import re
import subprocess
import tarfile
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.exercises.source import SOURCES
from tests.exercises.test_hard_cases import small_source
from tools import assignments
from tools.assignments import files_of, write
from tools.exercise_source import AssignmentError, exercises_of, hidden_lines, id_of, mark
from tools.sync import ROOT, notebooks_in


def made(source: Path) -> dict[str, str]:
    """Folder -> the text of the file made from the source."""
    return {path.relative_to(ROOT).parts[-2]: text for path, text in files_of(source, ROOT).items()}


def lines_of(text: str) -> set[str]:
    """The lines that say something: brackets and blanks alone do not."""
    return {line.strip() for line in text.split("\n") if re.search(r"\w", line)}


def secret_lines(source: Path) -> tuple[set[str], set[str]]:
    """(solution lines, hidden lines) that stand in no cell which the student may see."""
    cells = nbformat.read(source, as_version=4).cells
    region = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", flags=re.DOTALL)
    secret: dict[str, set[str]] = {"SOLUTION": set(), "HIDDEN TESTS": set()}
    visible: set[str] = set()
    for cell in cells:
        whole = mark(cell, "solution") and cell.cell_type == "markdown"
        for kind, text in [("SOLUTION", cell.source)] if whole else region.findall(cell.source):
            secret[kind] |= lines_of(text)
        visible |= set() if whole else lines_of(region.sub("", cell.source))
    return secret["SOLUTION"] - visible, secret["HIDDEN TESTS"] - visible


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_line_of_a_solution_or_hidden_test_leaks(source: Path) -> None:
    solution, hidden = secret_lines(source)
    files = made(source)
    assert solution and hidden
    student = "\n".join(cell.source for cell in nbformat.reads(files["student"], as_version=4).cells)
    assert (solution | hidden) & lines_of(student) == set()
    hidden_there = hidden_lines(nbformat.read(source, as_version=4))
    assert [line for line in hidden_there if line in student or line in files["exercises"]] == []
    assert "SOLUTION" not in files["student"] and "HIDDEN" not in files["student"]
    assert "SOLUTION" not in files["exercises"] and "HIDDEN" not in files["exercises"]
    assert solution <= lines_of(files["exercises"]), "the page folds the solution, it does not lose it"
    instructor = "\n".join(cell.source for cell in nbformat.reads(files["instructor"], as_version=4).cells)
    assert solution | hidden <= lines_of(instructor)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_level_minutes_and_points_stand_under_each_heading(source: Path) -> None:
    files = made(source)
    cells = nbformat.read(source, as_version=4).cells
    for name in [id_of(cell) for cell in cells if "exercise" in cell.metadata]:
        own = [c for c in cells if re.fullmatch(rf"{name}(-check|-hidden|-conclusion)?", id_of(c))]
        points = sum(c.metadata.nbgrader.get("points", 0) for c in own)
        facts = own[0].metadata["exercise"]
        line = rf"\*{facts['level']} · {facts['minutes']} minutes? · {points:g} points?\*"
        heading = re.escape(own[0].source.split("\n")[0])
        assert re.search(rf"^{heading}\n\n{line}\n\n\S", files["exercises"], flags=re.MULTILINE)
        for kind in ("student", "instructor", name_of_course(source)):
            [statement] = [c for c in nbformat.reads(files[kind], as_version=4).cells if id_of(c) == name]
            assert re.match(rf"{heading}\n\n{line}\n\n\S", statement.source), kind


def name_of_course(source: Path) -> str:
    """The folder of the source in the course directory."""
    return source.stem


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_student_may_write_in_answers_only(source: Path) -> None:
    for cell in nbformat.reads(made(source)["student"], as_version=4).cells:
        free = mark(cell, "solution") or not id_of(cell)
        assert cell.metadata.get("editable", True) is bool(free), id_of(cell)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book with one exercise source."""
    path = tmp_path / "notebooks" / "exercises" / "01_small.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(small_source(), path)
    return tmp_path


def written(root: Path) -> dict[str, bytes]:
    """Every file below the root, with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_second_run_changes_no_byte(root: Path) -> None:
    write(root)
    first = written(root)
    write(root)
    assert written(root) == first
    assert set(first) == {
        "notebooks/exercises/01_small.ipynb",
        "book/exercises/01_small.md",
        "_build/assignments/student/01_small.ipynb",
        "_build/assignments/instructor/01_small.ipynb",
        "_build/assignments/course/nbgrader_config.py",
        "_build/assignments/course/source/01_small/01_small.ipynb",
    }


def test_what_a_removed_source_left_is_removed_and_a_class_is_kept(root: Path) -> None:
    write(root)
    gradebook = root / "_build" / "assignments" / "course" / "gradebook.db"
    gradebook.write_text("a class")
    (root / "notebooks" / "exercises" / "01_small.ipynb").rename(root / "notebooks/exercises/02_other.ipynb")
    write(root)
    names = {path.name for path in root.rglob("*01_small*") if "source" not in path.parts}
    assert names == set() and gradebook.read_text() == "a class"


def test_a_salt_changes_the_hidden_tests_alone(root: Path) -> None:
    path = root / "notebooks" / "exercises" / "01_small.ipynb"
    with pytest.raises(AssignmentError, match="`double-hidden` has no `salt=`. Fix: "):
        write(root, salt=7)
    notebook = small_source()
    notebook.cells[6].source = notebook.cells[6].source.replace("== 40)", "== 40, salt=1)")
    nbformat.write(notebook, path)
    write(root)
    plain = written(root)
    write(root, salt=2027)
    changed = {name for name, text in written(root).items() if text != plain[name]}
    course = "_build/assignments/course/source/01_small/01_small.ipynb"
    assert changed == {"_build/assignments/instructor/01_small.ipynb", course}
    assert b"salt=2027)" in written(root)[course] and b"salt=1)" not in written(root)[course]


def test_a_book_without_solutions_has_none_on_its_pages(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "book" / "exercises" / "01_small.md"
    write(root)
    assert "return 2 * x" in path.read_text() and "Solution" in path.read_text()
    monkeypatch.setenv("SOLUTIONS", "0")
    write(root)
    assert "return 2 * x" not in path.read_text() and "Solution" not in path.read_text()
    assert "raise NotImplementedError()" in path.read_text(), "the starter code stays"


def cell_of(notebook: NotebookNode, place: str) -> NotebookNode:
    [cell] = [cell for cell in notebook.cells if id_of(cell) == place]
    return cell


def drop(place: str):
    return lambda nb: nb.cells.remove(cell_of(nb, place))


def replace(place: str, old: str, new: str):
    def change(nb: NotebookNode) -> None:
        assert old in cell_of(nb, place).source
        cell_of(nb, place).source = cell_of(nb, place).source.replace(old, new)

    return change


def set_mark(place: str, **marks: object):
    return lambda nb: cell_of(nb, place).metadata.nbgrader.update(marks)


def set_facts(**facts: object):
    return lambda nb: cell_of(nb, "double").metadata.__setitem__("exercise", facts)


def twice(nb: NotebookNode) -> None:
    other = copy.deepcopy(cell_of(nb, "double-check"))
    other.id = "other"
    nb.cells.append(other)


def swap(nb: NotebookNode) -> None:
    nb.cells[5], nb.cells[6] = nb.cells[6], nb.cells[5]


BAD = {
    "no answer": (drop("double-answer"), "cell 4: `double` has no cell `double-answer`. Fix: add it"),
    "no check": (drop("double-check"), "cell 4: `double` has no cell `double-check`. Fix: add it"),
    "no hidden": (drop("double-hidden"), "cell 4: `double` has no cell `double-hidden`. Fix: add it"),
    "no statement": (drop("double"), "cell 4: `double-answer` belongs to no statement. Fix: a markdown cell"),
    "twice": (twice, "cell 9: `double-check` is cell 6 too. Fix: name it otherwise."),
    "order": (swap, "cell 4: `double` has its cells in another order"),
    "no solution markers": (
        replace(
            "double-answer",
            "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            "    return 2 * x",
        ),
        "cell 5: `double-answer` has no SOLUTION markers and would be handed out. Fix: put `### BEGIN",
    ),
    "half a solution": (
        replace("double-answer", "    ### END SOLUTION", ""),
        "cell 5: has broken SOLUTION markers. Fix: `### BEGIN SOLUTION` … `### END SOLUTION`.",
    ),
    "misspelt": (
        replace("double-answer", "### BEGIN SOLUTION", "# BEGIN SOLUTION:"),
        "cell 5: has broken SOLUTION markers. Fix",
    ),
    "solution elsewhere": (
        replace("imports", "class NotPassed", "### BEGIN SOLUTION\n### END SOLUTION\nclass NotPassed"),
        "cell 2: has SOLUTION markers. Fix: move them to a cell `<name>-answer`.",
    ),
    "no points": (
        set_mark("double-check", points=0),
        "cell 6: `double-check` carries no points. Fix: `points`",
    ),
    "points forgotten": (
        lambda nb: cell_of(nb, "double-hidden").metadata.nbgrader.pop("points"),
        "cell 7: `double-hidden` carries no points. Fix: `points` above 0",
    ),
    "no level": (set_facts(minutes=5), "cell 4: `double` has no level. Fix: `level` easy, medium, hard"),
    "no minutes": (set_facts(level="easy"), "cell 4: `double` has no minutes. Fix: a whole number"),
    "no heading": (
        replace("double", "## Twice", "Twice"),
        "cell 4: `double` does not begin with `## Title`.",
    ),
    "open hidden test": (
        replace("double-hidden", "### END HIDDEN TESTS", "### END HIDDEN TESTS\ncheck(True)"),
        "cell 7: `double-hidden` has more than `# Other data, seen only when your work is graded.` outside",
    ),
    "no hidden markers": (
        replace("double-hidden", "### ", "# "),
        "cell 7: has broken HIDDEN TESTS markers",
    ),
    "unlocked check": (
        set_mark("double-check", locked=False),
        "cell 6: `double-check` has other nbgrader metadata than grade=True, solution=False, locked=True.",
    ),
    "open imports": (set_mark("imports", locked=False), "cell 2: `imports` has other nbgrader metadata than"),
    "wrong type": (
        lambda nb: cell_of(nb, "double").update(
            new_code_cell("## Twice", metadata=cell_of(nb, "double").metadata)
        ),
        "cell 4: `double` is no markdown cell. Fix: change its type.",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_source_is_named_and_nothing_is_written(
    fault: str, root: Path, capsys: pytest.CaptureFixture
) -> None:
    change, says = BAD[fault]
    path = root / "notebooks" / "exercises" / "02_bad.ipynb"
    notebook = small_source()
    change(notebook)
    nbformat.write(notebook, path)
    before = written(root)
    assert assignments.main([], root) == 1
    assert f"notebooks/exercises/02_bad.ipynb, {says}" in capsys.readouterr().err
    assert written(root) == before


def test_a_file_that_is_no_notebook_is_named(root: Path, capsys: pytest.CaptureFixture) -> None:
    (root / "notebooks" / "exercises" / "02_bad.ipynb").write_text("{")
    assert assignments.main([], root) == 1
    assert "02_bad.ipynb: not a notebook" in capsys.readouterr().err


def test_a_good_source_has_no_problem(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert assignments.main([], root) == 0
    assert "01_small, 1 exercise, 3 points" in capsys.readouterr().out


def test_exercises_are_checked_with_the_other_notebooks() -> None:
    assert set(SOURCES) <= set(notebooks_in(ROOT))


def test_hidden_lines_are_those_between_the_markers() -> None:
    assert "check(double(20) == 40)" in hidden_lines(small_source())
    assert len(hidden_lines(small_source())) == 2 and len(exercises_of(small_source())) == 1


def test_the_first_lines_of_the_container_recipe_run(tmp_path: Path) -> None:
    text = (ROOT / "book" / "instructors.md").read_text(encoding="utf-8")
    first, second = re.findall(r"^\$ ((?:mkdir ~/grader|printf 'FROM) .*)$", text, flags=re.MULTILINE)
    subprocess.run(first, shell=True, cwd=ROOT, env=os.environ | {"HOME": str(tmp_path)}, check=True)
    subprocess.run(second, shell=True, cwd=tmp_path / "grader", check=True)
    made = (tmp_path / "grader" / "Dockerfile").read_text().split("\n")
    assert [line.split(" ")[0] for line in made] == ["FROM", "ADD", "RUN", ""]
    with tarfile.open(tmp_path / "grader" / "book.tar") as archive:
        assert {"book/requirements.txt", "book/pyproject.toml"} <= set(archive.getnames())
