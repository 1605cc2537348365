"""An exercise source as its tests see it, and the collections of wrong answers."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools.sync import ROOT

SOURCES = sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb"))
assert SOURCES, "no exercise sources in notebooks/exercises"
WRONG = Path(__file__).parent / "wrong_answers"
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


def cells_of(path: Path) -> dict[str, str]:
    """Cell id -> source."""
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


def exercises_of(path: Path) -> list[Exercise]:
    """The exercises of a source, in order."""
    cells = cells_of(path)
    names = [name.removesuffix("-answer") for name in cells if name.endswith("-answer")]
    return [
        Exercise(path.stem, name, *(cells[f"{name}-{part}"] for part in ("answer", "check", "hidden")))
        for name in names
    ]


def wrong_answers_of(path: Path) -> list[WrongAnswer]:
    """The cells of `wrong_answers/NN_slug.py`, each under `# %% exercise | what it must be told`."""
    _, *parts = re.split(
        r"^# %% ", (WRONG / f"{path.stem}.py").read_text(encoding="utf8"), flags=re.MULTILINE
    )
    found = []
    for part in parts:
        header, _, code = part.partition("\n")
        exercise, _, says = header.partition(" | ")
        found.append(WrongAnswer(exercise.strip(), says.strip(), code))
    return found


def namespace_of(path: Path, student: str) -> dict[str, object]:
    """What a student's kernel holds once imports and name stand."""
    names: dict[str, object] = {"__name__": "__main__"}
    cells = cells_of(path)
    exec(cells["imports"], names)
    names["STUDENT"] = student
    return names
