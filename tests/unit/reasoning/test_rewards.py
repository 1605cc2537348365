"""Rewards by rule, and responses that try to deceive them."""

import pytest

from deepseek_book_utils.reasoning.language import Problem
from deepseek_book_utils.reasoning.rewards import (
    RewardWeights,
    accuracy_reward,
    format_reward,
    language_counts,
    language_reward,
    reward,
    thoughts,
)

GOOD = "<think> 9 a *3 7 b -1 6 </think> <ans> 6 </ans> <eos>"
PROBLEM = Problem(9, ("*3", "-1"))  # the answer is 6


@pytest.mark.parametrize(
    ("response", "accuracy", "form"),
    [
        (GOOD, 1, 1),
        (GOOD.replace("<ans> 6", "<ans> 7"), 0, 1),  # well-formed and wrong
        ("<think> </think> <ans> 6 </ans> <eos>", 1, 1),  # an empty think is allowed, and guesses
        # truncated: nothing is earned before the end is written
        (GOOD.removesuffix(" <eos>"), 0, 0),
        ("<think> 9 a *3 7 b -1", 0, 0),
        ("", 0, 0),
        ("<eos>", 0, 0),
        # two answers: only the first counts, and neither is good form
        ("<think> 9 </think> <ans> 6 </ans> <ans> 7 </ans> <eos>", 1, 0),
        ("<think> 9 </think> <ans> 7 </ans> <ans> 6 </ans> <eos>", 0, 0),
        ("<think> 9 <ans> 6 </ans> </think> <ans> 7 </ans> <eos>", 1, 0),  # answered while thinking
        ("<think> 9 </think> <ans> 5 6 </ans> <eos>", 0, 0),
        # nested and repeated tags
        ("<think> <think> 9 </think> </think> <ans> 6 </ans> <eos>", 1, 0),
        ("<think> 9 </think> <think> 9 </think> <ans> 6 </ans> <eos>", 1, 0),
        ("<think> 9 </think> <ans> <ans> 6 </ans> </ans> <eos>", 0, 0),  # the first holds a mark
        ("<think> 9 </think> <ans> 3 <ans> 6 </ans> <eos>", 0, 0),  # and this one is never closed
        ("<ans> 3 <ans> 6 </ans> <eos>", 0, 0),
        ("<think> 9 </think> <ans> 5 6 </ans> <ans> 6 </ans> <eos>", 0, 0),
        # digits of other scripts
        ("<think> </think> <ans> ６ </ans> <eos>", 0, 0),
        ("<think> </think> <ans> ٦ </ans> <eos>", 0, 0),
        # over two lines
        ("<ans> 7 </ans>\n<ans> 6 </ans> <eos>", 0, 0),
        ("9\n<ans> 6 </ans> <eos>", 1, 0),
        # answer never closed, or empty, or outside its tags
        ("<think> 9 </think> <ans> 6 <eos>", 0, 0),
        ("<think> 9 </think> <ans> </ans> <eos>", 0, 0),
        ("<think> 9 </think> 6 <eos>", 0, 0),
        ("<think> 9 6 <eos>", 0, 0),
        ("<think> 9 <ans> 6 </ans> <eos>", 1, 0),  # never stopped thinking
        ("<ans> 6 </ans> <eos>", 1, 0),
        # an answer in the other language is not read
        (GOOD.replace("<ans> 6", "<ans> 六"), 0, 0),
        # words before, between or after the parts
        ("9 " + GOOD, 1, 0),
        (GOOD.replace("</think> ", "</think> 9 "), 1, 0),
        (GOOD.replace(" <eos>", " 9 <eos>"), 1, 0),
        (GOOD + " <eos>", 1, 0),
    ],
)
def test_accuracy_and_form(response, accuracy, form) -> None:
    assert accuracy_reward(response, PROBLEM.answer) == accuracy
    assert format_reward(response) == form
    assert reward(response, PROBLEM, RewardWeights()) == accuracy + 0.2 * form


def test_every_digit_is_read() -> None:
    for digit in range(10):
        response = f"<think> </think> <ans> {digit} </ans> <eos>"
        assert [accuracy_reward(response, answer) for answer in range(10)].index(1.0) == digit
        assert sum(accuracy_reward(response, answer) for answer in range(10)) == 1


@pytest.mark.parametrize(
    ("response", "share", "paid"),
    [
        (GOOD, (5, 0), 1.0),  # 9 *3 7 -1 6; the labels a and b belong to neither language
        ("<think> 九 a 乘三 七 b 减一 六 </think> <ans> 6 </ans> <eos>", (0, 5), 0.0),
        ("<think> 9 a 乘三 七 check 7 </think> <ans> 6 </ans> <eos>", (3, 2), 0.6),
        ("<think> 9 a *3 7 等 九 </think> <ans> 6 </ans> <eos>", (3, 2), 0.6),
        ("<think> 9 七 </think> <ans> 6 </ans> <eos>", (1, 1), 0.5),  # as many of each
        ("<think> </think> <ans> 6 </ans> <eos>", (0, 0), 0.0),  # silence is no language
        ("<think> a b c </think> <ans> 6 </ans> <eos>", (0, 0), 0.0),
        ("<think> 9 a *3 7 <ans> 6 </ans> <eos>", (4, 0), 0.0),  # without form all words count, none is paid
        ("<think> 9 a *3 7", (3, 0), 0.0),
    ],
)
def test_language_is_that_of_a_well_formed_think_part(response, share, paid) -> None:
    assert language_counts(response) == share
    assert language_reward(response) == pytest.approx(paid)
    weights = RewardWeights(accuracy=0.0, format=0.0, language=0.5)
    assert reward(response, PROBLEM, weights) == pytest.approx(0.5 * paid)


def test_thoughts() -> None:
    assert " ".join(thoughts(GOOD)) == "9 a *3 7 b -1 6"
    assert thoughts("<think> 9 a") == ["<think>", "9", "a"]


def test_weights_are_what_they_pay() -> None:
    weights = RewardWeights(accuracy=2.0, format=0.5, language=0.25)
    assert reward(GOOD, PROBLEM, weights) == 2.75
    assert reward(GOOD, Problem(1, ("+1",)), weights) == 0.75
    assert RewardWeights() == RewardWeights(1.0, 0.2, 0.0)  # R1-Zero knows no language reward


@pytest.mark.parametrize("name", ["accuracy", "format", "language"])
def test_no_rule_pays_less_than_nothing(name) -> None:
    with pytest.raises(ValueError, match=f"{name} = -0.1 makes no sense"):
        RewardWeights(**{name: -0.1})
