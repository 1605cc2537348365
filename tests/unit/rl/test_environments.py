"""Environments hand out what stays, whatever the task does with its arrays."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from torch import tensor

from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.rollouts import collect, greedy_returns
from deepseek_book_utils.rl.tasks.users import cart_pole_users, play_cart_poles


def test_environments_hand_out_what_stays() -> None:
    """gymnasium reuses its arrays; a Step must not change afterwards, and returns are the sums of rewards."""
    envs = Environments("CartPole-v1", 3, seed=0)
    first = envs.observations
    kept = first.clone()
    steps = [envs.step(torch.ones(3, dtype=torch.long)) for _ in range(30)]
    copies = [[x.clone() for x in step] for step in steps]
    for _ in range(30):
        envs.step(torch.zeros(3, dtype=torch.long))
    assert torch.equal(first, kept)
    for step, copied in zip(steps, copies, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(step, copied, strict=True))
    kinds = [torch.float32, torch.int64, torch.float32, torch.float32, torch.bool, torch.bool, torch.bool]
    assert [x.dtype for x in steps[0]] == kinds
    assert envs.returns[:3] == sorted(envs.returns[:3]) and all(8 <= x <= 11 for x in envs.returns[:3])
    # one after another, rows that reset earn nothing
    table, earned, found = steps, [0.0] * 3, []
    for step in table:
        for n in range(3):
            earned[n] += float(step.rewards[n])
            if step.terminated[n] or step.truncated[n]:
                found.append(earned[n])
                earned[n] = 0.0
            assert step.real[n] or step.rewards[n] == 0
    assert found == envs.returns[: len(found)] and len(found) > 5


class Reusing:
    """Writes every answer into the same arrays, as a vector environment may."""

    def __init__(self) -> None:
        self.seen, self.paid = np.zeros((2, 4), np.float32), np.zeros(2, np.float32)
        self.over, self.late = np.zeros(2, np.bool_), np.zeros(2, np.bool_)

    def step(self, actions):
        self.seen += 1
        self.paid += 1
        self.over ^= True
        self.late ^= True
        return self.seen, self.paid, self.over, self.late, {}


def test_environments_copy_what_the_task_writes_into_again() -> None:
    envs = Environments("CartPole-v1", 2, seed=0)
    envs.env = Reusing()
    first, _ = (envs.step(torch.zeros(2, dtype=torch.long)) for _ in range(2))
    assert first.next_observations.eq(1).all() and first.rewards.eq(1).all()
    assert first.terminated.all() and first.truncated.all()
    assert envs.returns == [1.0, 1.0]


class FromTen(gymnasium.Env):
    """Actions 10 and 11; pays the action that it got, once."""

    observation_space = Box(0.0, 1.0, (1,))
    action_space = Discrete(2, start=10)

    def reset(self, *, seed=None, options=None):
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), float(action), True, False, {}


def test_actions_that_are_not_counted_from_0_arrive_as_the_task_counts_them() -> None:
    gymnasium.register("FromTen-v0", FromTen)
    envs = Environments("FromTen-v0", 2, seed=0)
    step = envs.step(tensor([0, 1]))
    assert envs.actions == 2 and step.rewards.tolist() == [10.0, 11.0]
    assert step.actions.tolist() == [0, 1]  # the learner's own count


def test_a_network_that_says_nan_is_not_taken_at_its_word() -> None:
    """argmax of NaN is an action like any other: the first."""
    broken = ActorCritic(4, 2)
    torch.nn.utils.vector_to_parameters(
        torch.full((4 * 64 + 64,), torch.nan), [*broken.actor.parameters()][:2]
    )
    generator = torch.Generator().manual_seed(0)
    with pytest.raises(ValueError, match="NaN: training broke it"):
        collect(Environments("CartPole-v1", 2, seed=0), broken.actor, 3, generator)
    with pytest.raises(ValueError, match="NaN: training broke"):
        greedy_returns(broken.actor, "CartPole-v1", episodes=2)
    with pytest.raises(ValueError, match="NaN: training broke it"):
        play_cart_poles(cart_pole_users(3, 0), torch.arange(3), broken.actor, generator)
