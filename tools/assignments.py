"""What students, instructors and the book get from the exercise sources: `make assignments`.

From every `notebooks/exercises/NN_slug.ipynb`, into `_build/assignments`: the student's file (no solution, no
hidden test), the instructor's file, a course directory for the nbgrader command line; and the book's page
`book/exercises/NN_slug.md`. nbgrader's own preprocessors do the clearing and locking.
"""

import argparse
import copy
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.preprocessors import SaveCells

from tools.sync import ROOT, Problem, SyncError, name_of, read_notebook

PARTS = ("", "-answer", "-check", "-hidden")
LEVELS = ("easy", "medium", "hard")
SOLUTION, HIDDEN = "SOLUTION", "HIDDEN TESTS"
HIDDEN_COMMENT = "# Other data, seen only when your work is graded."
COURSE_CONFIG = '''\
"""nbgrader's settings for this course. Add your own below; the instructors' page of the book says which."""

from deepseek_book_utils.exercises.nbgrader_support import configure

c = get_config()  # noqa: F821  (nbgrader defines it)
c.CourseDirectory.course_id = "dive-into-deepseek-llm"
configure(c)
'''


class AssignmentError(ValueError):
    """Exercise sources that a person must mend; the message says which cells, and how."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its cells by the ending of their grade_id ("", "-answer", ...)."""

    name: str
    cells: dict[str, NotebookNode]

    @property
    def line(self) -> str:
        """Level, minutes, and the points of all its cells together: `*easy · 10 minutes · 4 points*`."""
        facts = self.cells[""].metadata["exercise"]
        minutes = _counted(facts["minutes"], "minute")
        return f"*{facts['level']} · {minutes} · {_counted(points_of(self.cells), 'point')}*"


