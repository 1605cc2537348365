"""What helps on a sparse task must help in every seed, or by a wide margin in the middle: five seeds."""

import math
from statistics import median

import pytest
import torch

from deepseek_book_utils.rl.rewards.shaping import RewardLearning, RewardShapingModel
from deepseek_book_utils.rl.tasks.lake import SPARSE_LAKE, make_lake
from deepseek_book_utils.rl.value.exploration import learn_sparse
from experiments.ch04.sparse import ARMS, POLICY, distance, table_arm

SEEDS = range(5)


@pytest.mark.learning
def test_news_travels_faster_and_the_way_is_found_sooner() -> None:
    found = {
        name: [table_arm(*ARMS[name], seed) for seed in SEEDS]
        for name in ("plain", "n-step", "potential", "counts and model")
    }
    for plain, several, shaped in zip(found["plain"], found["n-step"], found["potential"], strict=True):
        assert plain["first"] == several["first"]  # the same walk, until there is something to learn
        assert several["solved"] - several["first"] < 0.5 * (plain["solved"] - plain["first"])
        assert shaped["solved"] < 0.1 * plain["solved"]
    middle = {name: median(row["solved"] for row in rows) for name, rows in found.items()}
    assert middle["counts and model"] < 0.4 * middle["plain"]


@pytest.mark.learning
def test_imagined_steps_carry_the_news() -> None:
    for seed in (1, 2, 3):  # the seeds that meet the reward soon
        plain, dyna = (table_arm(*ARMS[name], seed) for name in ("plain", "model"))
        assert plain["first"] == dyna["first"]
        assert dyna["solved"] - dyna["first"] < 0.1 * (plain["solved"] - plain["first"])
        assert dyna["error where tried"] == 0  # nothing slips, so one visit tells all


@pytest.mark.learning
def test_the_naive_bonus_teaches_to_circle() -> None:
    settings, extra = ARMS["naive bonus"]
    for seed in SEEDS:
        found = learn_sparse(make_lake(), settings, seed, extra)
        assert math.isnan(found.solved)
        assert found.q[0].max() > 2  # far more than the goal pays


@pytest.mark.learning
@pytest.mark.parametrize("seed", SEEDS)
def test_a_policy_and_its_rewards(seed: int) -> None:
    torch.set_num_threads(1)
    learning = RewardLearning(SPARSE_LAKE, RewardShapingModel(64, POLICY.discount, distance), POLICY, seed)
    row: dict[str, float] = {"return": 0.0}
    while learning.steps < 30_000 and not row["return"] >= 0.9:
        row = learning.update()
    assert row["return"] >= 0.9 and len(learning.envs.returns) >= 20
