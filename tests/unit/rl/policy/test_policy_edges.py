"""Rows that are not real hold anything at all, and a ratio too large to learn from has no slope."""

import math
from functools import partial

import pytest
import torch
from torch import Tensor, nn, tensor

from deepseek_book_utils.rl.advantages import normalise_advantages
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic, a2c_loss
from deepseek_book_utils.rl.policy.natural_gradient import surrogate
from deepseek_book_utils.rl.policy.ppo import Experience, ppo_loss
from deepseek_book_utils.rl.policy.private_policy import UserEpisodes, episode_advantages, episode_gradients
from deepseek_book_utils.rl.policy.trpo import RealRows, TRPOSettings, TrustStep, trust_region_step

REAL = tensor([True, False, True, False])
FILLERS = [math.nan, math.inf, -math.inf, 1e30]


def rows() -> list[Tensor]:
    """logits, values, actions, old log-probabilities, advantages, returns."""
    generator = torch.Generator().manual_seed(0)
    logits, (values, old, advantages, returns) = (
        torch.randn(*shape, generator=generator) for shape in ((4, 3), (4, 4))
    )
    return [logits, values, tensor([0, 1, 2, 0]), old, advantages, returns]


def ppo(logits, values, actions, old, advantages, returns) -> Tensor:
    table = Experience(logits, actions, old, advantages, returns, REAL)
    return torch.stack(ppo_loss(logits, values, table, entropy_weight=0.01))


def a2c(logits, values, actions, old, advantages, returns) -> Tensor:
    return torch.stack(a2c_loss(logits, values, actions, returns, REAL, entropy_weight=0.01))


def judged(loss, tables: list[Tensor]) -> list[Tensor]:
    """The parts of a loss, and its gradients by logits and values."""
    logits, values = (x.clone().requires_grad_() for x in tables[:2])
    parts = loss(logits, values, *tables[2:])
    return [parts.detach(), *torch.autograd.grad(parts[0], [logits, values])]


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("loss", [ppo, a2c])
def test_rows_that_are_not_real_do_not_matter(loss, filler) -> None:
    expected = judged(loss, rows())
    for place in range(6):
        tables = rows()
        tables[place][~REAL] = filler if tables[place].is_floating_point() else 10**9
        found = judged(loss, tables)
        assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True)), place
    assert all(part.isfinite().all() for part in expected)
    assert (expected[1][~REAL] == 0).all() and (expected[1][REAL] != 0).any()


@pytest.mark.parametrize("gap", [100.0, 1e4, 3e38])
def test_ppo_learns_nothing_from_a_ratio_that_overflows(gap) -> None:
    logits, values = (torch.zeros(*shape, requires_grad=True) for shape in ((1, 1), (1,)))
    zero, one = torch.zeros(1), torch.ones(1)
    table = Experience(zero, zero.long(), zero - gap, one, zero, one.bool())
    losses = ppo_loss(logits, values, table)
    losses.total.backward()
    assert losses.policy.item() == pytest.approx(-1.2) and logits.grad.tolist() == [[0.0]]
    # the estimate r - 1 - log r stops growing with r at exp(20), not with log r
    assert losses.clipped == 1 and losses.kl.item() == pytest.approx(math.exp(20) - gap, rel=1e-5)


def test_a_surrogate_far_away_is_a_number() -> None:
    old, new = tensor([[0.0, 200.0]]), tensor([[200.0, 0.0]])
    assert surrogate(old, new, tensor([0]), tensor([1.0])).item() == pytest.approx(math.exp(20), rel=1e-5)


@pytest.mark.parametrize("filler", FILLERS)
def test_normalising_looks_at_real_rows_only(filler) -> None:
    advantages = tensor([1.0, filler, 3.0, filler])
    root = math.sqrt(2) / 2
    assert normalise_advantages(advantages, REAL).tolist() == pytest.approx([-root, 0, root, 0])


@pytest.mark.parametrize("filler", FILLERS)
def test_what_a_user_did_after_the_end_is_not_seen(filler) -> None:
    torch.manual_seed(0)
    actor = nn.Linear(2, 2)
    real = tensor([[True, True, False], [True, False, False]])
    seen, paid = torch.randn(2, 3, 2), torch.rand(2, 3)
    over, acted = tensor([True, False]), torch.zeros(2, 3).long()
    advantages = partial(episode_advantages, discount=0.9, baseline=1.0)
    expected = advantages(UserEpisodes(seen, acted, paid, real, over))
    filled = advantages(UserEpisodes(seen, acted, paid.masked_fill(~real, filler), real, over))
    assert torch.equal(expected, filled) and (filled[~real] == 0).all()
    gradients = [
        episode_gradients(actor, x, acted, expected)
        for x in (seen, seen.masked_fill(~real[..., None], filler))
    ]
    assert torch.equal(*gradients) and gradients[0].isfinite().all()


@pytest.mark.parametrize("count", [2, 3, 100, 512, 4096])
@pytest.mark.parametrize("value", [0.3, 0.1, -0.7, 1e-20, 1e6, 0.0])
def test_equal_advantages_stay_nothing(value, count) -> None:
    """Rounding leaves a spread of 1e-8: divided by itself it once was 0.75 for 512 times 0.3."""
    advantages, real = torch.full((count,), value), torch.ones(count).bool()
    assert (normalise_advantages(advantages, real) == 0).all()
    real[0] = False
    assert (normalise_advantages(advantages.index_fill(0, tensor([0]), 5.0), real) == 0).all()
    almost = advantages * (1 + 1e-7 * torch.arange(count).remainder(2))
    assert (normalise_advantages(almost, torch.ones(count).bool()) == 0).all()


def test_a_spread_that_is_small_but_real_is_scaled_up() -> None:
    advantages = 1 + 1e-4 * torch.arange(8.0)
    scaled = normalise_advantages(advantages, torch.ones(8).bool())
    expected = (torch.arange(8.0) - 3.5) / torch.arange(8.0).std()
    assert torch.allclose(scaled, expected, atol=2e-2)


def test_trpo_takes_no_step_on_equal_advantages() -> None:
    torch.manual_seed(0)
    actor = ActorCritic(4, 2).actor
    weights = nn.utils.parameters_to_vector(actor.parameters()).detach().clone()
    advantages = normalise_advantages(torch.full((512,), 0.3), torch.ones(512).bool())
    rows = RealRows(torch.randn(512, 4), torch.randint(2, (512,)), advantages, advantages)
    assert trust_region_step(actor, rows, TRPOSettings()) == TrustStep(0.0, 0.0, 0.0, 0.0)
    assert torch.equal(nn.utils.parameters_to_vector(actor.parameters()), weights)
