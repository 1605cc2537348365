"""An exercise source as its tests see it, and the collections of wrong answers."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import nbformat

from tools.sync import ROOT

SOURCES = sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb"))
assert SOURCES, "no exercise sources in notebooks/exercises"
HERE = Path(__file__).parent
WRONG = HERE / "wrong_answers"
DEFINITION = (ast.FunctionDef, ast.ClassDef)
SOLUTION = re.compile(r"([ \t]*)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)


@dataclass(frozen=True)
class Exercise:
    """The code of one exercise: its answer cell, and its two graded cells."""

    assignment: str
    name: str
    answer: str
    check: str
    hidden: str

    @property
    def blank(self) -> str:
        """The answer cell as it is handed out."""
        return SOLUTION.sub(r"\1raise NotImplementedError()", self.answer)


@dataclass(frozen=True)
class WrongAnswer:
    """Code that stands in the answer cell's place, and words that the student must then be told."""

    exercise: str
    says: str
    code: str


@cache  # nbformat checks a notebook for longer than a grader takes
def cells_of(path: Path) -> Mapping[str, str]:
    """Cell id -> source."""
    return MappingProxyType({cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells})


def exercises_of(path: Path) -> list[Exercise]:
    """The exercises of a source, in order."""
    cells = cells_of(path)
    names = [name.removesuffix("-answer") for name in cells if name.endswith("-answer")]
    return [
        Exercise(path.stem, name, *(cells[f"{name}-{part}"] for part in ("answer", "check", "hidden")))
        for name in names
    ]


def wrong_answers_of(path: Path) -> list[WrongAnswer]:
    """The cells of `wrong_answers/NN_slug/<exercise>.py`, each under `# %% what the student must be told`."""
    return answers_in("wrong_answers", path)


def answers_in(folder: str, path: Path) -> list[WrongAnswer]:
    """The cells of `folder/NN_slug/<exercise>.py`, each under `# %% ` and what is to be said of it.

    A cell of lines `# - old` and `# + new` edits the solution; any other takes the place of its functions.
    Raises ValueError on a file without an exercise, or an edit that does not apply.
    """
    exercises = {exercise.name: exercise for exercise in exercises_of(path)}
    found = []
    for file in sorted((HERE / folder / path.stem).glob("*.py")):
        if file.stem not in exercises:
            raise ValueError(f"{file}: {path.stem} has no exercise of this name. Take one of {[*exercises]}.")
        _, *cells = re.split(r"^# %% ", file.read_text(encoding="utf8"), flags=re.MULTILINE)
        for cell in cells:
            says, _, code = cell.partition("\n")
            make = edited if re.match(r"# [-+] ", code) else with_functions
            try:
                found.append(WrongAnswer(file.stem, says.strip(), make(exercises[file.stem].answer, code)))
            except ValueError as error:
                raise ValueError(f"{file}, under `{says}`: {error}") from error
    return found


def edited(solution: str, edits: str) -> str:
    """The solution after edits: `# - ` and a line of it, `# + ` and what stands there instead.

    Old lines in a row go together; an empty line parts them. Raises ValueError where they do not stand in the
    solution exactly once.
    """
    lines = solution.splitlines()
    rows = [row for row in edits.splitlines() if row]
    if wrong := [row for row in rows if not re.match(r"# [-+] ", row)]:
        raise ValueError(f"`{wrong[0]}` is no edit: begin every line with `# - ` or `# + `.")
    blocks = re.findall(r"((?:# - .*\n)+)((?:# \+ .*\n)*)", edits.rstrip() + "\n")
    if sum(len((old + new).splitlines()) for old, new in blocks) < len(rows):
        raise ValueError("new lines without old ones: name the lines that they replace.")
    for parts in blocks:
        old, new = ([line[4:] for line in part.splitlines()] for part in parts)
        places = [i for i in range(len(lines)) if lines[i : i + len(old)] == old]
        if len(places) != 1:
            raise ValueError(f"{old} stands {len(places)} times in the solution: take lines that stand once.")
        lines[places[0] : places[0] + len(old)] = new
    return "\n".join(lines) + "\n"


def with_functions(solution: str, code: str) -> str:
    """The solution with this code's functions and classes in the places of its own; the rest goes last."""
    lines, rest = solution.splitlines(), code.splitlines()
    places = {node.name: node for node in ast.parse(solution).body if isinstance(node, DEFINITION)}
    found = {node.name: node for node in ast.parse(code).body if isinstance(node, DEFINITION)}
    found = {name: node for name, node in found.items() if name in places}
    for name in sorted(found, key=lambda name: -places[name].lineno):
        lines[span(places[name])] = rest[span(found[name])]
    for node in reversed(found.values()):
        del rest[span(node)]
    return "\n".join([*lines, *rest]).rstrip() + "\n"


def span(node: ast.FunctionDef | ast.ClassDef) -> slice:
    """The lines of a definition, its decorators included."""
    return slice(min(part.lineno for part in (node, *node.decorator_list)) - 1, node.end_lineno)


def namespace_of(path: Path, student: str) -> dict[str, object]:
    """What a student's kernel holds once imports and name stand."""
    names: dict[str, object] = {"__name__": "__main__"}
    cells = cells_of(path)
    exec(cells["imports"], names)
    names["STUDENT"] = student
    return names
