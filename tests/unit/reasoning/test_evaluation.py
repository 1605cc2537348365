"""What is measured of a policy, on responses worked by hand."""

import math
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.evaluation import (
    corrected,
    majority_answer,
    read_steps,
    summarise,
)
from deepseek_book_utils.reasoning.language import (
    TOKEN_ID,
    VOCABULARY,
    Problem,
    decode,
    held_out_problems,
    parse_problem,
)
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.tasks import evaluate, sample_responses

ASKED = Problem(9, ("*3", "-1", "+5"))  # 7, 6, 1
PLAIN = "<think> 9 a *3 7 b -1 6 c +5 1 </think> <ans> 1 </ans> <eos>"
CAUGHT = (  # 9 * 3 written as 5, checked, waited for, written anew
    "<think> 9 a *3 5 check 7 wait 9 a *3 7 check 7 b -1 6 check 6 c +5 1 check 1 </think> "
    "<ans> 1 </ans> <eos>"
)
OVERLOOKED = "<think> 九 a 乘三 五 查 五 b -1 4 c +5 9 </think> <ans> 9 </ans> <eos>"  # wrong, and believed
FALSE_ALARM = "<think> 9 a *3 7 check 5 wait 9 a *3 7 check 7 b -1 6 </think> <ans> 6 </ans> <eos>"
EMPTY = "<think> </think> <ans> 4 </ans> <eos>"
FOUR = ["<think>", "</think>", "<ans>", "4", "</ans>", "<eos>"]
TRUNCATED = "<think> 9 a *3 7 b -1"


def summary(*responses: str) -> dict[str, float]:
    return summarise(responses, [ASKED] * len(responses))


def test_steps_of_a_response() -> None:
    steps = read_steps(CAUGHT)
    assert [(s.state, s.label, s.operation, s.value) for s in steps] == [
        (9, "a", "*3", 5),
        (9, "a", "*3", 7),
        (7, "b", "-1", 6),
        (6, "c", "+5", 1),
    ]
    assert [s.right for s in steps] == [False, True, True, True]
    assert [s.checked for s in steps] == [True] * 4
    assert [s.waited for s in steps] == [True, False, False, False]


def test_steps_of_either_language() -> None:
    assert [(s.state, s.operation, s.value, s.checked) for s in read_steps(OVERLOOKED)] == [
        (9, "*3", 5, True),
        (5, "-1", 4, False),
        (4, "+5", 9, False),
    ]


def test_a_step_after_a_check_starts_from_the_digit_before_it() -> None:
    """`c +1 2 check 2 d +3 5`: the state of d is the checked digit."""
    steps = read_steps("<think> 1 c +1 2 check 2 d +3 5 </think>")
    assert [(s.state, s.value, s.right) for s in steps] == [(1, 2, True), (2, 5, True)]


def test_plain_chain() -> None:
    assert summary(PLAIN) == pytest.approx(
        {
            "accuracy": 1,
            "majority": 1,
            "format": 1,
            "length": 16,
            "truncated": 0,
            "empty": 0,
            "english": 1,
            "mixed": 0,
            "checks": 0,
            "waits": 0,
            "corrected": math.nan,  # nothing was wrong
            "wait_if_wrong": math.nan,
            "wait_if_right": 0,
            "noticed": math.nan,
            "repaired": math.nan,
        },
        nan_ok=True,
    )


def test_a_wrong_step_that_is_caught() -> None:
    measured = summary(CAUGHT)
    assert (measured["accuracy"], measured["checks"], measured["waits"]) == (1, 1, 1)
    assert (measured["corrected"], measured["wait_if_wrong"], measured["wait_if_right"]) == (1, 1, 0)


def test_a_wrong_step_that_is_believed() -> None:
    measured = summary(OVERLOOKED)
    assert (measured["accuracy"], measured["checks"], measured["waits"]) == (0, 1, 0)
    assert (measured["corrected"], measured["wait_if_wrong"], measured["wait_if_right"]) == (0, 0, 0)
    assert measured["mixed"] == 1 and measured["english"] == pytest.approx(4 / 9)


def test_a_false_alarm_costs_words_only() -> None:
    measured = summary(FALSE_ALARM)
    assert math.isnan(measured["corrected"]) and measured["wait_if_right"] == pytest.approx(1 / 3)


def test_means_over_responses() -> None:
    measured = summary(PLAIN, CAUGHT, OVERLOOKED, EMPTY, TRUNCATED)
    assert measured["accuracy"] == pytest.approx(2 / 5)
    assert measured["format"] == pytest.approx(4 / 5)
    assert measured["truncated"] == pytest.approx(1 / 5)
    assert measured["empty"] == pytest.approx(1 / 5)
    assert measured["checks"] == pytest.approx(2 / 5)
    assert measured["mixed"] == pytest.approx(1 / 4)  # of those that wrote words
    assert measured["corrected"] == pytest.approx(1 / 2)
    assert measured["length"] == pytest.approx(
        sum(len(r.split()) for r in (PLAIN, CAUGHT, OVERLOOKED, EMPTY, TRUNCATED)) / 5
    )


