"""A learned reward must fit what it was not shown, and still be caught lying; fresh labels must mend it."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.rl.rewards.reward_learning import (
    AdaptiveRewardLearning,
    RewardBasedLearning,
)
from deepseek_book_utils.rl.tasks.cycling import RIDE, ride_rule
from experiments.ch04.reward_models import LABELS, LEARNING, ensemble, once, push

SHORT = replace(LEARNING, updates=30)


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_promise_rises_and_the_truth_falls(seed: int) -> None:
    torch.set_num_threads(1)
    model, held_out = once(seed)
    assert held_out["correlation"] > 0.9 and held_out["error"] < 0.08  # of labels with a noise of 0.05
    assert held_out["slides"] < 0.01
    found = push(RewardBasedLearning(RIDE, model, SHORT, seed), model)
    promised, earned = found["promised"], found["earned"]
    peak = earned.index(max(earned))
    assert earned[peak] > earned[0] + 0.15  # at first the model points the right way
    assert earned[-1] < earned[0] - 0.15  # in the end it is worse than no learning
    assert promised[-1] > promised[peak] + 0.2 > promised[0] + 0.4


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_as_many_labels_where_the_policy_is_keep_the_truth_up(seed: int) -> None:
    torch.set_num_threads(1)
    bought = SHORT.labels * (SHORT.updates // SHORT.every)
    model, label = ensemble(seed, LABELS // 2, caution=0.0)
    found = push(AdaptiveRewardLearning(RIDE, model, label, SHORT, seed), model)
    assert label.asked == LABELS // 2 + bought < LABELS
    assert found["earned"][-1] > found["earned"][0] + 0.15
    assert abs(found["promised"][-1] - found["earned"][-1]) < 0.15


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_rule_cannot_be_hacked(seed: int) -> None:
    torch.set_num_threads(1)
    found = push(RewardBasedLearning(RIDE, ride_rule, SHORT, seed), ride_rule)
    assert found["promised"] == found["earned"]
    assert found["earned"][-1] > 0.4 and found["earned"][-1] > max(found["earned"]) - 0.1
