"""Mistakes that the comparison of GRPO with trl must catch."""

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.reasoning.grpo import group_advantages, kl_estimate
from tests.reference.reasoning.trl_side import (
    Batch,
    G,
    distance,
    gradients,
    make_trainer,
    our_loss,
    policy_log_probs,
    trl_loss,
)

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # trl uses names that transformers will drop


def population_advantages(rewards: Tensor) -> Tensor:
    groups = rewards.view(-1, G)
    centred = groups - groups.mean(dim=1, keepdim=True)
    return (centred / (groups.std(dim=1, keepdim=True, correction=0) + 1e-4)).flatten()


MISTAKES = {
    "no clip": lambda p, b: our_loss(p, b, clip_low=1e9, clip_high=1e9),
    "clip range the wrong way round": lambda p, b: our_loss(p, b, clip_low=0.28, clip_high=0.2),
    "ratio of whole responses": lambda p, b: our_loss(p, b, level="sequence"),
    "ratio of whole responses, geometric": lambda p, b: our_loss(p, b, level="geometric"),
    "ratio upside down": lambda p, b: our_loss(
        p, b, old=2 * policy_log_probs(p, b).detach() - b.old_log_probs
    ),
    "every token weighs the same": lambda p, b: our_loss(p, b, variant="bnpo"),
    "constant length": lambda p, b: our_loss(p, b, variant="dr_grpo"),
    "padding carries loss": lambda p, b: our_loss(p, b, mask=torch.ones_like(b.mask, dtype=torch.bool)),
    "population standard deviation": lambda p, b: our_loss(p, b, advantages=population_advantages(b.rewards)),
    "no division by the standard deviation": lambda p, b: our_loss(
        p, b, advantages=group_advantages(b.rewards, G, scale=False)
    ),
    "mean of the batch, not of the group": lambda p, b: our_loss(
        p, b, advantages=group_advantages(b.rewards, 3 * G)
    ),
    "sign": lambda p, b: -our_loss(p, b),
    "a KL term": lambda p, b: our_loss(p, b, beta=0.04),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_would_show(mistake, policy, batch, tokenizer, tmp_path) -> None:
    """Each moves the gradient by more than 1 percent, ten thousand times the tolerance above."""
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="grpo", epsilon_high=0.28)
    theirs = gradients(policy, trl_loss(trainer, policy, batch))
    wrong = gradients(policy, MISTAKES[mistake](policy, batch))
    assert distance(wrong, theirs) > 0.01


KL_MISTAKES = {
    "KL the other way round": lambda lp, ref: kl_estimate(ref, lp),
    "k1, the log-ratio itself": lambda lp, ref: lp - ref,
    "k2, half its square": lambda lp, ref: 0.5 * (lp - ref) ** 2,
    "times the ratio, trl's default": None,
}


@pytest.mark.parametrize("mistake", KL_MISTAKES)
def test_a_mistaken_kl_would_show(mistake, policy, batch, tokenizer, tmp_path) -> None:
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="bnpo", beta=0.5)
    even = Batch(**{**vars(batch), "rewards": torch.zeros(3 * G, dtype=torch.float64)})  # the KL term alone
    theirs = gradients(policy, trl_loss(trainer, policy, even))
    log_probs, mask = policy_log_probs(policy, batch), batch.mask.bool()
    penalty = KL_MISTAKES[mistake]
    if penalty is None:
        ratio = (log_probs - batch.old_log_probs).exp()
        values = kl_estimate(log_probs, batch.ref_log_probs) * ratio
    else:
        values = penalty(log_probs, batch.ref_log_probs)
    wrong = gradients(policy, 0.5 * values[mask].mean())
    right = gradients(policy, our_loss(policy, even, variant="bnpo", beta=0.5))
    assert distance(right, theirs) < 1e-6
    assert distance(wrong, theirs) > 0.01
