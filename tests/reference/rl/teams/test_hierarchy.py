"""Returns against generalised advantages, the gradient against autograd, the task against MiniGrid."""

import gymnasium
import minigrid  # registers its tasks  # noqa: F401
import numpy as np
import pytest
import torch
from minigrid.wrappers import FullyObsWrapper

from deepseek_book_utils.rl.advantages import compute_gae
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.tasks.door_key import DoorKey
from deepseek_book_utils.rl.teams.hierarchy import (
    HierarchySettings,
    Level,
    Move,
    lambda_returns,
    policy_gradient,
)


def test_returns_are_generalised_advantages_plus_values() -> None:
    """With one discount for all moves, as `compute_gae`, which is tested against stable-baselines3."""
    rng = np.random.default_rng(0)
    states, rewards, values, last = rng.integers(6, size=9), rng.normal(size=9), rng.normal(size=6), 0.7
    moves = [Move(int(s), 0, r, 0.9) for s, r in zip(states, rewards, strict=True)]
    no = torch.zeros(9, 1, dtype=torch.bool)
    row = torch.tensor(rewards)[:, None]
    step = Step(row[..., None], row.long(), row, row[..., None], no, no, ~no)
    critic = torch.tensor(values[states])[:, None]
    expected = compute_gae(step, critic, torch.tensor([last], dtype=torch.double), 0.9, 0.8) + critic
    np.testing.assert_allclose(lambda_returns(moves, values, last, 0.8), expected[:, 0].numpy())


def test_returns_of_moves_of_several_steps_by_hand() -> None:
    """Two moves of 2 and 3 steps, lambda 1: all rewards, each discounted by the steps before it."""
    moves = [Move(0, 0, 1.0, 0.9**2), Move(1, 0, 2.0, 0.9**3)]
    found = lambda_returns(moves, np.array([50.0, 60.0]), 10.0, 1.0)
    assert found.tolist() == pytest.approx([1 + 0.9**2 * (2 + 0.9**3 * 10), 2 + 0.9**3 * 10])
    found = lambda_returns(moves, np.array([50.0, 60.0]), 10.0, 0.0)  # one move, then the critic
    assert found.tolist() == pytest.approx([1 + 0.9**2 * 60, 2 + 0.9**3 * 10])


def test_the_step_of_logits_is_autograds() -> None:
    level, settings = Level(3, 4), HierarchySettings(learning_rate=0.3, value_learning_rate=0.2)
    level.logits[:] = np.random.default_rng(0).normal(size=(3, 4))
    level.values[:] = (0.5, 1.0, -1.0)
    logits = torch.tensor(level.logits[1], requires_grad=True)
    advantage = 2.0 + 0.9 * 4.0 - 1.0
    (advantage * logits.log_softmax(dim=0)[2]).backward()
    expected = logits.detach() + 0.3 * logits.grad
    others = level.logits[[0, 2]].copy()
    policy_gradient(level, [Move(1, 2, 2.0, 0.9)], 4.0, settings)
    np.testing.assert_allclose(level.logits[1], expected.numpy())
    assert (level.logits[[0, 2]] == others).all()
    assert level.values.tolist() == pytest.approx([0.5, 1.0 + 0.2 * advantage, -1.0])


@pytest.mark.parametrize("seed", [0, 1])
def test_states_say_what_minigrid_shows(seed: int) -> None:
    """Beside an environment of its own, whose full picture is read: place, direction, key, door."""
    task, env = DoorKey(seed, size=6), FullyObsWrapper(gymnasium.make("MiniGrid-DoorKey-6x6-v0"))
    picture, state, rng = env.reset(seed=seed)[0]["image"], task.reset(), np.random.default_rng(seed)
    assert DoorKey(seed, size=6).reset() == state == task.reset()
    seen = set()
    for _ in range(3000):
        ((column, row),) = np.argwhere(picture[..., 0] == 10)
        key_lies = (picture[..., 0] == 5).any()
        doors = picture[picture[..., 0] == 4]
        opened = len(doors) == 0 or doors[0, 2] == 0  # the agent stands in it, or it is open
        facts = 2 * int(opened) + int(not key_lies)
        assert state == ((facts * 4 + picture[column, row, 2]) * 6 + row) * 6 + column
        assert task.fact(state) == facts
        held, door, goal = (test(state) for test in task.subgoals)
        assert (held, door, goal) == (not key_lies, opened, (column, row) == (4, 4))
        seen.add(facts)
        action = int(rng.integers(5))
        state, reward, terminated, truncated = task.step(action)
        picture, paid, over, cut, _ = env.step((0, 1, 2, 3, 5)[action])
        picture = picture["image"]
        assert (reward > 0, terminated, truncated) == (paid > 0, over, cut)
        if over or cut:
            picture, state = env.reset(seed=seed)[0]["image"], task.reset()
    assert {0, 1, 3} <= seen