def _counted(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def points_of(cells: dict[str, NotebookNode]) -> float:
    """The points that the graded cells among `cells` carry together."""
    return sum(mark(cell, "points") or 0 for cell in cells.values() if mark(cell, "grade"))


def mark(cell: NotebookNode, key: str) -> float:
    """What nbgrader's metadata of the cell says under `key`; 0 where it says nothing."""
    return cell.metadata.get("nbgrader", {}).get(key) or 0


def id_of(cell: NotebookNode) -> str:
    """The cell's grade_id; "" for a plain cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def exercises_of(notebook: NotebookNode) -> list[Exercise]:
    """The exercises of a source, in order; of a faulty one, those cells that there are."""
    cells = {id_of(cell): cell for cell in notebook.cells}
    names = [id_of(cell) for cell in notebook.cells if "exercise" in cell.metadata]
    parts = (*PARTS, "-conclusion")
    return [Exercise(n, {part: cells[n + part] for part in parts if n + part in cells}) for n in names]


def hidden_lines(notebook: NotebookNode) -> set[str]:
    """The lines between the markers of hidden tests, less those that stand in other cells, as `check(`."""
    region = re.compile(rf"### BEGIN {HIDDEN}\n(.*?)### END {HIDDEN}", flags=re.DOTALL)
    hidden = {
        line.strip()
        for cell in notebook.cells
        for text in region.findall(cell.source)
        for line in text.split("\n")
    }
    seen = "\n".join(region.sub("", cell.source) for cell in notebook.cells)
    return {line for line in hidden if line not in seen}


# --- what a source must be ---


def problems_of(notebook: NotebookNode, name: str) -> list[Problem]:
    """Everything that keeps this source from being an assignment."""
    places: dict[str, int] = {}
    problems = []
    for number, cell in enumerate(notebook.cells, start=1):
        place = id_of(cell)
        if place and place in places:
            problems.append((number, f"`{place}` is cell {places[place]} too. Fix: name it otherwise."))
        places.setdefault(place, number)
        problems += [(number, message) for message in _cell_problems(cell)]
    exercises = exercises_of(notebook)
    if not exercises:
        problems.append(
            (0, 'holds no exercise. Fix: give a statement the metadata `exercise: {"level": …}`.')
        )
    for exercise in exercises:
        problems += [(places[exercise.name], message) for message in _exercise_problems(exercise, places)]
    names = tuple(exercise.name for exercise in exercises)
    for place, number in places.items():
        owner, _, part = place.rpartition("-")
        if f"-{part}" in PARTS and owner not in names:
            message = f"`{place}` belongs to no statement. Fix: a markdown cell `{owner}` with the metadata"
            problems.append((number, f'{message} `exercise: {{"level": "easy", "minutes": 10}}`.'))
    return [Problem(name, number, message) for number, message in sorted(problems)]


def _cell_problems(cell: NotebookNode) -> list[str]:
    """What is wrong with a cell by itself: flags, points, markers."""
    place, found = id_of(cell), []
    part = "-" + place.rpartition("-")[2]
    wanted = {"-answer": (0, 1, 0), "-check": (1, 0, 1), "-hidden": (1, 0, 1), "-conclusion": (1, 1, 0)}
    grade, solution, locked = wanted.get(part, (0, 0, 1))
    flags = tuple(int(mark(cell, key)) for key in ("grade", "solution", "locked"))
    if place and flags != (grade, solution, locked):
        asked = f"grade={bool(grade)}, solution={bool(solution)}, locked={bool(locked)}"
        found.append(f"`{place}` has other nbgrader metadata than {asked}. Fix: set it so.")
    if place and grade and not mark(cell, "points") > 0:
        found.append(f"`{place}` carries no points. Fix: `points` above 0 in its nbgrader metadata.")
    for marker, owners in ((SOLUTION, ("-answer", "-conclusion")), (HIDDEN, ("-hidden",))):
        lines = re.findall(rf"### (BEGIN|END) {marker}$", cell.source, flags=re.MULTILINE)
        here = part in owners
        if len(lines) != cell.source.count(marker) or lines != ["BEGIN", "END"] * (len(lines) // 2):
            found.append(f"has broken {marker} markers. Fix: `### BEGIN {marker}` … `### END {marker}`.")
        elif lines and not here:
            found.append(f"has {marker} markers. Fix: move them to a cell `<name>{owners[0]}`.")
        elif here and not lines and part != "-conclusion":
            fix = f"put `### BEGIN {marker}` and `### END {marker}` around it"
            found.append(f"`{place}` has no {marker} markers and would be handed out. Fix: {fix}.")
    outside = re.sub(rf"### BEGIN {HIDDEN}\n.*?### END {HIDDEN}", "", cell.source, flags=re.DOTALL).strip()
    if part == "-hidden" and HIDDEN in cell.source and outside != HIDDEN_COMMENT:
        found.append(f"`{place}` has more than `{HIDDEN_COMMENT}` outside the markers. Fix: move it inside.")
    return found


def _exercise_problems(exercise: Exercise, places: dict[str, int]) -> list[str]:
    """What is wrong with an exercise as a whole: its cells, its heading, level and minutes."""
    name, cells, found = exercise.name, exercise.cells, []
    for part in PARTS:
        if part not in cells:
            found.append(f"`{name}` has no cell `{name}{part}`. Fix: add it, or mend its grade_id.")
    order = [places[name + part] for part in cells]
    if order != sorted(order):
        found.append(f"`{name}` has its cells in another order than statement, answer, check, hidden.")
    for part, kind in zip(
        (*PARTS, "-conclusion"), ("markdown", "code", "code", "code", "markdown"), strict=True
    ):
        if part in cells and cells[part].cell_type != kind:
            found.append(f"`{name}{part}` is no {kind} cell. Fix: change its type.")
    if not re.match(r"## \S", cells[""].source):
        found.append(f"`{name}` does not begin with `## Title`. Fix: begin with its heading.")
    facts = cells[""].metadata["exercise"]
    if facts.get("level") not in LEVELS:
        found.append(f"`{name}` has no level. Fix: `level` {', '.join(LEVELS)} in its exercise metadata.")
    if not isinstance(facts.get("minutes"), int) or not facts["minutes"] > 0:
        found.append(f"`{name}` has no minutes. Fix: a whole number `minutes` in its exercise metadata.")
    return found


# --- what is made of it ---


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


def page(notebook: NotebookNode, student: NotebookNode, stem: str) -> str:
    """The book's page, in MyST: statements with their hints, starter code, folded solutions; runs nothing."""
    exercises = exercises_of(notebook)
    minutes = sum(exercise.cells[""].metadata["exercise"]["minutes"] for exercise in exercises)
    points = sum(points_of(exercise.cells) for exercise in exercises)
    handed_out = {id_of(cell): cell.source for cell in student.cells}
    counts = f"{_counted(len(exercises), 'exercise')}, {_counted(points, 'point')}, about {minutes} minutes"
    download = (
        f"{counts} in all. {{download}}`Download the notebook </_build/assignments/student/{stem}.ipynb>` "
        "and open it in Colab (*File → Upload notebook*) or in JupyterLab. It needs no other file."
    )
    blocks = []
    for cell in notebook.cells:
        place = id_of(cell)
        part = "-" + place.rpartition("-")[2]
        if not place or part in ("-check", "-hidden") or cell.source.startswith("# sync:"):
            continue
        blocks.append(cell.source if cell.cell_type == "markdown" else _code(handed_out[place]))
        if part == "-conclusion":
            blocks[-1] = _folded("A conclusion", cell.source)
        elif part == "-answer":
            blocks.append(_folded("Solution", _code(re.sub(rf" *### \w+ {SOLUTION}\n?", "", cell.source))))
        if len(blocks) == 1:
            blocks.append(download)
    return "\n\n".join(blocks) + "\n"


def _code(source: str) -> str:
    return f"````python\n{source.rstrip()}\n````"


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def files_of(source: Path, root: Path, salt: int | None = None) -> dict[Path, str]:
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
        root / "book" / "exercises" / f"{source.stem}.md": page(notebook, student, source.stem),
    }


def write(root: Path = ROOT, salt: int | None = None) -> list[Path]:
    """Write everything for all sources, or nothing; returns the sources. Raises AssignmentError."""
    sources = sorted((root / "notebooks" / "exercises").glob("*.ipynb"))
    build = root / "_build" / "assignments"
    files = {build / "course" / "nbgrader_config.py": COURSE_CONFIG}
    problems = []
    for source in sources:
        try:
            files |= files_of(source, root, salt)
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
            f"assignments: {source.stem}, {_counted(len(exercises), 'exercise')}, {_counted(points, 'point')}"
        )
    print(f"assignments: student, instructor and course in {name_of(root / '_build' / 'assignments', root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
