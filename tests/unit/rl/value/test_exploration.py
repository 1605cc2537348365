"""The learner of sparse rewards step by step beside a slow one, which keeps whole episodes."""

import math

import gymnasium
import numpy as np
import pytest

from deepseek_book_utils.rl.tasks.lake import make_lake
from deepseek_book_utils.rl.value.exploration import SparseSettings, choose_action, learn_sparse, start_value
from deepseek_book_utils.rl.value.model_based import LearnedModel
from deepseek_book_utils.rl.value.tabular import value_iteration


class Recorder(gymnasium.Wrapper):
    """Keeps (s, a, r, s', terminated, truncated) of all episodes, and the seeds of their beginnings."""

    def reset(self, *, seed=None, options=None):
        self.seeds = [*getattr(self, "seeds", []), seed]
        self.state, info = self.env.reset(seed=seed)
        self.episodes = [*getattr(self, "episodes", []), []]
        return self.state, info

    def step(self, action):
        told = self.env.step(action)
        self.episodes[-1].append((self.state, action, told[1], told[0], told[2], told[3]))
        self.state = told[0]
        return told


def wage(s: int, s2: int, end: bool) -> float:
    return 0.1 * s2 - 0.03 * s + end


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("planning", "weight"), [(0, 0.0), (0, 0.4), (2, 0.4)])
def test_tables_of_a_slow_learner(n: int, planning: int, weight: float) -> None:
    settings = SparseSettings(
        total_steps=300, n=n, planning=planning, count_weight=weight, epsilon=0.8, discount=0.9
    )
    lake = Recorder(make_lake())
    found = learn_sparse(lake, settings, 4, wage)
    q, visits, model = np.zeros((64, 4)), np.zeros((64, 4)), LearnedModel(64, 4)
    dice = np.random.default_rng([4, 1])

    def value(s: int) -> float:
        return max(q[s, a] + weight / math.sqrt(visits[s, a] + 1) for a in range(4))

    def learn(s: int, a: int, target: float) -> None:
        q[s, a] = (q[s, a] + target) / 2  # the rate is a half

    for episode in lake.episodes:
        for last, (s, a, reward, s2, over, late) in enumerate(episode):
            visits[s, a] += 1
            model.see(s, a, reward, s2, over)
            rest = 0.0 if over else value(s2)
            first = max(0, last - n + 1)
            for t in range(first, last + 1) if over or late else ([first] if last >= n - 1 else []):
                pay = [r + wage(s0, s1, end) for s0, _, r, s1, end, _ in episode[t : last + 1]]
                target = sum(0.9**k * r for k, r in enumerate(pay)) + 0.9 ** len(pay) * rest
                learn(episode[t][0], episode[t][1], target)
            for _ in range(planning):
                s0, a0, r, s3, end = model.imagine(dice)
                learn(s0, a0, r + wage(s0, s3, end) + (0.0 if end else 0.9 * value(s3)))
    np.testing.assert_allclose(found.q, q, rtol=1e-9, atol=1e-12)
    assert np.array_equal(found.visits, visits) and found.steps == visits.sum() >= 300
    assert lake.seeds == [4] + [None] * (len(lake.episodes) - 1) and len(lake.episodes) > 1
    assert math.isnan(found.first) and math.isnan(found.solved)


def test_a_solved_task_ends_the_search() -> None:
    lake = gymnasium.make("FrozenLake-v1", is_slippery=False)
    found = learn_sparse(lake, SparseSettings(total_steps=50_000, epsilon=0.3), 0)
    assert found.solved == found.steps < 50_000 and 0 < found.first <= found.solved
    best = start_value(lake, value_iteration(lake.unwrapped.P, 0.99), 0.99)
    assert best == pytest.approx(0.99**5)
    assert start_value(lake, found.q, 0.99) >= 0.9 * best


def test_a_task_whose_best_is_hardly_missed_is_not_solved() -> None:
    """Two ways to the goal, of which the longer one is worth less than nine tenths."""
    lake = gymnasium.make("FrozenLake-v1", desc=["SF", "FG"], is_slippery=False)
    settings = SparseSettings(total_steps=2000, discount=0.5, epsilon=0.5)
    found = learn_sparse(lake, settings, 0)
    assert start_value(lake, found.q, 0.5) == 0.5 and found.solved == found.steps


def test_the_best_action_one_of_equals_or_any() -> None:
    values, rng = np.array([0.0, 2.0, 1.0, 2.0]), np.random.default_rng(0)
    for epsilon, expected in ((0.0, [0, 0.5, 0, 0.5]), (1.0, [0.25] * 4), (0.4, [0.1, 0.4, 0.1, 0.4])):
        chosen = [choose_action(values, epsilon, rng) for _ in range(4000)]
        assert np.bincount(chosen, minlength=4) / 4000 == pytest.approx(expected, abs=0.03)


def test_the_first_pay_is_the_first_pay() -> None:
    """Counted in the record of the task; other rewards than the task's own do not count."""
    lake = Recorder(gymnasium.make("FrozenLake-v1", desc=["SFG"], is_slippery=False))
    found = learn_sparse(lake, SparseSettings(total_steps=60, epsilon=1.0), 0, wage)
    rewards = [step[2] for episode in lake.episodes for step in episode]
    assert found.first == 1 + rewards.index(1.0) and rewards.index(1.0) > 0


def test_no_step_more_than_allowed_where_episodes_are_one_step_long() -> None:
    lake = gymnasium.make("FrozenLake-v1", desc=["SG"], is_slippery=False, max_episode_steps=1)
    found = [learn_sparse(lake, SparseSettings(total_steps=3), seed) for seed in range(12)]
    unlucky = [one for one in found if not one.visits[0, 2]]  # never to the right
    assert len(unlucky) > 1 and all(one.steps == 3 and math.isnan(one.solved) for one in unlucky)
    assert all(one.steps == one.first == one.solved for one in found if one.visits[0, 2])
