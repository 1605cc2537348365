"""What an exercise source holds, cell by cell, and what is wrong with it: `make check` says so too."""

import re
from dataclasses import dataclass

from nbformat import NotebookNode

from tools.sync import Problem

PARTS = ("", "-answer", "-check", "-hidden")
LEVELS = ("easy", "medium", "hard")
SOLUTION, HIDDEN = "SOLUTION", "HIDDEN TESTS"
HIDDEN_COMMENT = "# Other data, seen only when your work is graded."


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
        minutes = counted(facts["minutes"], "minute")
        return f"*{facts['level']} · {minutes} · {counted(points_of(self.cells), 'point')}*"


def counted(number: float, noun: str) -> str:
    """`1 exercise`, `2 exercises`."""
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
