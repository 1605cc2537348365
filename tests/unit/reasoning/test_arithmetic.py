"""The miniature's task: what it asks, pays and measures, by its parts and by hand."""

import random

import torch

from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.evaluation import summarise
from deepseek_book_utils.reasoning.language import (
    TOKEN_ID,
    VOCABULARY,
    Problem,
    decode,
    encode,
    parse_problem,
    sample_problem,
)
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.rewards import RewardWeights

ASKED = Problem(9, ("*3", "-1", "+5"))  # 7, 6, 1
RIGHT = "<think> 九 a 乘三 七 b 减一 六 c 加五 一 </think> <ans> 1 </ans> <eos>"
WRONG = "<think> 9 a *3 7 b -1 6 c +5 2 </think> <ans> 2 </ans> <eos>"
CUT = "<think> 9 a *3 7 b -1 6 c +5 1 </think> <ans> 1 </ans>"


def test_what_is_asked_is_read_back() -> None:
    task = arithmetic(textbook=True)
    assert decode(task.encode(ASKED)) == "<book> 9 a *3 b -1 c +5 ?"
    assert decode(arithmetic().encode(ASKED)) == "<bos> 9 a *3 b -1 c +5 ?"
    assert parse_problem(task.decode(task.encode(ASKED))) == ASKED
    drawn = [task.sample(random.Random(seed)) for seed in range(40)]
    assert drawn == [sample_problem(random.Random(seed)) for seed in range(40)]
    assert {len(problem.operations) for problem in drawn} == {3, 4, 5, 6, 7}
    assert (VOCABULARY[task.end], VOCABULARY[task.pad]) == ("<eos>", "<pad>")
    assert arithmetic(forbidden=("check", "wait")).forbidden == (TOKEN_ID["check"], TOKEN_ID["wait"])


def test_what_is_right_and_what_is_paid() -> None:
    task = arithmetic(RewardWeights(accuracy=3.0, format=0.5, language=0.25))
    assert [task.right(text, ASKED) for text in (RIGHT, WRONG, CUT)] == [True, False, False]
    assert not task.right(RIGHT, Problem(9, ("*3",)))
    # the answer, the form, and the share of English words: none in RIGHT, all of them in WRONG
    assert [task.reward(text, ASKED) for text in (RIGHT, WRONG)] == [3.5, 0.75]
    assert arithmetic().reward(RIGHT, ASKED) == 1.2
    found, expected = task.measure([RIGHT, WRONG], [ASKED]), summarise([RIGHT, WRONG], [ASKED])
    assert repr(found) == repr(expected) and found["accuracy"] == 0.5


def test_the_pen_of_the_task_writes() -> None:
    words = (torch.tensor(encode(word) * 2000) for word in ("7", "a", "+3"))
    for pen, share in ((Pen(1.0, 0.0, 0.0), 1.0), (Pen(0.0, 1.0, 1.0), 0.0)):
        tokens, before, previous = words if share else (torch.tensor(encode(w) * 9) for w in ("7", "a", "+3"))
        _, slipped = arithmetic(pen=pen).alter(tokens, before, previous, torch.Generator().manual_seed(0))
        assert slipped.float().mean() == share


def test_names_tell_tasks_apart() -> None:
    tasks = [
        arithmetic(),
        arithmetic(RewardWeights(language=1.0)),
        arithmetic(pen=Pen(0.0, 0.0, 0.0)),
        arithmetic(forbidden=("wait",)),
        arithmetic(textbook=True),
    ]
    assert len({task.name for task in tasks}) == 5
