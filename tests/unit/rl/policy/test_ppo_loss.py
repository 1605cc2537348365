"""Where the loss of PPO pushes, where it lets go, and which shapes it refuses."""

import math

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.rl.advantages import compute_gae, normalise_advantages
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.policy.ppo import Experience, ppo_loss

YES = torch.tensor([True])


def recorded(rewards: Tensor, *ends: Tensor) -> Step:
    """A rollout that tells rewards and ends; nobody looks at the rest."""
    return Step(rewards, rewards, rewards, rewards, *ends)


def told(*columns: Tensor) -> Experience:
    """Rows whose observations nobody looks at."""
    return Experience(columns[-1], *columns)


def test_shapes_are_not_broadcast() -> None:
    """A critic's (B, 1) against returns (B,) would make a table (B, B), and a loss that says nothing."""
    row, yes = torch.zeros(6), torch.ones(6, dtype=torch.bool)
    with pytest.raises(ValueError, match="Mind the critic's last axis"):
        ppo_loss(torch.zeros(6, 2), torch.zeros(6, 1), told(row.long(), row, row, row, yes))
    for wrong in ((row[:, None].long(), row), (row.long(), row[:, None])):  # actions, old log-probabilities
        with pytest.raises(ValueError, match="Expected logits"):
            ppo_loss(torch.zeros(6, 2), row, told(*wrong, row, row, yes))
    table, no = torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"last_value \(N,\); got .*\(2, 3\).* and \(3, 1\)"):
        compute_gae(recorded(table, no, no, ~no), table, torch.zeros(3, 1), 0.9, 0.9)
    with pytest.raises(ValueError, match="Expected a rollout"):
        compute_gae(recorded(torch.zeros(2, 1), no, no, ~no), table, torch.zeros(3), 0.9, 0.9)


def push(ratio: float, advantage: float, clip: float = 0.2) -> float:
    """How descent would change the logit of the action that was taken, at this ratio."""
    logits = torch.zeros(1, 2, requires_grad=True)
    old = torch.tensor([math.log(0.5 / ratio)])
    zero = torch.zeros(1)
    rows = told(torch.tensor([1]), old, torch.tensor([advantage]), zero, YES)
    losses = ppo_loss(logits, zero, rows, clip)
    losses.total.backward()
    assert (logits.grad[0, 0] + logits.grad[0, 1]).abs() < 1e-7
    return -logits.grad[0, 1].item()


def test_the_clip_lets_go_only_of_what_has_gone_far_enough() -> None:
    """Half of r A at two even actions, and nothing where the ratio is past its range in A's own direction."""
    assert push(1.0, 1.0) == pytest.approx(0.5) and push(1.0, -1.0) == pytest.approx(-0.5)
    assert push(1.19, 1.0) == pytest.approx(0.595) and push(1.21, 1.0) == 0
    assert push(0.81, -1.0) == pytest.approx(-0.405) and push(0.79, -1.0) == 0
    # gone the wrong way: it is called back with full force
    assert push(0.5, 1.0) == pytest.approx(0.25) and push(2.0, -1.0) == pytest.approx(-1.0)
    assert push(1.21, 1.0, clip=0.3) == pytest.approx(0.605)  # the range is the setting's


def test_the_critic_and_the_entropy_are_pushed_where_they_should() -> None:
    zero = torch.zeros(1)
    for better in (1.0, -1.0):
        values = torch.zeros(1, requires_grad=True)
        old, returns = torch.tensor([math.log(0.5)]), torch.tensor([better])
        ppo_loss(torch.zeros(1, 2), values, told(torch.tensor([1]), old, zero, returns, YES)).total.backward()
        assert values.grad[0] == pytest.approx(-better)  # half of two times the error
    logits = torch.tensor([[2.0, 0.0]], requires_grad=True)
    old = logits.detach().log_softmax(-1)[:, 0]
    losses = ppo_loss(logits, zero, told(torch.tensor([0]), old, zero, zero, YES), 0.2, 0.5, 0.1)
    losses.total.backward()
    assert logits.grad[0, 0] > 0.01  # descent makes the likelier action less likely


def test_kl_is_that_of_the_old_policy_from_the_new() -> None:
    """Over all actions, as often as the old policy chooses them, the estimate is exact."""
    old, new = torch.tensor([0.2, 0.8]), torch.tensor([0.35, 0.65])
    actions = torch.tensor([0] + [1] * 4)
    zero, yes = torch.zeros(5), torch.ones(5, dtype=torch.bool)
    rows = told(actions, old.log()[actions], zero, zero, yes)
    losses = ppo_loss(new.log().expand(5, 2), zero, rows, clip_range=0.5)
    assert losses.kl.item() == pytest.approx(float((old * (old / new).log()).sum()), rel=1e-5)
    assert losses.clipped.item() == pytest.approx(0.2)  # 0.35 / 0.2 is past one and a half


def test_the_ends_of_the_range_are_inside() -> None:
    """A ratio of 0 lies at the end of 0 to 2, and outside of 0.1 to 1.9."""
    zero = torch.zeros(1)
    rows = told(torch.tensor([1]), zero, zero, zero, YES)
    for clip, outside in ((1.0, 0), (0.9, 1)):
        losses = ppo_loss(torch.tensor([[0.0, -1e4]]), zero, rows, clip)
        assert losses.clipped == outside and losses.kl == 1e4 - 1


def test_one_action_alone_is_no_choice() -> None:
    """Its log-probability is 0, whatever the logit; a row that is not real may hold any action."""
    values, real = torch.tensor([1.0, 7.0]), torch.tensor([True, False])
    rows = told(torch.tensor([0, 5]), torch.zeros(2), torch.ones(2), torch.tensor([3.0, 9.0]), real)
    losses = ppo_loss(torch.ones(2, 1), values, rows)
    assert [part.item() for part in losses] == [1, -1, 4, 0, 0, 0]


def test_a_batch_of_resets_or_of_one_row_is_no_accident() -> None:
    zero, no = torch.zeros(1), torch.tensor([False])
    losses = ppo_loss(torch.zeros(1, 2), zero, told(torch.tensor([0]), zero, zero, zero, no))
    assert all(part == 0 for part in losses)
    assert normalise_advantages(torch.tensor([3.0]), no) == 0
    assert normalise_advantages(torch.tensor([3.0]), YES) == 0  # nothing to compare it with
