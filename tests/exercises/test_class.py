"""A class of seven goes through the real nbgrader, by its commands: scores, feedback, report, export."""

import csv
import re
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.exercises.classroom import BY_HAND, CLASS, Classroom, mistaken, named, open_course, table
from tests.exercises.source import exercises_of
from tools.exercise_source import hidden_lines, mark
from tools.sync import ROOT

SOURCE = ROOT / "notebooks" / "exercises" / "04_r1_zero.ipynb"
PAGE = ROOT / "book" / "instructors.md"
REPORT = "deepseek_book_utils.exercises.course_report"
pytestmark = pytest.mark.timeout(1200)  # six commands of nbgrader take minutes, and more on a busy machine


def points(cells: list) -> float:
    return sum(mark(cell, "points") for cell in cells)


@pytest.fixture(scope="module")
def graded() -> list:
    """The graded cells of the source."""
    cells = nbformat.read(SOURCE, as_version=4).cells
    return [cell for cell in cells if mark(cell, "grade")]


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """The class after the whole workflow."""
    room = open_course(tmp_path_factory.mktemp("class"), SOURCE)
    released = room.release()
    submissions = {name: named(make(released, SOURCE), name) for name, (_, make) in CLASS.items()}
    room.hand_in(submissions, BY_HAND)
    room.nbgrader("autograde")
    room.run("report", REPORT, status=1)
    room.nbgrader("generate_feedback")
    with Gradebook(f"sqlite:///{room.course / 'gradebook.db'}") as gradebook:
        gradebook.add_student("absent")
    room.run("export", "nbgrader", "export")
    return room


def test_the_student_file_is_what_nbgrader_releases(classroom: Classroom) -> None:
    ours = classroom.course.parent / "student" / SOURCE.name
    assert classroom.file("release").read_text() == ours.read_text()


def test_every_submission_has_its_score(classroom: Classroom, graded: list, capsys) -> None:
    automatic = [cell for cell in graded if cell.cell_type == "code"]
    written, most = len(graded) - len(automatic), points(automatic)
    names = tuple(f"{exercise.name}-" for exercise in mistaken(SOURCE))
    lost = points([cell for cell in automatic if cell.id.startswith(names)])
    lost -= points([cell for cell in automatic if cell.id.startswith("length-bias-")]) / 2  # one of its parts
    first = points([c for c in automatic if c.id.startswith(f"{exercises_of(SOURCE)[0].name}-")])
    assert classroom.scores() == {
        "right": (most, written),
        "wrong": (most - lost, written),
        "blank": (0, 0),
        "endless": (most - first, written),
        "tampered": (0, 0),
        "stripped": (most, written),  # collecting puts the marks back
        "by-hand": (0, len(graded)),  # not a verdict: every cell waits for a person
    }
    each = classroom.seconds["autograde"] / len(CLASS)
    with capsys.disabled():
        for title, seconds in classroom.seconds.items():
            print(f"\n{title:20} {seconds:6.1f} s", end="", file=sys.stderr)
        print(f"\nautograde: {each:.1f} s a submission (the bar is 15 s)", file=sys.stderr)


def test_the_page_shows_these_scores(classroom: Classroom, graded: list) -> None:
    shown = re.search(r"<!-- the class -->\n(.*?)\n<!-- end -->", PAGE.read_text(), flags=re.DOTALL)
    right = table(classroom.scores(), points(graded))
    assert shown and shown[1].strip() == right, f"book/instructors.md shows other scores. Fix: paste\n{right}"


def test_feedback_says_what_failed_and_hides_the_tests(classroom: Classroom) -> None:
    hidden = hidden_lines(nbformat.read(SOURCE, as_version=4))
    assert hidden
    for student in CLASS:
        text = classroom.file("feedback", student, ".html").read_text()
        plain = re.sub(r"<[^>]+>", "", text)
        assert [line for line in hidden if line in plain] == []
        assert "<script" not in text and "default-src 'none'" in text
        assert re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(["']?http|@import""", text) == []
    told = classroom.file("feedback", "wrong", ".html").read_text()
    for exercise in mistaken(SOURCE):
        title = exercise.name.replace("-", " ")
        assert told.count(f"{title}: failed.") == 2, "once for the check, once for the hidden tests"
    assert "still running when its time was up" in classroom.file("feedback", "endless", ".html").read_text()


def test_stripped_metadata_is_reported(classroom: Classroom, graded: list) -> None:
    [line] = [line for line in classroom.printed["report"].split("\n") if line.startswith("by-hand: not")]
    assert f"{len(graded)} graded cells" in line and all(cell.id in line for cell in graded)
    assert "metadata was stripped" in line and "Fix: paste the answers into a fresh copy" in line
    assert "by-hand: not in the file" in classroom.printed["autograde"], "said while grading, too"


def test_collecting_says_what_was_odd(classroom: Classroom) -> None:
    lines = classroom.printed["collect"].strip().split("\n")
    assert lines[-1] == f"{len(CLASS) - 1} hand-ins collected."
    assert [line.split(":")[0] for line in lines[:-1]] == ["tampered"], "the others are as they should be"


def test_tampered_tests_are_put_back(classroom: Classroom, graded: list) -> None:
    cells = {c.id: c for c in nbformat.read(classroom.file("autograded", "tampered"), as_version=4).cells}
    for cell in (cell for cell in graded if cell.cell_type == "code"):
        assert cells[cell.id].source == cell.source
        assert cells[cell.id].metadata.nbgrader.points == mark(cell, "points")


def test_the_gradebook_file_has_the_scores_and_what_is_missing(classroom: Classroom, graded: list) -> None:
    with (classroom.course / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    absent = rows.pop("absent")
    assert absent["score"] == absent["cells_to_grade_by_hand"] == "", "no 0 for who handed in nothing"
    got = {name: (float(row["score"]), int(row["cells_to_grade_by_hand"])) for name, row in rows.items()}
    assert got == classroom.scores()
    assert {(row["assignment"], float(row["max_score"])) for row in rows.values()} == {
        (SOURCE.stem, points(graded))
    }


def test_a_file_for_a_platform_has_a_column_for_each_exercise(classroom: Classroom) -> None:
    path = classroom.course / f"grades_{SOURCE.stem}.csv"
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = {row["SIS User ID"]: row for row in csv.DictReader(file)}
    exercises = [exercise.name for exercise in exercises_of(SOURCE)]
    assert set(rows) == set(CLASS) and set(exercises) < set(rows["right"])
    assert {rows["blank"][name] for name in exercises} == {"0.0"}
    assert [name for name in exercises if not rows["right"][name]] == ["group-size-experiment"], "to be read"
    lost = {exercise.name for exercise in mistaken(SOURCE)} - {"group-size-experiment"}
    assert {name for name in exercises if rows["wrong"][name] == "0.0"} == lost - {"length-bias"}
    assert rows["wrong"]["length-bias"] == "3.0", "half of its points"


def test_a_person_adds_a_score(classroom: Classroom, graded: list) -> None:
    """The lines that the instructors' page shows; last, as it changes the gradebook."""
    before = classroom.scores()["by-hand"]
    with Gradebook(f"sqlite:///{classroom.course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(graded[0].id, SOURCE.stem, SOURCE.stem, "by-hand")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    assert classroom.scores()["by-hand"] == (before[0] + 1.5, before[1] - 1)
