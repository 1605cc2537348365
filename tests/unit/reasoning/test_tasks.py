"""How many responses are asked for, how long, in which order, and with which random numbers."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import EOS, TOKEN_ID, held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.tasks import Task, evaluate, sample_responses

ENDLESS = replace(arithmetic(pen=Pen(0, 0, 0)), forbidden=(TOKEN_ID[EOS],))


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(replace(MINIATURE, width=16, layers=1))


def told(task: Task) -> tuple[Task, list[list[str]]]:
    """The task, and a list that gets the texts which it is to measure."""
    texts: list[list[str]] = []

    def measure(found, problems) -> dict[str, float]:
        texts.append(list(found))
        return {"problems": len(problems)}

    return replace(task, measure=measure), texts


def test_sixteen_responses_of_ninety_words_unless_told_otherwise(model) -> None:
    task, texts = told(ENDLESS)
    assert evaluate(model, task, held_out_problems(1)) == {"problems": 1}
    assert [len(text.split()) for text in texts[0]] == [90] * 16
    _, same = sample_responses(model, task, held_out_problems(1), 16, torch.Generator().manual_seed(0))
    assert same == texts[0]


def test_thirty_two_problems_at_a_time_in_their_order(model) -> None:
    task, texts = told(ENDLESS)
    problems = held_out_problems(65)
    evaluate(model, task, problems, samples=2, seed=7, max_new_tokens=3)
    dice, expected = torch.Generator().manual_seed(7), []
    for start in (0, 32, 64):
        part = problems[start : start + 32]
        expected += sample_responses(model, task, part, 2, dice, max_new_tokens=3)[1]
    assert texts[0] == expected and len(expected) == 130
    with pytest.raises(ValueError, match="give at least one problem"):
        evaluate(model, task, [])
