"""The whole recipe learns, from random weights, for several seeds and with margin."""

import copy

import pytest
import torch

from deepseek_book_utils.reasoning.evaluation import GATE, base_skills, evaluate
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.model import ReasoningModel
from deepseek_book_utils.reasoning.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero

TEST = held_out_problems(60)


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rewards_by_rule_lift_accuracy_length_and_checks(seed: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    base = ReasoningModel()
    pretrain(base, PretrainSettings(), seed)
    skills = base_skills(base)
    assert all(skills[skill] >= bar for skill, bar in GATE.items()), skills
    zero = copy.deepcopy(base)
    train_r1_zero(zero, R1ZeroSettings(), seed)
    before, after = evaluate(base, TEST), evaluate(zero, TEST)
    assert before["accuracy"] < 0.25
    assert 0.75 < after["accuracy"] < 0.95  # recorded: 0.87 to 0.89
    assert after["length"] > 2 * before["length"]
    assert after["majority"] - after["accuracy"] > 0.05
    assert before["checks"] < 0.2 and after["checks"] > 0.9
    assert after["corrected"] > before["corrected"] + 0.3
    assert after["mixed"] > before["mixed"] + 0.15