def test_corrected_asks_for_the_last_word_under_the_label() -> None:
    undone = "<think> 9 a *3 5 check 7 wait 9 a *3 7 check 5 wait 9 a *3 5 check 5 </think>"
    steps = read_steps(undone)
    assert not corrected(steps, steps[0])


def test_every_group_votes_on_its_own_problem() -> None:
    """Two of three say 1 to a problem of answer 1, then two of three say 4 to one of answer 6."""
    other = Problem(9, ("*3", "-1"))
    measured = summarise([PLAIN, EMPTY, CAUGHT, EMPTY, FALSE_ALARM, EMPTY], [ASKED, other])
    assert measured["accuracy"] == pytest.approx(3 / 6) and measured["majority"] == 1 / 2
    # three say 1, then 6 6 4: with the neighbours' votes the second group would say 1
    assert summarise([PLAIN] * 3 + [FALSE_ALARM] * 2 + [EMPTY], [ASKED, other])["majority"] == 1


def test_one_word_of_each_language_mixes_and_one_word_alone_does_not() -> None:
    alone = "<think> 9 </think> <ans> 6 </ans> <eos>"
    assert summary(alone.replace("9", "9 七"), alone, EMPTY)["mixed"] == 1 / 2


def test_responses_that_do_not_fit_the_problems() -> None:
    for responses, problems in ([PLAIN] * 3, [ASKED] * 2), ([PLAIN], [ASKED] * 2), ([], []), ([PLAIN], []):
        with pytest.raises(ValueError, match="give every problem equally many"):
            summarise(responses, problems)


@pytest.mark.parametrize(
    ("answers", "winner"),
    [
        ("1 1 2", 1),
        ("2 1 1", 1),
        ("3 5 5 3", 3),  # a tie: the earliest
        ("5 3 3 5", 5),
        ("7", 7),
        ("", None),
    ],
)
def test_majority(answers, winner) -> None:
    said = [f"<think> </think> <ans> {answer} </ans> <eos>" for answer in answers.split()]
    unread = ["<ans> 9 <ans> 8 </ans> <eos>", "<ans> ８ </ans> <eos>"] * 3
    assert majority_answer([*said, TRUNCATED, *unread]) == winner


# --- a model that has one sentence by heart: every measure is known ----------------------------------------


def parrot(words: list[str]) -> LanguageModel:
    """A model that after `?` says the words one after the other: its head reads the last word only."""
    model = LanguageModel(replace(MINIATURE, width=128, layers=1))
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.embeddings[0].weight[:, : len(VOCABULARY)] = torch.eye(len(VOCABULARY))
        for before, after in zip(["?", *words], words, strict=False):
            model.head.weight[TOKEN_ID[after], TOKEN_ID[before]] = 10.0
    return model


NO_SLIPS = arithmetic(pen=Pen(0, 0, 0))


def test_evaluation_of_a_policy_that_always_says_four() -> None:
    model, problems = parrot(FOUR), held_out_problems(40)
    measured = evaluate(model, NO_SLIPS, problems, samples=3, max_new_tokens=8)
    share_of_fours = sum(problem.answer == 4 for problem in problems) / 40
    assert 0 < share_of_fours < 1
    assert measured["accuracy"] == measured["majority"] == pytest.approx(share_of_fours)
    assert (measured["format"], measured["empty"], measured["length"], measured["truncated"]) == (1, 1, 6, 0)


def test_evaluation_counts_what_is_cut_off_as_wrong() -> None:
    model, problems = parrot(FOUR), held_out_problems(40)
    measured = evaluate(model, NO_SLIPS, problems, samples=2, max_new_tokens=5)
    assert (measured["accuracy"], measured["truncated"], measured["length"]) == (0, 1, 5)


@pytest.mark.parametrize("marker", ["<bos>", "<book>"])
def test_the_textbook_marker(marker) -> None:
    """The same questions, marked as a textbook's: prompting instead of training."""
    model, problems = parrot(["<eos>"]), held_out_problems(40)
    task = arithmetic(textbook=marker == "<book>")
    rollouts, texts = sample_responses(model, task, problems, 1, torch.Generator(), 3)
    prompts = [decode(row) for row in rollouts.prompts.tolist()]
    assert [prompt.split()[0] for prompt in prompts] == [marker] * 40
    assert [parse_problem(prompt) for prompt in prompts] == problems
    assert texts == ["<eos>"] * 40


def test_every_problem_is_asked_and_answered_in_order() -> None:
    """More problems than are sampled at a time: 32."""
    seen: list[tuple[list[str], list[Problem]]] = []
    task = replace(NO_SLIPS, measure=lambda texts, problems: seen.append((texts, problems)) or {})
    problems = held_out_problems(40)
    assert evaluate(parrot(FOUR), task, problems, samples=2, max_new_tokens=8) == {}
    assert seen == [([" ".join(FOUR)] * 80, problems)]


def test_forbidden_words_are_not_said() -> None:
    task = arithmetic(forbidden=("<think>",))
    measured = evaluate(parrot(FOUR), task, held_out_problems(8), samples=2, max_new_tokens=20)
    assert measured["format"] == 0


def test_nothing_to_evaluate_is_said_clearly() -> None:
    with pytest.raises(ValueError, match="at least one"):
        evaluate(parrot(["<eos>"]), NO_SLIPS, [])
