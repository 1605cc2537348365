"""What helps on a sparse task must help in every seed, or by a wide margin in the middle. News travels on a
lake of 4 x 4, where the goal is soon met; to seek it takes the lake of the chapter, 8 x 8.
"""

import math
from dataclasses import replace
from statistics import median

import gymnasium
import numpy as np
import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.rewards.shaping import (
    RewardLearning,
    RewardShapingModel,
    potential_reward,
)
from deepseek_book_utils.rl.tasks.lake import SPARSE_LAKE, make_lake
from deepseek_book_utils.rl.value.exploration import Explored, SparseSettings, learn_sparse
from deepseek_book_utils.rl.value.model_based import model_errors
from experiments.ch04.sparse import POLICY, distance

SEEDS = TEST_SEEDS[:5]
PLAIN = SparseSettings(total_steps=20_000)
NEAR = np.add.outer(np.arange(4), np.arange(4)).ravel() / 6  # (16,), 0 at the start and 1 at the goal


def small_lake() -> gymnasium.Env:
    return gymnasium.make("FrozenLake-v1", map_name="4x4", is_slippery=False)


def shaping(s: int, s2: int, terminated: bool) -> float:
    return float(potential_reward(NEAR[s], NEAR[s2], terminated, PLAIN.discount))


def naive(s: int, s2: int, terminated: bool) -> float:
    """A tenth for each step that comes nearer, and no charge for the way back."""
    return 0.1 * float(NEAR[s2] > NEAR[s])


def travelled(found: Explored) -> float:
    """Steps from the first reward to success."""
    return found.solved - found.first


@pytest.mark.learning
def test_news_travels_faster_and_the_way_is_found_sooner() -> None:
    steps = {"plain": 0.0, "potential": 0.0}
    for seed in SEEDS:
        plain = learn_sparse(small_lake(), PLAIN, seed)
        several = learn_sparse(small_lake(), replace(PLAIN, n=10), seed)
        shaped = learn_sparse(small_lake(), PLAIN, seed, shaping)
        assert plain.first == several.first  # the same walk, until there is something to learn
        assert travelled(several) < 0.5 * travelled(plain)
        assert shaped.solved < 0.5 * plain.solved
        steps["plain"] += plain.solved
        steps["potential"] += shaped.solved
    assert steps["potential"] < 0.1 * steps["plain"]


@pytest.mark.learning
def test_imagined_steps_carry_the_news() -> None:
    for seed in SEEDS:
        plain, dyna = (learn_sparse(small_lake(), replace(PLAIN, planning=k), seed) for k in (0, 20))
        assert plain.first == dyna.first
        assert travelled(dyna) < 0.1 * travelled(plain)
        errors = model_errors(dyna.model, small_lake().unwrapped.P)
        assert not errors[dyna.visits > 0].any()  # nothing slips, so one visit tells all


@pytest.mark.learning
def test_who_seeks_what_was_seldom_tried_is_there_sooner() -> None:
    seeking = replace(PLAIN, count_weight=0.01, planning=5)
    middle = []
    for settings in (PLAIN, seeking):
        solved = [learn_sparse(make_lake(), settings, seed).solved for seed in SEEDS[:3]]
        middle.append(median(PLAIN.total_steps if math.isnan(steps) else steps for steps in solved))
    assert middle[1] < 0.4 * middle[0]


@pytest.mark.learning
def test_the_naive_bonus_teaches_to_circle() -> None:
    for seed in SEEDS:
        found = learn_sparse(small_lake(), replace(PLAIN, total_steps=5000), seed, naive)
        assert math.isnan(found.solved)
        assert found.q[0].max() > 2  # far more than the goal pays


@pytest.mark.learning
@pytest.mark.parametrize("seed", SEEDS[:3])
def test_a_policy_and_its_rewards(seed: int) -> None:
    torch.set_num_threads(1)
    learning = RewardLearning(SPARSE_LAKE, RewardShapingModel(64, POLICY.discount, distance), POLICY, seed)
    row: dict[str, float] = {"return": 0.0}
    while learning.steps < 30_000 and not row["return"] >= 0.9:
        row = learning.update()
    assert row["return"] >= 0.9 and len(learning.envs.returns) >= 20
