"""Responses by style, by vote and by language, worked by hand."""

import math

import pytest

from deepseek_book_utils.reasoning.evaluation import by_style, in_chinese, reflection, style_of, votes
from deepseek_book_utils.reasoning.language import Problem
from tests.unit.reasoning.test_evaluation import (
    ASKED,
    CAUGHT,
    EMPTY,
    FALSE_ALARM,
    OVERLOOKED,
    PLAIN,
    TRUNCATED,
)


def test_styles() -> None:
    responses = (PLAIN, CAUGHT, OVERLOOKED, EMPTY, TRUNCATED)
    assert [style_of(one) for one in responses] == ["plain", "checked", "checked", "empty", "plain"]


def test_share_accuracy_and_length_by_style() -> None:
    six = Problem(9, ("*3", "-1"))  # whose answer is 6, so that EMPTY (4) and PLAIN (1) are wrong
    found = by_style([PLAIN, CAUGHT, EMPTY, PLAIN], [ASKED, six])
    assert found == {
        "empty_share": 1 / 4,
        "empty_accuracy": 0.0,
        "empty_length": 6.0,
        "plain_share": 2 / 4,
        "plain_accuracy": 1 / 2,
        "plain_length": 16.0,
        "checked_share": 1 / 4,
        "checked_accuracy": 1.0,
        "checked_length": float(len(CAUGHT.split())),
        "thinking_share": 3 / 4,
        "thinking_accuracy": pytest.approx(2 / 3),
        "thinking_length": pytest.approx((2 * 16 + len(CAUGHT.split())) / 3),
    }


def test_every_group_is_judged_by_its_own_problem() -> None:
    six = Problem(9, ("*3", "-1"))
    found = by_style([PLAIN] * 3 + [FALSE_ALARM] * 3, [ASKED, six])
    assert found["plain_accuracy"] == found["checked_accuracy"] == found["thinking_accuracy"] == 1


def test_a_style_that_nobody_writes_has_no_mean() -> None:
    found = by_style([EMPTY], [ASKED])
    assert found["checked_share"] == found["thinking_share"] == 0
    assert all(math.isnan(found[f"{style}_accuracy"]) for style in ("checked", "plain", "thinking"))


def test_conditional_rates_count_checked_mistakes_alone() -> None:
    """CAUGHT repairs its wrong step, OVERLOOKED checks one and believes it, and the last never looks."""
    wrong = "<think> 9 a *3 5 b -1 4 </think> <ans> 4 </ans> <eos>"
    found = reflection([CAUGHT, OVERLOOKED, wrong])
    assert (found["noticed"], found["repaired"]) == (1 / 2, 1 / 2)
    assert (found["wait_if_wrong"], found["corrected"]) == (1 / 3, 1 / 3)
    assert found["waits"] == 1 / 3  # a response
    assert math.isnan(reflection([wrong])["noticed"])


def test_noticed_is_not_yet_repaired() -> None:
    found = reflection(["<think> 9 a *3 5 check 7 wait 9 a *3 5 check 5 </think> <ans> 5 </ans> <eos>"])
    assert (found["noticed"], found["repaired"]) == (1 / 2, 0)


def test_votes_of_growing_size() -> None:
    """Answers 1 4 1 1 to a problem whose answer is 1, then 4 4 4 1."""
    responses = [PLAIN, EMPTY, CAUGHT, PLAIN, EMPTY, EMPTY, EMPTY, PLAIN]
    found = votes(responses, [ASKED, ASKED])
    # votes of two: (1 4) -> 1 by the tie's rule, (1 1) -> 1, (4 4) -> 4, (4 1) -> 4
    assert found == {"maj@1": 4 / 8, "maj@2": 2 / 4, "maj@4": 1 / 2}


def test_votes_of_a_group_that_is_no_power_of_two() -> None:
    assert votes([PLAIN, EMPTY, EMPTY], [ASKED]) == {"maj@1": 1 / 3, "maj@2": 1.0}


def test_operations_in_chinese() -> None:
    found = in_chinese([PLAIN, OVERLOOKED])  # *3 once in each language; four sums, all English
    assert found == {"products_in_chinese": 1 / 2, "sums_in_chinese": 0.0}
    mixed = "<think> 9 a *3 7 b 减一 六 </think> <ans> 6 </ans> <eos>"
    assert in_chinese([mixed]) == {"products_in_chinese": 0.0, "sums_in_chinese": 1.0}
    assert math.isnan(in_chinese([EMPTY])["sums_in_chinese"])
