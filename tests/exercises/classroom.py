"""A course directory, submissions made from the released file, and nbgrader's command line."""

import copy
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from tests.exercises.source import Exercise, exercises_of, wrong_answers_of
from tools import assignments
from tools.exercise_source import mark
from tools.sync import ROOT

COLLECT = "deepseek_book_utils.exercises.collect"
BY_HAND = "by-hand"
BROKEN = '{"argv": ["/nowhere/python"], "display_name": "own", "language": "python"}'
STUB = re.compile(r"( *)# YOUR CODE HERE\n *raise NotImplementedError\(\)")


@dataclass
class Classroom:
    """A course with one assignment, and what each command printed and took."""

    course: Path
    source: Path  # the source notebook of the assignment
    seconds: dict[str, float] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def assignment(self) -> str:
        return self.source.stem

    def run(self, title: str, *command: str, status: int = 0) -> None:
        """Run `python -m command` in the course; its exit status must be `status`."""
        home = self.course.parent / "home"
        kernel = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
        kernel.mkdir(parents=True, exist_ok=True)
        (kernel / "kernel.json").write_text(BROKEN)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls `alembic`
        variables = {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home),
            "JUPYTER_PREFER_ENV_PATH": "0",  # the user's kernel, which does not run
        }
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.course,
            env=os.environ | variables,
            capture_output=True,
            text=True,
        )
        self.seconds[title] = time.perf_counter() - start
        self.printed[title] = done.stdout + done.stderr
        assert done.returncode == status, f"{' '.join(command)}:\n{self.printed[title]}"

    def nbgrader(self, command: str, *options: str, status: int = 0) -> None:
        """Run an nbgrader command on the assignment."""
        self.run(command, "nbgrader", command, self.assignment, *options, status=status)

    def release(self) -> NotebookNode:
        """Let nbgrader make the student's file."""
        self.nbgrader("generate_assignment")
        return nbformat.read(self.file("release"), as_version=4)

    def hand_in(self, submissions: dict[str, NotebookNode], by_hand: str) -> None:
        """Lay the files down as a learning platform does, with Colab's odd names, and collect them.

        The one of the student `by_hand` does not take this way.
        """
        downloads = self.course / "downloaded" / self.assignment
        for number, (student, notebook) in enumerate(submissions.items()):
            name = f"Copy of {self.assignment} ({number})" if number % 2 else self.assignment
            path = downloads / f"{student}_{name}.ipynb"
            if student == by_hand:
                path = self.file("submitted", student)
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
        self.run("collect", COLLECT, self.assignment, str(downloads), status=1)

    def file(self, folder: str, student: str = "", suffix: str = ".ipynb") -> Path:
        """The assignment's file in one of nbgrader's folders."""
        return self.course / folder / student / self.assignment / f"{self.assignment}{suffix}"

    def scores(self) -> dict[str, tuple[float, int]]:
        """Student -> points, and cells that wait for a person, as the gradebook has them."""
        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            return {
                submission.student.id: (
                    submission.score,
                    sum(g.needs_manual_grade for notebook in submission.notebooks for g in notebook.grades),
                )
                for submission in gradebook.find_assignment(self.assignment).submissions
            }


def open_course(folder: Path, source: Path) -> Classroom:
    """A course directory in `folder`, as `make assignments` writes it, with one assignment."""
    root = folder / "book"
    for path, text in (assignments.files_of(source, source.parents[2]) | COURSE).items():
        target = root / path.relative_to(source.parents[2]) if path.is_absolute() else root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Classroom(root / "_build" / "assignments" / "course", source)


COURSE = {Path("_build/assignments/course/nbgrader_config.py"): assignments.COURSE_CONFIG}


def filled(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """The released file with these texts in the cells of these ids."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = answers[cell.id]
    return notebook


def solutions(source: Path) -> dict[str, str]:
    """Cell id -> what the source has there, for every cell that a student writes."""
    cells = nbformat.read(source, as_version=4).cells
    return {cell.id: cell.source for cell in cells if mark(cell, "solution")}


def named(notebook: NotebookNode, student: str) -> NotebookNode:
    """The notebook with the student's name in it."""
    for cell in notebook.cells:
        cell.source = cell.source.replace('STUDENT = "your-id"', f'STUDENT = "{student}"')
    return notebook


# --- the worked class of the instructors' page ---


def right(released: NotebookNode, source: Path) -> NotebookNode:
    return filled(released, solutions(source))


def mistaken(source: Path) -> list[Exercise]:
    """The exercises that `wrong` gets wrong: the first, the third, and so on."""
    return exercises_of(source)[::2]


def wrong(released: NotebookNode, source: Path) -> NotebookNode:
    known = {answer.exercise: answer.code for answer in reversed(wrong_answers_of(source))}
    return filled(released, solutions(source) | {f"{e.name}-answer": known[e.name] for e in mistaken(source)})


def blank(released: NotebookNode, source: Path) -> NotebookNode:
    return copy.deepcopy(released)


def endless(released: NotebookNode, source: Path) -> NotebookNode:
    first = f"{exercises_of(source)[0].name}-answer"
    [stub] = [cell.source for cell in released.cells if cell.id == first]
    looping, count = STUB.subn(r"\1while True:\n\1    pass", stub)
    assert count == 1
    return filled(released, solutions(source) | {first: looping})


def tampered(released: NotebookNode, source: Path) -> NotebookNode:
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        if mark(cell, "grade") and cell.cell_type == "code":
            cell.source = 'print("passed")'
            cell.metadata.nbgrader.points = 100
    return notebook


def stripped(released: NotebookNode, source: Path) -> NotebookNode:
    notebook = right(released, source)
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
    return notebook


CLASS: dict[str, tuple[str, Callable[[NotebookNode, Path], NotebookNode]]] = {
    "right": ("every answer right", right),
    "wrong": ("every second answer wrong, as people get it wrong", wrong),
    "blank": ("handed in as it was handed out", blank),
    "endless": ("the first answer never ends, the others are right", endless),
    "tampered": ("no answer; the tests print *passed* and claim 100 points each", tampered),
    "stripped": ("every answer right, but a tool threw the notebook's metadata away", stripped),
    BY_HAND: ("the same file, put into `submitted` by hand", stripped),
}


def table(scores: dict[str, tuple[float, int]], most: float) -> str:
    """The worked class as the instructors' page shows it."""
    lines = [
        f"| Submission | What it is | Points of {most:g} | Cells to grade by hand |",
        "|---|---|--:|--:|",
    ]
    for student, (what, _) in CLASS.items():
        score, waiting = scores[student]
        lines.append(f"| `{student}` | {what} | {score:g} | {waiting} |")
    return "\n".join(lines)
