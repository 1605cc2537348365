"""Every small fault in a solution, and every argument that it ignores, is noticed by check or hidden test."""

import contextlib
import io
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepseek_book_utils.exercises import checking
from tests.exercises.equivalent_mutants import EQUIVALENT, FREE
from tests.exercises.source import SOURCES, Exercise, exercises_of, namespace_of
from tools.mutants import mutants_of

EXERCISES = {
    f"{path.stem}/{exercise.name}": (path, exercise) for path in SOURCES for exercise in exercises_of(path)
}
NOTICED = ("NotPassed",)  # the hidden tests have a class of their own, of the same name


def noticed(
    path: Path, exercise: Exercise, answer: str, change: Callable[[dict], None] | None = None
) -> bool:
    """Whether check or hidden tests refuse this answer; `change` is made to its names before they run."""
    names = namespace_of(path, "ada")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(answer, names)
            if change:
                change(names)
            exec(exercise.check, names)
            exec(exercise.hidden, names)
    except Exception as told:  # noqa: BLE001 - whatever a student may see
        # an answer cell that stops is seen by the student at once
        return type(told).__name__ in NOTICED or not _in_grader(told)
    return False


def _in_grader(error: Exception) -> bool:
    """Whether an error comes from a grader: our fault, never a verdict."""
    trace, last = error.__traceback__, ""
    while trace:
        last, trace = trace.tb_frame.f_code.co_filename, trace.tb_next
    return "exercises" in last


@pytest.fixture(autouse=True)
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants that never end fill most of the time of these tests; right answers take a tenth of this."""
    monkeypatch.setattr(checking, "COMPUTING", 1.0)


@pytest.mark.parametrize("name", EXERCISES)
def test_every_mechanical_mutant_is_noticed(name: str) -> None:
    path, exercise = EXERCISES[name]
    argued = {fault for fault in EQUIVALENT.get(name, {}) if ", argument " not in fault}
    mutants = [m for m in mutants_of(exercise.answer) if m.function not in FREE.get(name, ())]
    alive = {m.fault for m in mutants if not noticed(path, exercise, m.source)}
    assert alive - argued == set(), "noticed by no test: mend the grader, or argue that nothing changes"
    assert argued - alive == set(), "argued to be equivalent, and noticed, or no longer made"


def remembering(function: Callable[..., Any], place: int) -> Callable[..., Any]:
    """The function, with what stood in this place in its first call."""
    kept: list[Any] = []

    def with_the_first(*arguments: Any) -> Any:
        kept.append(arguments[place])
        return function(*arguments[:place], kept[0], *arguments[place + 1 :])

    return with_the_first


def arguments_of(name: str) -> list[tuple[str, int]]:
    """(function, place of an argument) of all functions of an answer."""
    path, exercise = EXERCISES[name]
    names = namespace_of(path, "ada")
    known = set(names)
    exec(exercise.answer, names)
    functions = [f for key, f in names.items() if key not in known and isinstance(f, types.FunctionType)]
    free = FREE.get(name, ())
    return [
        (f.__name__, place)
        for f in functions
        if f.__name__ not in free
        for place in range(f.__code__.co_argcount)
    ]


@pytest.mark.parametrize("name", EXERCISES)
def test_no_argument_can_be_ignored(name: str) -> None:
    path, exercise = EXERCISES[name]
    ignored = []
    for function, place in arguments_of(name):

        def change(names: dict, function: str = function, place: int = place) -> None:
            names[function] = remembering(names[function], place)

        if not noticed(path, exercise, exercise.answer, change):
            ignored.append(f"{function}, argument {place}")
    assert set(ignored) == {fault for fault in EQUIVALENT.get(name, {}) if ", argument " in fault}
