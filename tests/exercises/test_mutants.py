"""Right answers pass; blank and wrong ones fail with their own message, in check and hidden tests alike."""

import collections

import pytest

from tests.exercises.source import (
    SOURCES,
    Exercise,
    WrongAnswer,
    exercises_of,
    namespace_of,
    wrong_answers_of,
)

EXERCISES = {(path, exercise.name): exercise for path in SOURCES for exercise in exercises_of(path)}
WRONG = {path: wrong_answers_of(path) for path in SOURCES}
GRADED = ("check", "hidden")
GENERAL = {
    "The result differs",
    "still running",
    "returns nothing",
    "has the shape",
}  # not of one exercise only
STUDENTS = ("ada", "your-id", "学生")


def verdict(path, exercise: Exercise, answer: str, part: str, student: str) -> str:
    """What the student is told: '' if the answer passes."""
    names = namespace_of(path, student)
    try:
        exec(answer, names)
        exec(getattr(exercise, part), names)
    except Exception as told:
        if type(told).__name__ != "NotPassed":  # the hidden tests have a class of their own
            raise
        return str(told)
    return ""


@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("part", GRADED)
@pytest.mark.parametrize(("path", "name"), EXERCISES, ids=lambda value: getattr(value, "stem", value))
def test_the_solution_passes(path, name, part, student) -> None:
    exercise = EXERCISES[path, name]
    assert verdict(path, exercise, exercise.answer, part, student) == ""


@pytest.mark.parametrize("part", GRADED)
@pytest.mark.parametrize(("path", "name"), EXERCISES, ids=lambda value: getattr(value, "stem", value))
def test_a_blank_answer_fails_as_blank(path, name, part) -> None:
    exercise = EXERCISES[path, name]
    assert "There is no answer yet." in verdict(path, exercise, exercise.blank, part, "ada")


def cases() -> list:
    """Every wrong answer, in the check and in the hidden tests."""
    return [
        pytest.param(path, wrong, part, id=f"{path.stem}-{wrong.exercise}-{number}-{part}")
        for path in SOURCES
        for number, wrong in enumerate(WRONG[path])
        for part in GRADED
    ]


@pytest.mark.parametrize(("path", "wrong", "part"), cases())
def test_a_wrong_answer_fails_with_its_own_message(path, wrong: WrongAnswer, part, record_property) -> None:
    record_property("exercise", f"{path.stem} {wrong.exercise}")
    assert wrong.says
    for student in STUDENTS[:1] if wrong.says == "still running" else STUDENTS:
        assert wrong.says in verdict(path, EXERCISES[path, wrong.exercise], wrong.code, part, student)


@pytest.mark.parametrize(("path", "name"), EXERCISES, ids=lambda value: getattr(value, "stem", value))
def test_every_exercise_ships_wrong_answers_with_messages_of_their_own(path, name) -> None:
    messages = collections.Counter(wrong.says for wrong in WRONG[path] if wrong.exercise == name)
    own = [
        says
        for says in messages
        if not says.startswith(("The result differs", "still running", "returns nothing"))
    ]
    assert messages.total() >= 4 and len(own) >= 3, f"{name}: {dict(messages)}"
