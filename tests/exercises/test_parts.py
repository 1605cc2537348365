"""Partial credit: parts that are right earn their share, in the fresh process and nowhere else."""

import pytest

from deepseek_book_utils.exercises.ch04.grpo import group_advantages
from deepseek_book_utils.exercises.checking import NotPassed, Wrong, check, check_unseen
from deepseek_book_utils.exercises.parts import judge_parts
from tests.exercises.source import SOURCES, exercises_of, namespace_of

SEVERAL = {
    "02_deep_learning_and_rl": {"softmax-backward": 3, "double-dqn": 2},
    "03_nlp": {
        "gradient-in-time": 2,
        "lstm-step": 2,
        "two-norms": 2,
        "hidden-words": 2,
        "distance-alone": 2,
        "beam-search": 2,
    },
    "04_policy_optimisation": {"step-back": 2, "nucleus-and-min-p": 2, "shaped-rewards": 2},
    "04_r1_zero": {"length-bias": 2},
    "05_cold_start": {"pass-at-k": 2, "tokens-read": 2},
    "06_distillation": {"soft-targets": 2, "teachers-pull": 2, "two-directions": 2, "drawn-words": 2},
}


def right() -> None:
    """A part without a fault."""


def wrong() -> None:
    raise Wrong("It is wrong.", "Look again.")


def test_all_parts_are_judged_and_the_first_wrong_one_speaks() -> None:
    with pytest.raises(Wrong) as told:
        judge_parts({"one": right, "two": wrong, "three": right})
    assert told.value.misconception == (
        "one ✔, two ✘, three ✔: 2 of 3 parts earn their points.\n  Two: It is wrong."
    )
    assert told.value.hint == "Look again." and told.value.share == 2 / 3
    judge_parts({"one": right, "two": right})


def test_a_part_that_needs_another_is_not_looked_at_without_it() -> None:
    with pytest.raises(Wrong) as told:
        judge_parts({"one": wrong, "two": right, "three": wrong}, after={"two": "one"})
    assert told.value.misconception.startswith("one ✘, two –, three ✘\n") and told.value.share == 0.0


def parts_of(answer: str) -> list[str]:
    """The functions of an answer that the student writes."""
    return [line.split("(")[0][4:] for line in answer.split("\n") if line.startswith("def ")]


@pytest.mark.parametrize(("stem", "name"), [(stem, name) for stem, few in SEVERAL.items() for name in few])
def test_the_first_function_alone_earns_its_share(stem: str, name: str) -> None:
    [source] = [path for path in SOURCES if path.stem == stem]
    [exercise] = [exercise for exercise in exercises_of(source) if exercise.name == name]
    names = namespace_of(source, "ada")
    exec(exercise.answer, names)
    last = parts_of(exercise.answer)[-1]
    exec(f"def {last}(*a, **k):\n    raise NotImplementedError()", names)
    for part in (exercise.check, exercise.hidden):
        with pytest.raises(NotPassed, match="There is no answer yet") as told:
            exec(part, names)
        assert told.value.share == pytest.approx(1 / SEVERAL[stem][name])


@pytest.mark.parametrize("judge", [check, check_unseen])
def test_a_share_that_an_answer_raises_is_none(judge) -> None:
    def answer(*arguments):
        raise Wrong("mine", share=1.0)

    grader = group_advantages if judge is check else "ch04.grpo.group_advantages"
    with pytest.raises(NotPassed) as told:
        judge(grader, answer, "ada", 1)
    assert told.value.share == 0.0
