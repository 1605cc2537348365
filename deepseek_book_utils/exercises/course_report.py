"""What a person must look at after `nbgrader autograde`, one sentence each, with what to do.

Run `python -m deepseek_book_utils.exercises.course_report` in the course directory.
"""

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import nbformat
from nbgrader.api import Grade, Gradebook
from nbgrader.utils import is_grade, is_solution

from .nbgrader_support import cells_missing
from .regrading import ODD, is_test


def report(course: Path) -> list[str]:
    """One sentence for everything in a course directory that a person must look at."""
    found: list[str] = []
    written: dict[str, list[str]] = {}  # written answer -> students
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for assignment in gradebook.assignments:
            for submission in sorted(assignment.submissions, key=lambda s: str(s.student.id)):
                for notebook in submission.notebooks:
                    where = Path(submission.student.id, assignment.name, f"{notebook.name}.ipynb")
                    found += _of_one(course, where, notebook.grades, written)
        for assignment in gradebook.assignments:
            found += same_names(course, assignment.name)
    return found + [
        f"to be read and graded by hand: {name} of {', '.join(who)}." for name, who in written.items()
    ]


def _of_one(course: Path, where: Path, grades: list[Grade], written: dict[str, list[str]]) -> Iterator[str]:
    student, path = where.parts[0], course / "autograded" / where
    if not (course / "submitted" / where).is_file():
        yield f"{student}: there is no submitted/{where}. Fix: give the file this name, and autograde again."
        return
    if not path.is_file():
        yield (
            f"{student}: submitted/{where} could not be run to its end, so nothing was scored. Its code ends "
            "the kernel or cannot be interrupted, or the file is no notebook. Fix: mend it, or grade by hand."
        )
        return
    graded = nbformat.read(path, as_version=4)
    cells = graded.cells
    if odd := graded.metadata.get(ODD):
        yield f"{student}: {'; '.join(odd)}. Fix: look at autograded/{where}."
    present = {cell.metadata.nbgrader["grade_id"]: cell for cell in cells if is_grade(cell)}
    waiting = sorted(
        (grade for grade in grades if grade.needs_manual_grade), key=lambda grade: str(grade.name)
    )
    missing = [grade for grade in waiting if grade.name not in present]
    if missing:
        yield cells_missing(student, missing)
    tests = [str(grade.name) for grade in waiting if grade.name in present and is_test(present[grade.name])]
    if tests:
        yield (
            f"{student}: not graded, and not the student's fault: {', '.join(tests)}. Fix: see "
            f"autograded/{where}, grade by hand, and report the fault to the authors of the book."
        )
    for grade in waiting:
        if grade.name in present and is_solution(present[grade.name]):
            written.setdefault(f"{grade.name} in {where.parts[1]}", []).append(student)


def same_names(course: Path, assignment: str) -> list[str]:
    """The sentences on submissions of one assignment that carry the same `STUDENT`."""
    files = sorted((course / "submitted").glob(f"*/{assignment}/{assignment}.ipynb"))
    named = sorted((name, path.parts[-3]) for path in files for name in names_in(path))
    groups = [(name, [s for _, s in group]) for name, group in groupby(named, key=lambda pair: pair[0])]
    return [
        f'{", ".join(students)}: the same STUDENT = "{name}" in {assignment}, so their exercises have the '
        "same numbers. Fix: compare the files; each student writes an id of their own."
        for name, students in groups
        if len(students) > 1
    ]


def names_in(path: Path) -> set[str]:
    """What the notebook binds to STUDENT as a plain string; empty for a file that cannot be read."""
    names: set[str] = set()
    try:
        cells = nbformat.read(path, as_version=4).cells
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, KeyError, AttributeError):
        return names
    for cell in cells:
        match = re.search(r"^STUDENT\s*=\s*([\"'])(.*)\1", cell.source, flags=re.MULTILINE)
        if match:
            names.add(match[2])
    return names


def main() -> int:
    """Print the report of the course in the current folder; the exit status is 1 unless it is empty."""
    course = Path.cwd()
    if not (course / "gradebook.db").is_file():
        print("No gradebook.db here. Fix: run this in the course directory, after `nbgrader autograde`.")
        return 2
    found = report(course)
    print("\n".join(found) or "Nothing waits for a person.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
