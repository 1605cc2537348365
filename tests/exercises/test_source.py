"""How wrong answers are read: as edits of the solution, or as functions in the places of its own."""

import pytest

from tests.exercises.source import SOURCES, WRONG, edited, exercises_of, with_functions

SOLUTION = "A = 1\n\n\ndef f(x):\n    y = 2 * x\n    return y\n\n\ndef g(x):\n    y = x\n    return y\n"


def test_an_edit_replaces_removes_and_keeps_the_rest() -> None:
    assert edited(SOLUTION, "# -     y = 2 * x\n# +     y = 3 * x\n# +     y += 1\n") == SOLUTION.replace(
        "    y = 2 * x\n", "    y = 3 * x\n    y += 1\n"
    )
    two = "# - A = 1\n\n# -     y = x\n# -     return y\n# +     return x\n\n"
    assert edited(SOLUTION, two) == SOLUTION.replace("A = 1\n", "").replace(
        "    y = x\n    return y\n", "    return x\n"
    )


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("# -     y = 4 * x\n# +     y = x\n", "stands 0 times"),
        ("# -     return y\n# +     return x\n", "stands 2 times"),
        ("# - A = 1\n# + A = 2\nB = 3\n", "`B = 3` is no edit"),
        ("# + A = 2\n", "new lines without old ones"),
        ("# - A = 1\n# + A = 2\n# -     y = 2 * x\n# - A = 2\n", "stands 0 times"),
    ],
)
def test_an_edit_that_does_not_apply_is_an_error(edit: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        edited(SOLUTION, edit)


def test_functions_take_the_places_of_those_of_the_same_name() -> None:
    code = "@cache\ndef g(x):  # no y\n    return x\n\n\ndef h(x):\n    return f(x)\n"
    made = with_functions(SOLUTION, code)
    assert made.startswith(SOLUTION[: SOLUTION.index("def g")])
    assert made.count("def g") == 1 and "@cache\ndef g(x):  # no y\n    return x\n" in made
    assert made.endswith("def h(x):\n    return f(x)\n")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_exercise_has_its_file(source) -> None:
    files = {file.stem for file in (WRONG / source.stem).glob("*.py")}
    assert files == {exercise.name for exercise in exercises_of(source)}
