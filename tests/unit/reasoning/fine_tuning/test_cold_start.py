"""Cold start: the good answers are good, readable means readable, and fine-tuning follows its gradient."""

import copy
import random
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.corpus import write_chain
from deepseek_book_utils.reasoning.evaluation import read_steps
from deepseek_book_utils.reasoning.fine_tuning import cold_start
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


def flat(model: LanguageModel) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


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
        ("9 a *3 七 b -1 6", False),  # one word in the other language
        ("a *3 7 b -1 6", True),  # every step is there, from the first word on
        ("", False),
    ],
)
def test_readable(thought: str, clear: bool) -> None:
    response = f"<think> {thought}{' ' if thought else ''}</think> <ans> 6 </ans> <eos>"
    assert readable(response, PROBLEM) == clear
    assert not readable(response.replace("</think> ", ""), PROBLEM)
    assert not readable("<think> *3 7 a </think> <ans> 7 </ans> <eos>", Problem(9, ("*3",)))


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


def test_a_chain_that_ends_wrong_is_written_again(monkeypatch) -> None:
    written = []

    def slipping(*arguments):
        words, weights = write_chain(*arguments)
        written.append(words)
        wrong = str((int(words[-1]) + 1) % 10)
        return [*words[:-1], words[-1] if len(written) > 1 else wrong], weights

    monkeypatch.setattr(cold_start, "write_chain", slipping)
    problem, (ids, _) = good_chain(random.Random(0), 0.0)
    assert len(written) == 2
    assert accuracy_reward(decode_words(ids).split(" ? ")[1], problem.answer) == 1


def test_nobody_checks_where_no_checks_are_asked_for(monkeypatch) -> None:
    """Whatever the dice show, and the smallest number that they show is 0."""
    rng, shown = random.Random(0), iter([0.0])
    monkeypatch.setattr(rng, "random", lambda: next(shown, 0.5))
    assert "check" not in decode_words(good_chain(rng, 0.0)[1][0])


def test_half_of_them_check() -> None:
    texts = [decode_words(ids) for ids, _ in cold_start_documents(400, 0, 0.5)]
    assert 150 < sum("check" in text for text in texts) < 250
    assert cold_start_documents(5, 1) == cold_start_documents(5, 1) != cold_start_documents(5, 2)


@pytest.mark.parametrize("longest", [1e-2, 1e9])
def test_one_update_follows_the_gradient_of_the_answers(longest: float) -> None:
    """By hand: each document alone, the mean of -log p over all its words that carry weight; then AdamW."""
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
    by_hand, start = copy.deepcopy(model), flat(model)
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item()
    assert norm > 1e-2
    for mine, theirs in zip(by_hand.parameters(), model.parameters(), strict=True):
        mine.grad = theirs.grad * min(1, longest / norm)
    torch.optim.AdamW(by_hand.parameters(), 0.03, betas=(0.9, 0.98), weight_decay=0).step()
    settings = FineTuneSettings(epochs=1, documents=4, learning_rate=0.03, max_grad_norm=longest)
    [loss] = fine_tune(model, documents, settings, 0)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    for parameter, other in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, other.grad, rtol=1e-3, atol=1e-6)
    assert (flat(model) - flat(by_hand)).norm() < 0.01 * (flat(by_hand) - start).norm()


def test_every_document_is_read_once_an_epoch() -> None:
    model, documents = small_model(), cold_start_documents(10, 0)
    losses = fine_tune(model, documents, FineTuneSettings(epochs=3, documents=4), 0)
    assert len(losses) == 3 * 3 and losses[-1] < losses[0]


def test_nothing_to_learn_from() -> None:
    with pytest.raises(ValueError, match="at least one document"):
        fine_tune(small_model(), [], FineTuneSettings(), 0)
