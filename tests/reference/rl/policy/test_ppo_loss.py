"""The loss of PPO: A2C's gradient at the policy that acted; finite differences; resets change nothing."""

import numpy as np
import pytest
import torch
from torch import Tensor

from deepseek_book_utils.rl.advantages import normalise_advantages
from deepseek_book_utils.rl.policy.actor_critic import a2c_loss
from deepseek_book_utils.rl.policy.ppo import (
    Experience,
    PPOLosses,
    ppo_loss,
)


def random_batch(seed: int = 0) -> dict[str, Tensor]:
    """(6, 5) rows of 3 actions, the policy not the one that acted."""
    rng = torch.Generator().manual_seed(seed)
    batch = {"logits": torch.randn(6, 5, 3, generator=rng, dtype=torch.float64)}
    for name in ("values", "old_log_probs", "advantages", "returns"):
        batch[name] = torch.randn(6, 5, generator=rng, dtype=torch.float64)
    batch["actions"] = torch.randint(3, (6, 5), generator=rng)
    batch["real"] = torch.rand(6, 5, generator=rng) < 0.7
    chosen = batch["logits"].log_softmax(-1).gather(-1, batch["actions"][..., None])[..., 0]
    batch["old_log_probs"] = chosen + 0.3 * batch["old_log_probs"]
    return batch


def loss_of(batch: dict[str, Tensor], **weights: float) -> PPOLosses:
    rows = Experience(batch["real"], *(batch[name] for name in Experience._fields[1:]))
    return ppo_loss(batch["logits"], batch["values"], rows, **weights)


def test_at_the_policy_that_acted_the_gradient_is_that_of_a2c() -> None:
    """Ratio one: the clip has nothing to say, and r A has the gradient of log pi A."""
    batch = random_batch()
    leaves = [batch[name].requires_grad_() for name in ("logits", "values")]
    chosen = leaves[0].log_softmax(-1).gather(-1, batch["actions"][..., None])[..., 0].detach()
    batch["old_log_probs"] = chosen
    batch["advantages"] = (batch["returns"] - batch["values"]).detach()
    ours = loss_of(batch, value_weight=0.3, entropy_weight=0.1)
    theirs = a2c_loss(*leaves, batch["actions"], batch["returns"], batch["real"], 0.3, 0.1)
    one, two = (torch.autograd.grad(losses.total, leaves) for losses in (ours, theirs))
    assert all(torch.allclose(a, b, rtol=1e-6, atol=1e-9) for a, b in zip(one, two, strict=True))
    assert ours.kl.abs() < 1e-15 and ours.clipped == 0 and one[0].abs().max() > 0.01


def test_gradient_of_the_loss_by_finite_differences() -> None:
    batch = random_batch(1)

    def by_hand() -> float:
        total, count = 0.0, int(batch["real"].sum())
        for row in np.ndindex(6, 5):
            if not batch["real"][row]:
                continue
            p = (batch["logits"][row].exp() / batch["logits"][row].exp().sum()).tolist()
            r = p[int(batch["actions"][row])] / float(batch["old_log_probs"][row].exp())
            a = float(batch["advantages"][row])
            total -= min(r * a, min(max(r, 0.9), 1.1) * a)
            total += 0.3 * float(batch["returns"][row] - batch["values"][row]) ** 2
            total += 0.1 * sum(x * float(np.log(x)) for x in p)
        return total / count

    def slope(name: str, index: tuple[int, ...], step: float = 1e-6) -> float:
        ends, at = [], batch[name][index].item()
        for sign in (1, -1):
            batch[name][index] = at + sign * step
            ends.append(by_hand())
        batch[name][index] = at
        return (ends[0] - ends[1]) / (2 * step)

    inputs = {name: batch[name].clone().requires_grad_() for name in ("logits", "values")}
    losses = loss_of(batch | inputs, clip_range=0.1, value_weight=0.3, entropy_weight=0.1)
    assert losses.total.item() == pytest.approx(by_hand(), rel=1e-12)
    losses.total.backward()
    for name, tensor in inputs.items():
        for index in np.ndindex(*tensor.shape):
            assert tensor.grad[index].item() == pytest.approx(slope(name, index), rel=1e-5, abs=1e-8)


def test_rows_that_only_reset_change_nothing() -> None:
    """Whatever stands in them, even what is not a number's size: loss and gradient are those without them."""
    batch = random_batch()
    real, leaves = batch["real"], [batch[name].requires_grad_() for name in ("logits", "values")]
    batch["old_log_probs"] = batch["old_log_probs"].masked_fill(~real, -1e4)  # a ratio of e^10000
    masked = loss_of(batch, clip_range=0.1, entropy_weight=0.02)
    without = loss_of({name: x[real] for name, x in batch.items()}, clip_range=0.1, entropy_weight=0.02)
    assert torch.allclose(torch.stack(masked), torch.stack(without), rtol=1e-12)
    one, two = (torch.autograd.grad(losses.total, leaves) for losses in (masked, without))
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(one, two, strict=True))
    assert not one[0][~real].any() and one[0][real].any() and masked.clipped > 0.1
    normal = normalise_advantages(batch["advantages"], real)
    alone = batch["advantages"][real]
    assert torch.allclose(normal[real], (alone - alone.mean()) / (alone.std() + 1e-8), rtol=1e-12)
    assert not normal[~real].any()
