"""The bug museum: a statement shows what its grader speaks of, lines, letters and the number of faults."""

import importlib
import re

import pytest

from deepseek_book_utils.exercises import checking
from deepseek_book_utils.exercises.ch04_museum import policies
from deepseek_book_utils.exercises.museum import Exhibit
from tests.exercises.source import SOURCES, cells_of

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
CALL = re.compile(r"check\(\s*(policies|practice)\.(\w+)")
WING = {"policies": "ch04_museum", "practice": "ch06_museum"}


def exhibits() -> list:
    """(statement, exhibit) of every exercise of every wing."""
    found = []
    for path in SOURCES:
        cells = cells_of(path) if "bug_museum" in path.stem else {}
        for name in [name for name in cells if name.endswith("-check")]:
            module, function = CALL.search(cells[name]).groups()
            grader = getattr(
                importlib.import_module(f"deepseek_book_utils.exercises.{WING[module]}.{module}"), function
            )
            used = (grader.__globals__.get(name) for name in grader.__code__.co_names)
            (exhibit,) = (value for value in used if isinstance(value, Exhibit))
            statement = cells[name.removesuffix("-check")]
            found.append(pytest.param(statement, exhibit, id=f"{path.stem}-{function}"))
    return found


@pytest.mark.parametrize(("statement", "exhibit"), exhibits())
def test_statement_and_grader_agree(statement, exhibit) -> None:
    program = re.search(r"```python\n(.*?)```", statement, re.DOTALL)[1]
    compile(program, "exhibit", "exec")
    numbers = [int(number) for number in re.findall(r"  # (\d+)$", program, re.MULTILINE)]
    assert numbers == list(range(1, exhibit.lines + 1))
    assert len(numbers) == sum(bool(line.strip()) for line in program.split("\n"))
    assert "".join(re.findall(r"^- \*\*\((\w)\)\*\* ", statement, re.MULTILINE)) == exhibit.letters
    assert f"{NUMBERS[len(exhibit.defects)]} lines are faulty" in statement.lower()


@pytest.mark.parametrize(("statement", "exhibit"), exhibits())
def test_every_line_has_one_verdict_and_every_letter_a_place(statement, exhibit) -> None:
    defects, innocent, also = (set(lines) for lines in (exhibit.defects, exhibit.innocent, exhibit.also))
    assert not defects & innocent and not defects & also
    assert defects | innocent | also <= set(range(1, exhibit.lines + 1))
    right = [defect.letter for defect in exhibit.defects.values()]
    assert len(set(right)) == len(right)  # no explanation fits two lines
    used = {
        *right,
        *exhibit.also.values(),
        *(letter for d in exhibit.defects.values() for letter in d.others),
    }
    assert used <= set(exhibit.letters)
    assert all(d.letter not in d.others and d.clue for d in exhibit.defects.values())


def test_hidden_tests_load_every_module_of_a_wing_and_leave_the_visible_checks_as_they_were() -> None:
    answer = (dict, print)
    with pytest.raises(Exception, match="There is no answer yet") as told:  # a NotPassed of its own
        checking.check_unseen("ch04_museum.policies.loading", answer, student="ada", salt=1)
    assert type(told.value).__name__ == "NotPassed"
    with pytest.raises(checking.NotPassed, match="There is no answer yet"):
        checking.check(policies.loading, answer)
