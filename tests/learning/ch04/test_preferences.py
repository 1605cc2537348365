"""Preferences must teach a small base to think, off-line, and better on-line with as many answers."""

import copy

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.preferences import DPOSettings, train_dpo
from deepseek_book_utils.reasoning.tasks import evaluate


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pairs_teach_to_think_and_fresh_ones_teach_more(seed: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    base, problems = LanguageModel(MINIATURE), held_out_problems(64, seed=100 + seed)
    pretrain(base, PretrainSettings(), seed, sample_page)
    before = evaluate(base, arithmetic(), problems, samples=8)
    after, last = {}, {}
    for rounds in (1, 5):
        model = copy.deepcopy(base)
        last[rounds] = train_dpo(model, arithmetic(), DPOSettings(problems=160, rounds=rounds), seed)[-4:]
        after[rounds] = evaluate(model, arithmetic(), problems, samples=8)
    assert before["accuracy"] < 0.25 and before["empty"] > 0.4
    assert after[1]["accuracy"] > max(0.33, 1.8 * before["accuracy"])
    assert after[5]["accuracy"] > after[1]["accuracy"] + 0.05
    assert all(one["empty"] < 0.2 and one["length"] > 1.5 * before["length"] for one in after.values())
    for steps in last.values():  # right answers are told from wrong ones
        assert sum(step["margin"] for step in steps) > 0
        assert sum(step["chosen"] - step["rejected"] for step in steps) > 0
