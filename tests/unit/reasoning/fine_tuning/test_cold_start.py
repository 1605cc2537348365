"""Cold start: the good answers are good, readable means readable, and fine-tuning follows its gradient."""

import random
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.evaluation import read_steps
from deepseek_book_utils.reasoning.fine_tuning.cold_start import (
    FineTuneSettings,
    cold_start_documents,
    fine_tune,
    good_chain,
    readable,
)
from deepseek_book_utils.reasoning.instructions import WIDER, decode_words
from deepseek_book_utils.reasoning.language import Problem, is_held_out
from deepseek_book_utils.reasoning.rewards import accuracy_reward

PROBLEM = Problem(9, ("*3", "-1"))
SMALL = replace(WIDER, width=8, layers=1, heads=2)


def small_model() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(SMALL)


@pytest.mark.parametrize(
    ("thought", "clear"),
    [
        ("9 a *3 7 b -1 6", True),
        ("9 a *3 7 check 7 b -1 6 check 6", True),
        ("9 a *3 8 check 7 wait 9 a *3 7 check 7 b -1 6", True),
        ("9 a *3 8 b -1 7", True),  # readable, and wrong
        ("九 a 乘三 七 b 减一 六", False),
        ("9 a 乘三 7 b -1 6", False),
        ("9 b -1 8 a *3 4", False),  # out of order
        ("9 a *3 7", False),  # a step is missing
        ("9 a *3 7 b -1 6 c +1 7", False),  # one too many
        ("9 a *3 7 b -1 6 a *3 7", False),  # begun again
        ("9 a *3 7 b -2 5", False),  # another operation
        ("9 a 7 b -1 6", False),
        ("", False),
    ],
)
def test_readable(thought: str, clear: bool) -> None:
    response = f"<think> {thought}{' ' if thought else ''}</think> <ans> 6 </ans> <eos>"
    assert readable(response, PROBLEM) == clear
    assert not readable(response.replace("</think> ", ""), PROBLEM)


def test_good_answers_are_right_readable_and_of_training_problems() -> None:
    rng = random.Random(0)
    for checks in (0.0, 1.0):
        for _ in range(200):
            problem, (ids, weights) = good_chain(rng, checks)
            prompt, response = decode_words(ids).split(" ? ")
            assert prompt + " ?" == problem.prompt and not is_held_out(problem.operations)
            assert accuracy_reward(response, problem.answer) == 1 and readable(response, problem)
            assert all(step.checked == (checks == 1) for step in read_steps(response))
            asked = len(prompt.split()) + 1
            assert not any(weights[:asked]) and sum(weights) >= 0.6 * (len(ids) - asked)


def test_half_of_them_check() -> None:
    texts = [decode_words(ids) for ids, _ in cold_start_documents(400, 0, 0.5)]
    assert 150 < sum("check" in text for text in texts) < 250
    assert cold_start_documents(5, 1) == cold_start_documents(5, 1) != cold_start_documents(5, 2)


def test_one_update_follows_the_gradient_of_the_answers() -> None:
    """By hand: each document alone, the mean of -log p over all its words that carry weight."""
    documents = cold_start_documents(4, 0, 1.0)
    model = small_model()
    torch.nn.init.normal_(model.head.weight)
    losses, weights = [], []
    for ids, given in documents:
        logits = model(torch.tensor([ids]))[0]
        losses.append(F.cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="none"))
        weights.append(torch.tensor(given[1:]))
    every, weight = torch.cat(losses), torch.cat(weights)
    expected = (every * weight).sum() / weight.sum()
    expected.backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    settings = FineTuneSettings(epochs=1, documents=4, max_grad_norm=1e9)
    [loss] = fine_tune(model, documents, settings, 0)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-6)


def test_every_document_is_read_once_an_epoch() -> None:
    model, documents = small_model(), cold_start_documents(10, 0)
    losses = fine_tune(model, documents, FineTuneSettings(epochs=3, documents=4), 0)
    assert len(losses) == 3 * 3 and losses[-1] < losses[0]


def test_nothing_to_learn_from() -> None:
    with pytest.raises(ValueError, match="at least one document"):
        fine_tune(small_model(), [], FineTuneSettings(), 0)
