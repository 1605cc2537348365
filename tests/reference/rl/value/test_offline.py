"""CQL's loss and its gradient against sums in numpy, and behaviour cloning against the library's loss."""

import gymnasium
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from deepseek_book_utils.rl.networks import QNetwork
from deepseek_book_utils.rl.replay import Batch
from deepseek_book_utils.rl.tasks.lake import SPARSE_LAKE
from deepseek_book_utils.rl.value.dqn import DQNSettings, learn
from deepseek_book_utils.rl.value.offline import (
    OfflineSettings,
    behaviour_loss,
    cql_loss,
    offline_loss,
    write_log,
)
from deepseek_book_utils.rl.value.targets import SoftTarget

GENERATOR = torch.Generator().manual_seed(0)
VALUES = 3 * torch.randn(40, 3, generator=GENERATOR, dtype=torch.double)
ACTIONS = torch.randint(3, (40,), generator=GENERATOR)
TARGETS = 3 * torch.randn(40, generator=GENERATOR, dtype=torch.double)


def cql_by_hand(values: np.ndarray, actions: np.ndarray, targets: np.ndarray, weight: float) -> float:
    """Equation 4 of the paper, row by row; the error is Huber's, as in our DQN."""
    total = 0.0
    for row, action, target in zip(values, actions, targets, strict=True):
        soft_maximum = np.log(sum(np.exp(value) for value in row))
        error = abs(row[action] - target)
        bellman = 0.5 * error**2 if error < 1 else error - 0.5
        total += weight * (soft_maximum - row[action]) + bellman
    return total / len(actions)


@pytest.mark.parametrize("weight", [0.0, 0.3, 2.0])
def test_cql_by_hand_and_its_gradient_by_finite_differences(weight: float) -> None:
    values = VALUES.clone().requires_grad_(True)
    loss = cql_loss(values, ACTIONS, TARGETS, weight)
    loss.backward()
    table, rest = VALUES.numpy(), (ACTIONS.numpy(), TARGETS.numpy(), weight)
    assert loss.item() == pytest.approx(cql_by_hand(table, *rest), rel=1e-12)
    slopes = np.empty_like(table)
    for place in np.ndindex(table.shape):
        step = np.zeros_like(table)
        step[place] = 1e-6
        slopes[place] = (cql_by_hand(table + step, *rest) - cql_by_hand(table - step, *rest)) / 2e-6
    np.testing.assert_allclose(values.grad.numpy(), slopes, atol=1e-8)


def test_the_penalty_moves_values_by_policy_minus_log() -> None:
    """Its gradient is softmax(Q) - 1[a = a_D]: down with what the softmax likes and the log did not do."""
    values = VALUES.clone().requires_grad_(True)
    behaviour_loss(values, ACTIONS).backward()
    expected = (VALUES.softmax(dim=1) - F.one_hot(ACTIONS, 3)) / 40
    torch.testing.assert_close(values.grad, expected)


def test_cloning_is_the_librarys_cross_entropy() -> None:
    torch.testing.assert_close(behaviour_loss(VALUES, ACTIONS), F.cross_entropy(VALUES, ACTIONS))


def drawn_batch() -> Batch:
    generator = torch.Generator().manual_seed(1)
    return Batch(
        torch.randn(32, 4, generator=generator),
        torch.randint(2, (32,), generator=generator),
        torch.randn(32, generator=generator),
        torch.randn(32, 4, generator=generator),
        torch.rand(32, generator=generator) < 0.3,
    )


def test_offline_dqn_is_dqn_on_another_memory() -> None:
    """The loss that DQN's own update starts from, which is tested against stable-baselines3."""
    online, judge = (QNetwork(4, 2, (8,), torch.Generator().manual_seed(i)) for i in (0, 1))
    settings = OfflineSettings(method="dqn", discount=0.9, reward_scale=0.5)
    found = offline_loss(online, SoftTarget(judge), drawn_batch(), settings).item()
    same = DQNSettings(discount=0.9, reward_scale=0.5)
    optimizer = torch.optim.SGD(online.parameters(), lr=0.1)
    assert found == pytest.approx(learn(online, SoftTarget(judge), optimizer, drawn_batch(), same), rel=1e-6)


def test_the_methods_differ_by_the_penalty_alone() -> None:
    online, judge = (QNetwork(4, 2, (8,), torch.Generator().manual_seed(i)) for i in (0, 1))
    loss = {
        method: offline_loss(
            online, SoftTarget(judge), drawn_batch(), OfflineSettings(method=method, penalty_weight=0.7)
        ).item()
        for method in ("cloning", "dqn", "cql")
    }
    assert loss["cql"] == pytest.approx(0.7 * loss["cloning"] + loss["dqn"], rel=1e-5)


def test_a_log_is_what_gymnasium_tells() -> None:
    """Episode for episode alone, from the same starts: the last reward counts, a reset does not."""
    weights = torch.tensor([[0.0, 0.5, 1.0, 1.0], [0.0, 0.0, -1.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    log = write_log("CartPole-v1", lambda seen: ((seen * weights).sum(dim=-1) > 0).long(), 3, seed=5)
    starts, returns = log.transitions.observations[:3].numpy(), []
    env = gymnasium.make("CartPole-v1")
    for own, seen in zip(weights.numpy(), starts, strict=True):
        env.reset()
        env.unwrapped.state, over, earned = seen.astype(float), False, 0.0
        while not over:
            seen, reward, terminated, truncated, _ = env.step(int(float(seen @ own) > 0))
            over, earned = terminated or truncated, earned + float(reward)
        returns.append(earned)
    assert log.returns.tolist() == returns
    assert len(log.transitions.rewards) == sum(returns)
    assert log.transitions.terminated.sum() == sum(earned < 500 for earned in returns) == 2


def test_a_log_adds_up_what_is_paid() -> None:
    """Left into the wall until the clock of 200 steps: nothing is paid."""
    log = write_log(SPARSE_LAKE, lambda seen: torch.zeros(len(seen), dtype=torch.long), 2, seed=0)
    assert log.returns.tolist() == [0.0, 0.0] and len(log.transitions.rewards) == 400
