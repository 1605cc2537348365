"""Rejection-sampling fine-tuning: it learns from the right answers, and from nothing else."""

import random
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.reasoning.fine_tuning import rejection
from deepseek_book_utils.reasoning.fine_tuning.rejection import RFTSettings, sample_right, train_rft
from tests.unit.settings_runs.lm import small_model
from tests.unit.settings_runs.loops import EVEN

SMALL = RFTSettings(batches=6, prompts=4, group_size=8, learning_rate=0.02, max_new_tokens=3)


def even_share(model) -> float:
    rows = sample_right(model, EVEN, replace(SMALL, prompts=64), random.Random(9), torch.Generator())[1]
    return len(rows) / (64 * 8)


def test_the_rows_are_those_of_the_right_answers() -> None:
    rollouts, rows = sample_right(small_model(), EVEN, SMALL, random.Random(0), torch.Generator())
    right = [i for i, row in enumerate(rollouts.responses.tolist()) if row[0] % 2 == 0]
    assert rows == right and 0 < len(rows) < len(rollouts.responses)


def test_right_answers_become_more_frequent() -> None:
    model = small_model()
    before = even_share(model)
    history = train_rft(model, EVEN, replace(SMALL, rounds=3), 0)
    assert 1 - even_share(model) < 0.6 * (1 - before)
    assert [step["round"] for step in history] == [1] * 4 + [2] * 4 + [3] * 4


def test_one_update_follows_the_gradient_of_the_right_answers(monkeypatch) -> None:
    """By hand: the mean log-probability of all words of the right answers, over what the policy drew."""
    model, settings = small_model(), replace(SMALL, batches=1, epochs=1, max_grad_norm=1e9)
    rollouts, rows = sample_right(model, EVEN, settings, random.Random(3), torch.Generator().manual_seed(3))
    rollouts.loss_mask[rows[0], 0] = False  # as if the pen had written it
    monkeypatch.setattr(rejection, "sample_right", lambda *arguments: (rollouts, rows))
    tokens = torch.cat((rollouts.prompts, rollouts.responses), dim=1)[rows]
    T = rollouts.responses.shape[1]
    logits = model(tokens)[:, -T - 1 : -1].log_softmax(-1)
    picked = logits.gather(2, rollouts.responses[rows][..., None])[..., 0]
    expected = -picked[rollouts.loss_mask[rows]].mean()
    expected.backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    [step] = train_rft(model, EVEN, settings, 3)
    assert step["loss"] == pytest.approx(expected.item(), rel=1e-4) and step["right"] == len(rows)
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-6)


def test_without_a_right_answer_nothing_is_learned() -> None:
    model, hopeless = small_model(), replace(EVEN, right=lambda text, problem: False)
    before = [p.clone() for p in model.parameters()]
    assert train_rft(model, hopeless, SMALL, 0) == []
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_more_rounds_than_batches_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one batch a round"):
        RFTSettings(batches=3, rounds=4)
