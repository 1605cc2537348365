"""What students, instructors and the book get from the exercise sources: `make assignments`.

From every `notebooks/exercises/NN_slug.ipynb`, into `_build/assignments`: the student's file (no solution, no
hidden test), the instructor's file, a course directory for the nbgrader command line; and the book's page
`book/exercises/NN_slug.md`. nbgrader's own preprocessors do the clearing and locking.
"""

import argparse
import copy
import os
import re
import sys
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.preprocessors import SaveCells

from tools.exercise_source import (
    SOLUTION,
    AssignmentError,
    counted,
    exercises_of,
    id_of,
    points_of,
    problems_of,
)
from tools.sync import ROOT, SyncError, name_of, read_notebook

COURSE_CONFIG = '''\
"""nbgrader's settings for this course. Add your own below; the instructors' page of the book says which."""

from deepseek_book_utils.exercises.nbgrader_support import configure

c = get_config()  # noqa: F821  (nbgrader defines it)
c.CourseDirectory.course_id = "dive-into-deepseek-llm"
configure(c)
# from deepseek_book_utils.exercises.nbgrader_support import TenthADay
# c.AssignLatePenalties.plugin_class = TenthADay  # late work: a tenth of the points a day, a week at most
'''


def with_lines(notebook: NotebookNode) -> NotebookNode:
    """A copy in which level, minutes and points stand under the heading of every exercise."""
    notebook = copy.deepcopy(notebook)
    for exercise in exercises_of(notebook):
        heading, _, rest = exercise.cells[""].source.partition("\n")
        exercise.cells[""].source = f"{heading}\n\n{exercise.line}\n\n{rest.lstrip()}"
    return notebook


def with_salt(notebook: NotebookNode, salt: int) -> NotebookNode:
    """A copy whose hidden tests draw their data from `salt`. Raises AssignmentError if one names no salt."""
    notebook = copy.deepcopy(notebook)
    for exercise in exercises_of(notebook):
        hidden = exercise.cells["-hidden"]
        hidden.source, count = re.subn(r"\bsalt=\d+", f"salt={salt}", hidden.source)
        if not count:
            raise AssignmentError(f"`{exercise.name}-hidden` has no `salt=`. Fix: give its check a salt.")
    return notebook


def released(notebook: NotebookNode) -> NotebookNode:
    """What `nbgrader generate_assignment` hands out, made by the same steps, without its database."""
    exporter = NotebookExporter()
    for step in GenerateAssignment().preprocessors:
        if step is not SaveCells:
            exporter.register_preprocessor(step, enabled=True)
    text, _ = exporter.from_notebook_node(copy.deepcopy(notebook))
    return nbformat.reads(text, as_version=4)


def page(notebook: NotebookNode, student: NotebookNode, stem: str, solutions: bool = True) -> str:
    """The book's page, in MyST: statements with hints, starter code, solutions folded or left out."""
    exercises = exercises_of(notebook)
    minutes = sum(exercise.cells[""].metadata["exercise"]["minutes"] for exercise in exercises)
    points = sum(points_of(exercise.cells) for exercise in exercises)
    handed_out = {id_of(cell): cell.source for cell in student.cells}
    counts = f"{counted(len(exercises), 'exercise')}, {counted(points, 'point')}, about {minutes} minutes"
    download = (
        f":::{{div}} pill\n{{download}}`Download the notebook </_build/assignments/student/{stem}.ipynb>`\n"
        f":::\n\n{counts} in all. Open the notebook in Colab (*File → Upload notebook*) or in JupyterLab. "
        "It needs no other file."
    )
    blocks = []
    for cell in notebook.cells:
        place = id_of(cell)
        part = "-" + place.rpartition("-")[2]
        if not place or part in ("-check", "-hidden") or cell.source.startswith("# sync:"):
            continue
        blocks.append(cell.source if cell.cell_type == "markdown" else _code(handed_out[place]))
        if part == "-conclusion":
            blocks[-1] = _folded("A conclusion", cell.source) if solutions else handed_out[place]
        elif part == "-answer" and solutions:
            blocks.append(_folded("Solution", _code(re.sub(rf" *### \w+ {SOLUTION}\n?", "", cell.source))))
        if len(blocks) == 1:
            blocks.append(download)
    return "\n\n".join(blocks) + "\n"


def _code(source: str) -> str:
    return f"````python\n{source.rstrip()}\n````"


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def files_of(source: Path, root: Path, salt: int | None = None, solutions: bool = True) -> dict[Path, str]:
    """Path -> text of all that is made from one source. Raises AssignmentError with everything to mend."""
    name = name_of(source, root)
    try:
        notebook = read_notebook(source)
    except SyncError as error:
        raise AssignmentError(f"{name}: {error}") from error
    problems = problems_of(notebook, name)
    if problems:
        raise AssignmentError("\n".join(map(str, problems)))
    notebook = with_lines(notebook if salt is None else with_salt(notebook, salt))
    student, build = released(notebook), root / "_build" / "assignments"
    instructor = nbformat.writes(notebook) + "\n"
    return {
        build / "student" / source.name: nbformat.writes(student) + "\n",
        build / "instructor" / source.name: instructor,
        build / "course" / "source" / source.stem / source.name: instructor,
        root / "book" / "exercises" / f"{source.stem}.md": page(notebook, student, source.stem, solutions),
    }


def write(root: Path = ROOT, salt: int | None = None, solutions: bool | None = None) -> list[Path]:
    """Write everything for all sources, or nothing; returns the sources. Raises AssignmentError.

    The pages have no solutions where `solutions` is false, or the environment says SOLUTIONS=0.
    """
    if solutions is None:
        solutions = os.environ.get("SOLUTIONS", "1") != "0"
    sources = sorted((root / "notebooks" / "exercises").glob("*.ipynb"))
    build = root / "_build" / "assignments"
    files = {build / "course" / "nbgrader_config.py": COURSE_CONFIG}
    problems = []
    for source in sources:
        try:
            files |= files_of(source, root, salt, solutions)
        except AssignmentError as error:
            problems.append(str(error))
    if problems:
        raise AssignmentError("\n".join(problems))
    for folder in (build / "student", build / "instructor", root / "book" / "exercises"):
        for old in set(folder.glob("*.*")) - set(files):  # of sources that are gone
            old.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return sources


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.assignments", description=__doc__)
    parser.add_argument(
        "--salt", type=int, help="a number of your own: hidden tests on data that nobody else has"
    )
    try:
        sources = write(root, parser.parse_args(arguments).salt)
    except AssignmentError as error:
        print(f"assignments: {error}", file=sys.stderr)
        return 1
    for source in sources:
        exercises = exercises_of(read_notebook(source))
        points = sum(points_of(exercise.cells) for exercise in exercises)
        print(
            f"assignments: {source.stem}, {counted(len(exercises), 'exercise')}, {counted(points, 'point')}"
        )
    print(f"assignments: student, instructor and course in {name_of(root / '_build' / 'assignments', root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
