"""What an instructor's nbgrader does differently in a course of this book: `configure`.

Points come from a fresh process (`regrading`). Nothing is scored 0 for a fault that is not the student's:
such cells wait for a person (`course_report` names them). Feedback shows what failed, never a hidden test,
and loads nothing.

Only this module, `running`, `regrading` and `course_report` need nbgrader (0.9.6); the rest of the package
does without.
"""

import csv
import math
import os
import re
import sys
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook
from nbgrader.plugins import CsvExportPlugin, LateSubmissionPlugin
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_locked

from .regrading import ODD, SHARE, digest_of_package, errors_of, is_test, regrade
from .running import LATE, TOO_LATE, Run

CELL_SECONDS = 60  # a check stops its exercise after 5 s by itself; this is for loops outside of functions
ANSI = re.compile(r"\x1b\[[0-9;]*m")
NEEDED = "cells_to_grade_by_hand"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def configure(c: Any) -> None:
    """Set nbgrader's configuration `c`, in the course's `nbgrader_config.py`."""
    SaveGrades.digest = digest_of_package()
    ours, others = Path(sys.prefix, "share", "jupyter"), os.environ.get("JUPYTER_PATH", "")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(ours), others)))  # not a user's `python3`
    c.Execute.timeout = CELL_SECONDS
    c.Execute.error_on_timeout = {"ename": LATE, "evalue": TOO_LATE, "traceback": [TOO_LATE]}
    c.IgnorePattern.enabled = True
    c.IgnorePattern.pattern = "."  # a warning on stderr would make a passed test worth 0
    c.Autograde.autograde_preprocessors = [
        Run,
        IgnorePattern,
        ClearMetadataPreprocessor,
        LimitOutput,
        SaveGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    c.GenerateFeedback.preprocessors = [GetGrades, HideTests, CSSHTMLHeaderPreprocessor]
    c.GenerateFeedback.exporter_class = FeedbackPage
    c.ExportApp.plugin_class = Grades


def not_graded(cell: NotebookNode) -> bool:
    """Whether the cell's check said `NotGraded`: the fault is ours."""
    return any(error.ename == "NotGraded" for error in errors_of(cell))


# --- autograde ---


class SaveGrades(SaveAutoGrades):
    """Saves scores as nbgrader does, but leaves to a person what says nothing about the answer.

    That is a test that ended in `NotGraded`, every test of a notebook whose read-only cells failed (the
    imports, say), and a graded cell that is not in the file. Before, every test gets the verdict of a fresh
    process.
    """

    digest = ""  # of the package's files, before the first notebook ran

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Save the scores of a whole notebook."""
        if self.digest and self.digest != digest_of_package():
            raise RuntimeError(
                "files of deepseek_book_utils have changed since the grading began: reinstall it"
            )
        regrade(nb)
        for odd in nb.metadata[ODD]:
            self.log.warning("%s: %s.", resources["nbgrader"]["student"], odd)
        self.broken = [c for c in nb.cells if is_locked(c) and not is_grade(c) and errors_of(c)]
        nb, resources = super().preprocess(nb, resources)
        present = {cell.metadata.nbgrader["grade_id"] for cell in nb.cells if is_grade(cell)}
        facts = resources["nbgrader"]
        with Gradebook(facts["db_url"]) as gradebook:
            names = (facts["notebook"], facts["assignment"], facts["student"])
            grades = gradebook.find_submission_notebook(*names).grades
            missing = [grade for grade in grades if grade.name not in present]
            for grade in missing:
                leave_to_a_person(grade)
            gradebook.db.commit()
            if missing:
                self.log.warning("%s", cells_missing(facts["student"], missing))
        return nb, resources

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._add_score(cell, resources)
        if not is_test(cell):
            return
        place = cell.metadata["nbgrader"]["grade_id"]
        grade = self.gradebook.find_grade(place, self.notebook_id, self.assignment_id, self.student_id)
        if self.broken or not_graded(cell):
            leave_to_a_person(grade)
            self.log.warning("%s: %s was not graded. A person must grade it.", self.student_id, place)
        elif share := cell.metadata.get(SHARE):
            grade.auto_score = round(share * grade.max_score, 2)
        self.gradebook.db.commit()


class TenthADay(LateSubmissionPlugin):
    """Late work loses a tenth of its points for each day that has begun, and all of them after a week."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """The points that are taken away."""
        days = math.ceil(total_seconds_late / 86_400)
        return score if days > 7 else round(score * days / 10, 2)


def cells_missing(student: str, grades: list[Grade]) -> str:
    """The sentence on graded cells that are not in a submitted file."""
    names = ", ".join(grade.name for grade in grades)
    return (
        f"{student}: not in the file, so nothing was scored: {len(grades)} graded cells ({names}). "
        "The nbgrader metadata was stripped, or cells were deleted. Fix: paste the answers into a fresh copy "
        "of the released file, put it into `submitted`, and autograde it again with `--force`."
    )


def leave_to_a_person(grade: Grade) -> None:
    """Take away the automatic score and ask for one by hand."""
    grade.auto_score, grade.needs_manual_grade = None, True


# --- feedback ---


class HideTests(NbGraderPreprocessor):
    """Takes hidden tests out of the feedback: their source, their traceback, and what was printed of them."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Clear a whole notebook; the message of what failed stays."""
        secrets: set[str] = set()
        tests = list(filter(is_test, nb.cells))
        for cell in tests:
            before = cell.source
            ClearHiddenTests().preprocess_cell(cell, resources, 0)
            secrets |= set(before.split("\n")) - set(cell.source.split("\n"))
            if cell.source != before:
                cell.outputs = errors_of(cell)
            for error in errors_of(cell):
                if error.ename not in ("NotPassed", "NotGraded"):
                    error.traceback = [f"{error.ename}: {error.evalue}"]  # the rest quotes the test
        seen = "\n".join(cell.source for cell in tests)  # `check(` stands in what everybody may read, too
        secrets = {line.strip() for line in secrets if line.strip() not in seen}
        for output in (output for cell in nb.cells for output in cell.get("outputs", [])):
            if output.output_type == "error":
                output.traceback = [without("\n".join(output.traceback), secrets)]
            elif output.output_type == "stream":
                output.text = without(output.text, secrets)
            else:
                output.data = {kind: without(data, secrets) for kind, data in output.data.items()}
        return nb, resources


def without(text: Any, secrets: set[str]) -> Any:
    """The text without colours and without lines that contain a secret; what is no text stays as it is."""
    if not isinstance(text, str):
        return text
    lines = ANSI.sub("", text).split("\n")
    kept = [line for line in lines if not any(secret in line for secret in secrets)]
    return "\n".join(kept)


class FeedbackPage(HTMLExporter):
    """nbgrader's feedback page without scripts, and with a policy that lets it load nothing."""

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own HTMLExporter
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[str, Any]:
        """The page and its resources."""
        text, resources = super().from_notebook_node(nb, resources, **options)
        text = re.sub(r"<script\b.*?</script\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        return text.replace("<head>", f"<head>\n{policy}", 1), resources


# --- export ---


class Grades(CsvExportPlugin):
    """nbgrader's CSV file with one more column: how many cells of a submission still wait for a person.

    Where nothing was handed in, the score is empty. Beside it stands a file for each assignment with a column
    for each exercise.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write `grades.csv`, or where `--to` says, and `grades_<assignment>.csv` beside it."""
        super().export(gradebook)
        path = Path(self.to or "grades.csv")
        for assignment in gradebook.assignments:
            beside = path.with_name(f"{path.stem}_{assignment.name}.csv")
            with beside.open("w", newline="", encoding="utf-8-sig") as file:
                csv.writer(file).writerows(by_exercise(gradebook, assignment.name))
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        waiting: dict[tuple[str, str], int] = {}
        for grade in gradebook.db.query(Grade):
            key = (grade.assignment.name, grade.student.id)
            waiting[key] = waiting.get(key, 0) + grade.needs_manual_grade
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*(rows[0] if rows else []), NEEDED])
            writer.writeheader()
            for row in rows:
                key = (row["assignment"], row["student_id"])
                none = dict.fromkeys(("raw_score", "late_submission_penalty", "score"), "")
                writer.writerow(row | ({NEEDED: waiting[key]} if key in waiting else none))


def by_exercise(gradebook: Gradebook, assignment: str) -> list[list[object]]:
    """A head, and for each submission who it is and the points of each exercise; "" where a person must look.

    The first columns are those that Canvas asks for; Moodle lets you say which column holds the student.
    """
    rows: dict[str, dict[str, float | str]] = {}
    names: list[str] = []
    for submission in gradebook.find_assignment(assignment).submissions:
        own = rows.setdefault(submission.student.id, {})
        for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
            name = re.sub(r"-(check|hidden|conclusion)$", "", grade.name)
            names += [name] if name not in names else []
            before = own.get(name, 0.0)
            waits = grade.needs_manual_grade or isinstance(before, str)
            own[name] = "" if waits else before + grade.score
    table: list[list[object]] = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names]]
    for who in sorted(rows):
        table.append(["", "", who, who, "", *map(rows[who].get, names)])
    return table
