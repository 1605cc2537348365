"""Advantages: by hand, as the slow sum, at both ends of decay, and as those of stable-baselines3."""

import random

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from stable_baselines3.common.buffers import RolloutBuffer
from torch import Tensor

from deepseek_book_utils.rl.advantages import compute_gae, n_step_returns
from deepseek_book_utils.rl.environments import Step

GAMMA, LAMBDA = 0.9, 0.8


def column(*rows: float) -> Tensor:
    """One environment, T rows: (T, 1)."""
    return torch.tensor([rows], dtype=torch.float64).T


def flags(length: int, *true: int) -> Tensor:
    return torch.tensor([[t in true] for t in range(length)])


def recorded(rewards: Tensor, *ends: Tensor) -> Step:
    """A rollout that tells rewards and ends; nobody looks at the rest."""
    return Step(rewards, rewards, rewards, rewards, *ends)


def test_advantages_worked_by_hand() -> None:
    """gamma 0.9, lambda 0.5, V 5, 6, 7 and then 10; errors 1 + 5.4 - 5, 2 + 6.3 - 6, 3 + 9 - 7."""
    rewards, values, last = column(1, 2, 3), column(5, 6, 7), torch.tensor([10.0], dtype=torch.float64)

    def found(terminated: tuple[int, ...] = (), truncated: tuple[int, ...] = (), reset: int = -1) -> list:
        ends = flags(3, *terminated), flags(3, *truncated), ~flags(3, reset)
        return compute_gae(recorded(rewards, *ends), values, last, 0.9, 0.5)[:, 0].tolist()

    # from the end: 5, 2.3 + 0.45 * 5, 1.4 + 0.45 * 4.55
    assert found() == pytest.approx([3.4475, 4.55, 5.0])
    # over after row 1: 2 - 6, and nothing from row 2
    assert found(terminated=(1,)) == pytest.approx([1.4 - 1.8, -4.0, 5.0])
    # the clock after row 1: its error keeps V(row 2), and nothing more from row 2
    assert found(truncated=(1,)) == pytest.approx([1.4 + 0.45 * 2.3, 2.3, 5.0])
    # row 2 only resets
    assert found(truncated=(1,), reset=2) == pytest.approx([1.4 + 0.45 * 2.3, 2.3, 0.0])
    assert found(terminated=(1,), reset=2) == pytest.approx([-0.4, -4.0, 0.0])
    # the last row: nothing after the end of the task, V after the end of the clock
    assert found(terminated=(2,)) == pytest.approx([1.4 + 0.45 * 0.5, 0.5, -4.0])
    assert found(truncated=(2,)) == pytest.approx([3.4475, 4.55, 5.0])
    # both at once: the task is over
    assert found(terminated=(1,), truncated=(1,)) == pytest.approx([-0.4, -4.0, 5.0])


def random_table(seed: int, T: int = 40, N: int = 7) -> tuple[Tensor, ...]:
    """Rewards, values, the last value and three columns of flags, without any order in them."""
    rng = torch.Generator().manual_seed(seed)
    rewards = torch.randn(T, N, generator=rng, dtype=torch.float64)
    values = torch.randn(T + 1, N, generator=rng, dtype=torch.float64)
    terminated, truncated, unreal = (torch.rand(T, N, generator=rng) < 0.15 for _ in range(3))
    return rewards, values[:-1], values[-1], terminated, truncated, ~unreal


@pytest.mark.parametrize("seed", range(5))
def test_advantages_equal_the_slow_sum(seed: int) -> None:
    """(gamma lambda)^l delta_t+l, summed forward until the episode or the table ends."""
    rewards, values, last, terminated, truncated, real = random_table(seed)
    ours = compute_gae(recorded(rewards, terminated, truncated, real), values, last, GAMMA, LAMBDA)
    after = torch.cat((values, last[None]))
    for t, n in np.ndindex(*rewards.shape):
        slow, weight, row = 0.0, 1.0, t
        while row < len(rewards) and real[row, n]:
            rest = 0.0 if terminated[row, n] else GAMMA * after[row + 1, n]
            slow += weight * (rewards[row, n] + rest - values[row, n])
            weight *= GAMMA * LAMBDA
            if terminated[row, n] or truncated[row, n]:
                break
            row += 1
        assert float(ours[t, n]) == pytest.approx(float(slow), rel=1e-12, abs=1e-12)


