"""Gradients of single episodes, clipped and added, against opacus; against autograd, one by one."""

import math

import pytest
import torch
from opacus import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import Tensor, nn

from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.policy.private_policy import (
    clip_rows,
    episode_gradients,
    private_mean,
)

B, T = 9, 12


def some_episodes(hidden: tuple[int, ...], seed: int = 0) -> tuple[nn.Module, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    actor = mlp((4, *hidden, 3), nn.Tanh, generator=generator).double()
    observations = torch.randn(B, T, 4, generator=generator, dtype=torch.float64)
    actions = torch.randint(3, (B, T), generator=generator)
    advantages = torch.randn(B, T, generator=generator, dtype=torch.float64)
    lengths = torch.randint(1, T + 1, (B, 1), generator=generator)
    scale = torch.logspace(-1, 1, B, dtype=torch.float64)[:, None]  # some far beyond the clip, some far below
    return actor, observations, actions, scale * advantages * (torch.arange(T) < lengths)


def objective(actor: nn.Module, observations: Tensor, actions: Tensor, advantages: Tensor) -> Tensor:
    """Sum over steps of log pi(a|s) A: (B,)."""
    log_probs = actor(observations).log_softmax(dim=-1)
    return (log_probs.gather(-1, actions[..., None])[..., 0] * advantages).sum(dim=1)


@pytest.mark.parametrize("hidden", [(), (8,), (8, 8)])
def test_gradients_of_episodes_one_by_one(hidden: tuple[int, ...]) -> None:
    actor, *episodes = some_episodes(hidden)
    found = episode_gradients(actor, *episodes)
    for i in range(B):
        one = objective(actor, *(x[i : i + 1] for x in episodes)).sum()
        by_itself = torch.cat([g.flatten() for g in torch.autograd.grad(one, list(actor.parameters()))])
        assert torch.allclose(found[i], by_itself, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("hidden", [(), (8, 8)])
@pytest.mark.parametrize("clip", [0.5, 5.0, 1e6])
def test_clipped_sum_equals_opacus(hidden: tuple[int, ...], clip: float) -> None:
    actor, *episodes = some_episodes(hidden)
    gradients = episode_gradients(actor, *episodes)
    ours = private_mean(gradients, clip, 0.0, 1.0, torch.Generator())

    theirs = GradSampleModule(actor, loss_reduction="sum")
    optimizer = DPOptimizer(
        torch.optim.SGD(theirs.parameters(), lr=1.0),
        noise_multiplier=0.0,
        max_grad_norm=clip,
        expected_batch_size=B,
        loss_reduction="sum",
    )
    episodes[0].requires_grad_()  # their hooks warn otherwise
    objective(theirs, *episodes).sum().backward()
    each = torch.cat([p.grad_sample.flatten(1) for p in theirs.parameters()], dim=1)
    assert torch.allclose(gradients, each, rtol=1e-10, atol=1e-12)
    optimizer.clip_and_accumulate()
    summed = torch.cat([p.summed_grad.flatten() for p in theirs.parameters()])
    # theirs divides by |g| + 1e-6
    assert torch.allclose(ours, summed, rtol=1e-4, atol=1e-5)
    lengths = each.norm(dim=1)
    assert clip == 1e6 or lengths.min() < clip < lengths.max()


def test_noise_is_that_of_the_mechanism() -> None:
    """Standard deviation sigma C / expected, in every coordinate, whatever the gradients."""
    gradients = torch.randn(20, 4000, generator=torch.Generator().manual_seed(0))
    without = private_mean(gradients, 3.0, 0.0, 50.0, torch.Generator())
    generator = torch.Generator().manual_seed(1)
    noisy = torch.stack([private_mean(gradients, 3.0, 2.0, 50.0, generator) for _ in range(50)])
    assert (noisy - without).std().item() == pytest.approx(2.0 * 3.0 / 50, rel=0.02)
    assert abs((noisy - without).mean().item()) < 4 * 2.0 * 3.0 / 50 / math.sqrt(200_000)
    assert not torch.equal(noisy[0], noisy[1])


def test_clip_worked_by_hand() -> None:
    rows = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    assert torch.allclose(clip_rows(rows, 1.0), torch.tensor([[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]]))
    assert torch.equal(clip_rows(rows, math.inf), rows)
