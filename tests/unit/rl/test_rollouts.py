"""Acting: how often each action is drawn, what whole episodes earn, when a curve is stable."""

import math
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor

from deepseek_book_utils.rl.environments import Environments, Step
from deepseek_book_utils.rl.rollouts import (
    check_total_steps,
    collect,
    greedy_returns,
    mean_return,
    recent_return,
    stable_from,
)


class Counting:
    """Environments whose observation is the number of the step; they remember what was done."""

    def __init__(self, count: int) -> None:
        self.observations, self.done = torch.zeros(count, 1), []

    def step(self, actions: Tensor) -> Step:
        self.done.append(actions)
        before, self.observations = self.observations, self.observations + 1
        off = torch.zeros(len(actions), dtype=torch.bool)
        return Step(before, actions, before[:, 0], self.observations, off, off, ~off)


def test_actions_are_drawn_as_often_as_softmax_says() -> None:
    envs, probs = Counting(4000), torch.tensor([0.1, 0.6, 0.3])
    rollout = collect(
        envs, lambda seen: (probs.log() + 7).expand(len(seen), 3), 5, torch.Generator().manual_seed(0)
    )
    shares = torch.bincount(rollout.actions.flatten(), minlength=3) / 20_000
    assert (shares - probs).abs().max() < 0.012  # three standard deviations
    assert rollout.observations.shape == (5, 4000, 1) and rollout.rewards[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert all(torch.equal(row, done) for row, done in zip(rollout.actions, envs.done, strict=True))
    # each environment and each step draws for itself
    assert (rollout.actions[0] != rollout.actions[1]).float().mean() == pytest.approx(0.54, abs=0.03)


def test_only_the_generator_tosses() -> None:
    """Two seeds alike give the same actions, and torch's own generator is left alone."""
    found, before = [], torch.get_rng_state()
    for _ in range(2):
        dice = torch.Generator().manual_seed(1)
        found.append(collect(Counting(8), lambda seen: torch.zeros(len(seen), 4), 5, dice).actions)
    assert torch.equal(*found) and torch.equal(torch.get_rng_state(), before)


def test_one_nan_is_enough() -> None:
    """One number of one environment, beside logits that are fine."""

    def broken(seen: Tensor) -> Tensor:
        return torch.zeros(len(seen), 2).index_put((torch.tensor(1), torch.tensor(0)), torch.tensor(math.nan))

    with pytest.raises(ValueError, match="The actor says NaN"):
        collect(Counting(3), broken, 2, torch.Generator())
    with pytest.raises(ValueError, match="The scores are NaN"):
        greedy_returns(broken, "CartPole-v1", episodes=3)


def test_the_actor_sees_the_observation_of_the_moment() -> None:
    envs = Counting(2)

    def actor(seen: Tensor) -> Tensor:  # sure of itself: action = step mod 2
        odd = seen[:, :1] % 2
        return 1e4 * torch.cat((1 - odd, odd), dim=1)

    rollout = collect(envs, actor, 6, torch.Generator().manual_seed(0))
    assert rollout.actions[:, 0].tolist() == [0, 1, 0, 1, 0, 1]


def test_the_mean_of_the_returns_that_came_last() -> None:
    envs = SimpleNamespace(returns=[100.0, *range(20)])
    assert recent_return(envs) == 9.5 and recent_return(envs, episodes=2) == 18.5
    assert recent_return(SimpleNamespace(returns=[3.0])) == 3.0
    assert math.isnan(recent_return(SimpleNamespace(returns=[])))


@pytest.mark.parametrize(("total", "fits"), [(31, False), (32, True), (33, True)])
def test_the_steps_last_for_one_update(total, fits) -> None:
    settings = SimpleNamespace(environments=4, rollout_steps=8, total_steps=total)
    if fits:
        check_total_steps(settings)
    else:
        with pytest.raises(ValueError, match="rollout_steps = 32"):
            check_total_steps(settings)


def always_right(observations: Tensor) -> Tensor:
    return torch.tensor([0.0, 1.0]).expand(len(observations), 2)


def test_whole_episodes_by_gymnasium_alone() -> None:
    """The same starts, one push to the right after the other, counted by a loop over one pole at a time."""
    envs, lengths = Environments("CartPole-v1", 6, seed=3), [0] * 6
    running = set(range(6))
    while running:
        step = envs.step(torch.ones(6, dtype=torch.long))
        for n in list(running):
            lengths[n] += 1
            if step.terminated[n]:
                running.remove(n)
    found = greedy_returns(always_right, "CartPole-v1", episodes=6, seed=3)
    assert found.tolist() == lengths and len(set(lengths)) > 1
    discounted = greedy_returns(always_right, "CartPole-v1", episodes=6, seed=3, discount=0.5)
    assert discounted.tolist() == pytest.approx([2 - 2 * 0.5**length for length in lengths])


class Stopped(gymnasium.Env):
    """Its clock stops the first episode after steps that earn 1, 2 and 4; each later one is over at once."""

    observation_space, action_space = gymnasium.spaces.Box(0, 9, (1,)), gymnasium.spaces.Discrete(2)
    episode = 0

    def reset(self, *, seed=None, options=None):
        self.episode, self.time = self.episode + 1, 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.time += 1
        over, late = self.episode > 1, self.time == 3
        return np.zeros(1, np.float32), 2.0 ** (self.time - 1), over, late, {}


gymnasium.register("book-tests/Stopped-v0", Stopped)


def test_an_episode_ends_with_its_clock_and_earns_discounted_rewards() -> None:
    """1 + 2 + 4, or 1 + 2 / 2 + 4 / 4."""
    assert greedy_returns(always_right, "book-tests/Stopped-v0", episodes=2).tolist() == [7, 7]
    halved = greedy_returns(always_right, "book-tests/Stopped-v0", episodes=2, discount=0.5)
    assert halved.tolist() == [3, 3]


def test_a_policy_is_judged_on_the_same_hundred_starts() -> None:
    known = greedy_returns(always_right, "CartPole-v1", episodes=100, seed=1)
    found = mean_return(always_right, "CartPole-v1")
    assert isinstance(found, float) and found == known.mean().item()
    assert torch.equal(greedy_returns(always_right, "CartPole-v1", seed=1), known)
    assert torch.equal(
        greedy_returns(always_right, "CartPole-v1"),
        greedy_returns(always_right, "CartPole-v1", episodes=100, seed=0),
    )


def test_the_bar_of_the_task_counts_as_reached() -> None:
    records = [{"return": 474.0}, {"return": 475.0}, {"return": 476.0}]
    assert stable_from(records) is records[1]
    assert stable_from(records, bar=476.0) is records[2] and stable_from(records, bar=477.0) is None
    assert stable_from(records, bar=400.0) is records[0]