def episode_rows(rng: random.Random, rows: int) -> dict[str, list]:
    """What `Environments` would tell of one copy: after each end a row that only resets."""
    told: dict[str, list] = {"terminated": [], "truncated": [], "real": []}
    ended = False
    for _ in range(rows):
        terminated = not ended and rng.random() < 0.15
        truncated = not ended and rng.random() < 0.15
        told["terminated"].append(terminated)
        told["truncated"].append(truncated)
        told["real"].append(not ended)
        ended = terminated or truncated
    return told


@pytest.mark.parametrize("seed", range(5))
def test_the_two_ends_of_decay(seed: int) -> None:
    """1: the n-step return minus the value; 0: the one-step error."""
    rng, numbers = random.Random(seed), torch.Generator().manual_seed(seed)
    told = [episode_rows(rng, 40) for _ in range(7)]
    ends = [torch.tensor([row[name] for row in told]).T for name in ("terminated", "truncated", "real")]
    rewards = torch.randn(40, 7, generator=numbers, dtype=torch.float64)
    every = torch.randn(41, 7, generator=numbers, dtype=torch.float64)
    values, last, rollout = every[:-1], every[-1], recorded(rewards, *ends)
    far = n_step_returns(rollout, values, last, GAMMA) - values
    near = (rewards + GAMMA * every[1:] * ~ends[0] - values) * ends[2]
    for decay, expected in ((1.0, far), (0.0, near)):
        ours = compute_gae(rollout, values, last, GAMMA, decay)
        assert torch.allclose(ours, expected, rtol=1e-12, atol=1e-12)
    assert not torch.allclose(far, near) and all(x.any() for x in ends) and not ends[2].all()


def their_buffer(
    rewards: np.ndarray,
    values: np.ndarray,
    last: float,
    told: dict[str, list],
    decay: float = LAMBDA,
    **columns: np.ndarray,
) -> RolloutBuffer:
    """stable-baselines3's buffer with the real rows of one copy.

    As its OnPolicyAlgorithm.collect_rollouts does where the clock ran out, gamma V(last observation) has been
    added to the reward.
    """
    rows = np.flatnonzero(told["real"])
    T = len(rewards)
    columns = {"observations": np.zeros((T, 4)), "actions": np.zeros(T), "log_probs": np.zeros(T)} | columns
    space = Box(-9, 9, (4,))
    buffer = RolloutBuffer(len(rows), space, Discrete(2), "cpu", gae_lambda=decay, gamma=GAMMA)
    following, started = np.append(values[1:], last), True
    for t in rows:
        clock = told["truncated"][t] and not told["terminated"][t]
        buffer.add(
            columns["observations"][t : t + 1],
            columns["actions"][t : t + 1, None],
            np.array([rewards[t] + (GAMMA * following[t] if clock else 0.0)]),
            np.array([started]),
            torch.tensor([values[t]]),
            torch.tensor([columns["log_probs"][t]]),
        )
        started = told["terminated"][t] or told["truncated"][t]
    buffer.compute_returns_and_advantage(torch.tensor([last]), np.array([started]))
    return buffer


@pytest.mark.parametrize("seed", range(20))
def test_advantages_equal_stable_baselines3(seed: int) -> None:
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    told = episode_rows(rng, 30)
    real = np.array(told["real"])
    rewards, values = numbers.normal(size=(2, 30)).astype(np.float32)
    last = np.float32(numbers.normal())
    theirs = their_buffer(rewards, values, last, told)
    ends = [torch.tensor(told[name])[:, None] for name in ("terminated", "truncated", "real")]
    value = torch.tensor(values)[:, None]
    rollout = recorded(torch.tensor(rewards)[:, None], *ends)
    ours = compute_gae(rollout, value, torch.tensor([last]), GAMMA, LAMBDA)
    assert np.allclose(ours.numpy()[real], theirs.advantages, rtol=1e-5, atol=1e-5)
    assert np.allclose((ours + value).numpy()[real], theirs.returns, rtol=1e-5, atol=1e-5)
    assert not ours[~ends[2]].any()
    assert not real.all() and any(told["terminated"]) and any(told["truncated"])
