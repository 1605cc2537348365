"""Submissions that go wrong in their own ways: what is scored, waits for a person, stays hidden."""

import re

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from deepseek_book_utils.exercises.nbgrader_support import TenthADay
from tests.exercises.classroom import Classroom, filled, open_course
from tests.exercises.test_class import REPORT

pytestmark = pytest.mark.timeout(1200)  # as for the class of seven

PARTS = ["double", "double-answer", "double-check", "double-hidden"]
CHECKS = """\
class NotPassed(Exception):
    pass

class NotGraded(Exception):
    pass

def check(right):
    if right is None:
        raise NotGraded("the grader stopped")
    if not right:
        raise NotPassed("that is not the double")
"""
HIDDEN = """\
# Other data, seen only when your work is graded.
### BEGIN HIDDEN TESTS
check(double(20) == 40)
answer = double(-3); check(None if answer is None else answer == -6)
### END HIDDEN TESTS"""


def marked(cell: NotebookNode, place: str, **flags: object) -> NotebookNode:
    """The cell with nbgrader's metadata and this id."""
    known = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.id = place
    cell.metadata["nbgrader"] = known | {"grade_id": place} | flags
    return cell


def small_source() -> NotebookNode:
    """A source with one exercise that needs no package, so that a kernel starts fast."""
    statement = marked(new_markdown_cell("## Twice\n\nReturn twice the number."), "double", locked=True)
    statement.metadata["exercise"] = {"level": "easy", "minutes": 1}
    solution = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    graded = {"grade": True, "locked": True}
    cells = [
        marked(new_markdown_cell("# Small"), "intro", locked=True),
        marked(new_code_cell(CHECKS), "imports", locked=True),
        new_code_cell('STUDENT = "your-id"', id="student"),
        statement,
        marked(new_code_cell(solution), "double-answer", solution=True),
        marked(new_code_cell("check(double(4) == 8)"), "double-check", points=1, **graded),
        marked(new_code_cell(HIDDEN), "double-hidden", points=2, **graded),
        new_code_cell("1 + 1", id="last"),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def answer(body: str) -> dict[str, str]:
    return {"double-answer": f"def double(x):\n    {body}"}


PEEK = (
    "global seen; seen = In[-1]; print(seen); import sys; print(seen, file=sys.stderr); raise KeyError(seen)"
)
CASES = {
    "warned": answer("import sys; print('a warning', file=sys.stderr); return 2 * x"),
    "unlucky": answer("return None if x == -3 else 2 * x"),
    "peeking": answer(PEEK) | {"last": "print(seen); seen"},
    "crashed": answer("import os; os._exit(1)"),
    "stubborn": {
        "double-answer": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    },
    "sabotage": {"student": "import builtins; del builtins.__build_class__"} | answer("return 2 * x"),
    "partly": answer("return 2 * x"),
    "cheat": {"student": 'STUDENT = "lee"\ndef check(right):\n    print("passed")'} | answer("return 0"),
}


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """The cases above, graded; `partly` was whole at first and then lost a cell."""
    folder = tmp_path_factory.mktemp("hard")
    source = folder / "notebooks" / "exercises" / "01_small.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(small_source(), source)
    room = open_course(folder, source)
    config = room.course / "nbgrader_config.py"
    late = config.read_text().replace("# from", "from").replace("# c.", "c.")  # as the page says
    config.write_text(f"{late}c.Execute.timeout = 3\n")
    released = room.release()
    with Gradebook(f"sqlite:///{room.course / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(source.stem, duedate="2027-05-01 23:59")
    shared = {"student": 'STUDENT = "lee"'}
    submissions = {name: filled(released, shared | cells) for name, cells in CASES.items()}
    submissions["sabotage"].cells.insert(0, submissions["sabotage"].cells.pop(2))
    room.hand_in(submissions, by_hand="sabotage")  # collecting would put its cells in order
    room.file("submitted", "warned").with_name("timestamp.txt").write_text("2027-05-02 08:00:00 UTC\n")
    room.nbgrader("autograde")
    submissions["partly"].cells = [c for c in submissions["partly"].cells if c.id != "double-hidden"]
    nbformat.write(submissions["partly"], room.file("submitted", "partly"))
    room.nbgrader("autograde", "--student", "partly", "--force")
    room.run("report", REPORT, status=1)
    room.nbgrader("generate_feedback")
    return room


def test_scores_and_what_waits_for_a_person(classroom: Classroom) -> None:
    assert classroom.scores() == {
        "warned": (3, 0),  # stderr costs nothing
        "unlucky": (1, 1),  # NotGraded is no zero
        "peeking": (0, 0),
        "crashed": (0, 0),  # its kernel ended; points come from elsewhere
        "stubborn": (0, 0),  # runs out of time in three cells, the others are not run
        "sabotage": (0, 2),  # a read-only cell failed: nothing below it says anything
        "partly": (1, 1),  # the old score of the lost cell is gone
        "cheat": (0, 0),  # points come from a fresh process
    }


def test_a_day_that_has_begun_costs_a_tenth(classroom: Classroom) -> None:
    with Gradebook(f"sqlite:///{classroom.course / 'gradebook.db'}") as gradebook:
        lost = {
            submission.student.id: submission.late_submission_penalty
            for submission in gradebook.find_assignment(classroom.assignment).submissions
        }
    assert {student for student, points in lost.items() if points} == {"warned"} and lost["warned"] == 0.3
    assert [TenthADay().late_submission_penalty("", 10, days * 86_400) for days in (6.5, 7, 7.1)] == [
        7,
        7,
        10,
    ]


@pytest.mark.parametrize(
    ("student", "says"),
    [
        ("unlucky", "not graded, and not the student's fault: double-hidden. Fix: see autograded/unlucky"),
        ("crashed", "the notebook was not run to its end: its kernel ended"),
        ("stubborn", "the code names `signal.signal`, which no answer needs; the notebook was not run to"),
        ("sabotage", "not graded, and not the student's fault: double-check, double-hidden"),
        ("cheat", "`check` was bound to something else, and put back for the tests"),
        ("partly", "not in the file, so nothing was scored: 1 graded cells (double-hidden)"),
    ],
)
def test_the_report_names_it(classroom: Classroom, student: str, says: str) -> None:
    lines = classroom.printed["report"].split("\n")
    assert [line for line in lines if line.startswith(f"{student}: ")], classroom.printed["report"]
    assert [line for line in lines if line.startswith(f"{student}: {says}")], classroom.printed["report"]


def test_the_report_names_nobody_else(classroom: Classroom) -> None:
    lines = classroom.printed["report"].strip().split("\n")
    alike = ", ".join(sorted(set(CASES) - {"sabotage"}))  # which lost the line
    assert {line.partition(":")[0] for line in lines} == {
        "cheat",
        "crashed",
        "partly",
        "sabotage",
        "stubborn",
        "unlucky",
        alike,
    }
    assert f'{alike}: the same STUDENT = "lee" in 01_small' in lines[-1]


def test_what_a_student_read_of_the_hidden_tests_is_not_in_the_feedback(classroom: Classroom) -> None:
    text = classroom.file("feedback", "peeking", ".html").read_text()
    run = classroom.file("autograded", "peeking").read_text()
    assert run.count("double(20)") > 2, "the case is void: nothing was read"
    assert "double(20)" not in text and "double(-3)" not in text
    assert "NameError" in text and "double(4)" in re.sub(r"<[^>]+>", "", text), (
        "what failed, and the visible check, stay"
    )


def test_feedback_keeps_the_message(classroom: Classroom) -> None:
    assert "the grader stopped" in classroom.file("feedback", "unlucky", ".html").read_text()
    late = classroom.file("feedback", "stubborn", ".html").read_text()
    assert "The cell ran out of time. Does every loop come to an end?" in late
