"""A class in which everybody hands in something odd: the right score for each, and a line that names it.

`make class` takes all of them, `make exercises` a few. They hand in the first two exercises of an assignment.
"""

import csv
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from deepseek_book_utils.exercises.regrading import digest_of_package
from tests.exercises.classroom import COLLECT, Classroom, filled, named, open_course, solutions
from tests.exercises.odd_code import ODD_CODE
from tests.exercises.odd_files import ABSENT, BUT_FIRST, FIRST, FULL, NONE, ODD_FILES, Oddity
from tests.exercises.test_class import REPORT
from tools.exercise_source import id_of, mark
from tools.sync import ROOT

WHOLE = bool(os.environ.get("WHOLE_CLASS"))
pytestmark = pytest.mark.timeout(0 if WHOLE else 1200)  # as for the class of seven
SOURCE = ROOT / "notebooks" / "exercises" / "04_r1_zero.ipynb"
EVERYBODY: dict[str, Oddity] = ODD_FILES | ODD_CODE
SECOND = "k3-kl"
FEW = ("cut", "elsewhere", "moodle4", "machine", "dies")
CLASS = EVERYBODY if WHOLE else {name: EVERYBODY[name] for name in FEW}
NOBODY = "nobody"  # stands in the roster and hands in nothing
STRANGER = "stranger"  # hands in, and does not stand in the roster


def first_exercises(folder: Path) -> Path:
    """The source with its first two exercises alone."""
    notebook = nbformat.read(SOURCE, as_version=4)
    ids = [id_of(cell) for cell in notebook.cells]
    notebook.cells = notebook.cells[: ids.index(f"{SECOND}-hidden") + 1]
    path = folder / "notebooks" / "exercises" / SOURCE.name
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


def of_student(student: str, released: NotebookNode, source: Path) -> NotebookNode:
    """Every answer right, with the student's name."""
    right = named(filled(released, solutions(source)), student)
    right.metadata["assignment"] = source.stem
    return right


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """The class, collected with its roster, graded and reported."""
    folder = tmp_path_factory.mktemp("odd")
    source = first_exercises(folder)
    room = open_course(folder, source)
    with (room.course / "nbgrader_config.py").open("a") as config:
        # some never end; on a busy machine the imports alone take long
        config.write("c.Execute.timeout = 30\n")
    released = room.release()
    downloads, rows = room.course / "downloaded", [["id", "mail", "name"], [NOBODY, "", ""]]
    for student, oddity in (CLASS | {STRANGER: EVERYBODY["plain"]}).items():
        for path, data in oddity.files(student, of_student(student, released, source)).items():
            target = downloads / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        if student != STRANGER:
            rows.append([student, f"{student}@example.com", *oddity.names])
    with (room.course / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    room.run("collect", COLLECT, SOURCE.stem, str(downloads), "--roster", "roster.csv", status=1)
    digest = digest_of_package()
    room.nbgrader("autograde")  # nobody stops it
    assert digest == digest_of_package(), "the package changed while the class was graded: run it again"
    room.run("report", REPORT, status=1)
    return room


def lines_on(student: str, classroom: Classroom) -> list[str]:
    """What collecting and the report say of a student."""
    told = (classroom.printed["collect"] + classroom.printed["report"]).split("\n")
    names = "|".join(map(re.escape, (student, *EVERYBODY[student].names)))
    return [line for line in told if re.search(rf"(?:^|[ /(])(?:{names})[:_/,]", line.split(". Fix")[0])]


@pytest.mark.parametrize("student", CLASS)
def test_everybody_has_the_right_score_and_a_line(student: str, classroom: Classroom) -> None:
    oddity, graded = CLASS[student], classroom.scores()
    automatic = [
        cell
        for cell in nbformat.read(classroom.source, as_version=4).cells
        if mark(cell, "grade") and cell.cell_type == "code"
    ]
    points = {id_of(cell): mark(cell, "points") for cell in automatic}
    most = sum(points.values())
    first = sum(value for place, value in points.items() if place.startswith(FIRST))
    expected = {FULL: most, BUT_FIRST: most - first, NONE: 0.0, ABSENT: None}[oddity.score]
    lines = lines_on(student, classroom)
    assert graded.get(student, (None, 0))[0] == expected, "\n".join(lines)
    if oddity.says:
        assert [line for line in lines if oddity.says in line], lines
    else:
        assert lines == []


def test_nobody_is_lost(classroom: Classroom) -> None:
    told = classroom.printed["collect"].split("\n")
    absent = {NOBODY, *(student for student, oddity in CLASS.items() if oddity.score == ABSENT)}
    assert {line.partition(":")[0] for line in told if "nothing was collected" in line} == absent
    assert any(line.startswith(STRANGER) and "is not in the roster. Fix:" in line for line in told)
    assert set(classroom.scores()) == set(CLASS) - absent
    assert f"{len(CLASS) + 1 - len(absent)} hand-ins collected." in told


def test_nobody_waits_for_a_person(classroom: Classroom) -> None:
    assert {student: cells for student, (_, cells) in classroom.scores().items() if cells} == {}


def test_how_long_it_took(classroom: Classroom, capsys: pytest.CaptureFixture) -> None:
    with capsys.disabled():
        for title, seconds in classroom.seconds.items():
            print(f"\n{title:20} {seconds:6.1f} s for {len(CLASS)} students", end="", file=sys.stderr)
    assert set(classroom.seconds) >= {"collect", "autograde", "report"}
