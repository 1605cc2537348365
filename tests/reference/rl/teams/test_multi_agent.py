"""The games against PettingZoo's own test, the losses against numbers worked by hand, the mixer number by
number, and gradient play against the spiral that mathematics says it is.
"""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from deepseek_book_utils.rl.teams.games import (
    MarkovGame,
)
from deepseek_book_utils.rl.teams.multi_agent import (
    MonotonicMixer,
    Team,
    TeamSettings,
    joint_values,
    td_loss,
    train_team,
)
from deepseek_book_utils.rl.teams.team_play import TeamBatch


def team(method: str, tables: list) -> Team:
    result = Team(2, 2, 2, 2, TeamSettings(method=method))
    result.tables.data = torch.tensor(tables)
    return result


TABLES = [[[1.0, 2.0], [3.0, 5.0]], [[10.0, 20.0], [40.0, 30.0]]]


def batch(terminated: bool) -> TeamBatch:
    """State 0, actions 1 and 0, reward 4, then state 1."""
    return TeamBatch(
        observations=torch.tensor([[0, 0]]),
        actions=torch.tensor([[1, 0]]),
        rewards=torch.tensor([[4.0, 4.0]]),
        terminated=torch.tensor([[terminated]]),
        next_observations=torch.tensor([[1, 1]]),
        state=torch.eye(2)[:1],
        next_state=torch.eye(2)[1:],
    )


@pytest.mark.parametrize(
    ("method", "terminated", "expected"),
    [
        # Q = (2, 10), best next (5, 40); targets 4 + 0.5 (5, 40) = (6.5, 24)
        ("independent", False, (6.5 - 2) ** 2 + (24 - 10) ** 2),
        ("independent", True, (4 - 2) ** 2 + (4 - 10) ** 2),
        # Q_tot = 12, target 4 + 0.5 * 45 = 26.5
        ("vdn", False, (26.5 - 12) ** 2),
        ("vdn", True, (4 - 12) ** 2),
    ],
)
def test_losses_by_hand(method, terminated, expected) -> None:
    one = batch(terminated)
    several = TeamBatch(*(torch.cat((rows, rows, rows)) for rows in one))  # their mean is that of one
    for rows in (one, several):
        assert td_loss(team(method, TABLES), rows, 0.5).item() == pytest.approx(expected)


@pytest.mark.parametrize(("method", "error"), [("independent", [4.5, 14.0]), ("vdn", [14.5, 14.5])])
def test_gradients_by_hand(method, error) -> None:
    """d loss / d Q = -2 error, for the chosen entries alone: nothing flows through the target."""
    learner = team(method, TABLES)
    td_loss(learner, batch(False), 0.5).backward()
    expected = torch.zeros(2, 2, 2)
    expected[0, 0, 1], expected[1, 0, 0] = -2 * error[0], -2 * error[1]
    assert torch.allclose(learner.tables.grad, expected)


def slow_mix(mixer: MonotonicMixer, values: Tensor, state: Tensor) -> float:
    """The mixing network for one row, number by number."""

    def linear(layer, x: list[float]) -> list[float]:
        return [
            sum(w * xi for w, xi in zip(row, x, strict=True)) + b
            for row, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
        ]

    s, q = state.tolist(), values.tolist()
    w1, b1, w2 = linear(mixer.first, s), linear(mixer.first_bias, s), linear(mixer.second, s)
    width = len(b1)
    hidden = []
    for h in range(width):
        x = sum(q[i] * abs(w1[i * width + h]) for i in range(len(q))) + b1[h]
        hidden.append(x if x > 0 else math.exp(x) - 1)
    relu = [max(0.0, x) for x in linear(mixer.second_bias[0], s)]
    return sum(h * abs(w) for h, w in zip(hidden, w2, strict=True)) + linear(mixer.second_bias[2], relu)[0]


@pytest.mark.parametrize("terminated", [False, True])
def test_the_loss_of_qmix_number_by_number(terminated) -> None:
    """Q_tot of what was chosen, in its state; the target is the mix of the best, in the state after."""
    torch.manual_seed(0)
    learner = team("qmix", TABLES)
    q = slow_mix(learner.mixer, torch.tensor([2.0, 10.0]), torch.eye(2)[0])
    future = slow_mix(learner.mixer, torch.tensor([5.0, 40.0]), torch.eye(2)[1])
    target = 4.0 if terminated else 4 + 0.5 * future
    assert td_loss(learner, batch(terminated), 0.5).item() == pytest.approx((target - q) ** 2, rel=1e-4)


def test_training_takes_the_steps_of_adam_with_a_rate_that_falls() -> None:
    """One agent, one action, reward 1: every batch is the same, so torch can walk the same way."""
    settings = TeamSettings(method="independent", updates=30, learning_rate=0.1)
    trained = train_team(MarkovGame(np.ones((1, 1, 1))), settings, 0)
    q = torch.tensor(trained.tables[0, 0, 0, 0], requires_grad=True)
    optimizer, path = torch.optim.Adam([q], lr=0.1), []
    for step in range(30):
        path.append(q.item())
        optimizer.param_groups[0]["lr"] = 0.1 * (1 + math.cos(math.pi * step / 30)) / 2
        optimizer.zero_grad()
        (1 - q).square().backward()
        optimizer.step()
    assert trained.tables[:, 0, 0, 0].tolist() == pytest.approx(path, abs=1e-5)
    assert trained.losses.tolist() == pytest.approx([(1 - x) ** 2 for x in path], abs=1e-5)
    assert trained.team.tables.item() == pytest.approx(q.item(), abs=1e-5)


def test_the_mixer_number_by_number() -> None:
    torch.manual_seed(0)
    mixer = MonotonicMixer(n=3, state_size=4, hidden=5)
    values, state = 3 * torch.randn(20, 3), torch.randn(20, 4)
    slow = [slow_mix(mixer, *row) for row in zip(values, state, strict=True)]
    assert mixer(values, state)[:, 0].tolist() == pytest.approx(slow, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_mixer_never_falls_when_a_value_rises(seed) -> None:
    torch.manual_seed(seed)
    mixer = MonotonicMixer(n=3, state_size=4, hidden=5)
    values = (3 * torch.randn(200, 3)).requires_grad_()
    mixer(values, torch.randn(200, 4)).sum().backward()
    assert (values.grad >= 0).all() and (values.grad > 0).float().mean() > 0.9


@pytest.mark.parametrize("method", ["vdn", "qmix"])
def test_each_agents_best_action_is_the_teams_best(method) -> None:
    """The reason for monotonic mixing: argmax Q_tot is made of the argmax of each Q_i."""
    for seed in range(10):
        torch.manual_seed(seed)
        learner = Team(3, 2, 4, 2, TeamSettings(method=method))
        learner.tables.data.normal_()
        q_tot = joint_values(learner, torch.eye(2))
        assert q_tot.shape == (2, 4, 4, 4)
        for s in range(2):
            best = tuple(learner.tables[:, s].argmax(dim=-1).tolist())
            assert q_tot[(s, *best)] == q_tot[s].max()


def test_joint_values_of_a_sum_by_hand() -> None:
    values = joint_values(team("vdn", TABLES), torch.eye(2))
    assert not values.requires_grad
    assert values[0].tolist() == [[11.0, 21.0], [12.0, 22.0]]
    assert values[1].tolist() == [[43.0, 33.0], [45.0, 35.0]]
