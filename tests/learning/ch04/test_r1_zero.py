"""The heart of chapter 4 must beat: three seeds from random weights to a policy that thinks, with margins.

The recipe is the chapter's, with half of its updates of reinforcement learning.
"""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.evaluation import GATE, base_skills
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.tasks import evaluate


@pytest.mark.learning
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_r1_zero_learns_to_think(seed: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    task = arithmetic()
    model, problems = LanguageModel(MINIATURE), held_out_problems(64, seed=100 + seed)
    pretrain(model, PretrainSettings(), seed, sample_page)
    skills = base_skills(model, documents=40)
    assert all(skills[skill] >= least for skill, least in GATE.items()), skills
    base = evaluate(model, task, problems, samples=8)

    settings = R1ZeroSettings()
    history = train_r1_zero(model, task, replace(settings, updates=settings.updates // 2), seed)
    after = evaluate(model, task, problems, samples=8)

    assert base["accuracy"] < 0.25  # an answer without a thought is right in one of ten
    assert after["accuracy"] > max(0.6, 4 * base["accuracy"])
    assert after["majority"] > after["accuracy"] + 0.05
    assert after["length"] > 1.5 * base["length"]
    assert base["checks"] < 0.25 and after["checks"] > 0.6
    assert after["corrected"] > base["corrected"] + 0.2
    assert after["format"] > 0.9 and after["empty"] < 0.1

    thirds = [history[i : i + len(history) // 3] for i in (0, len(history) // 3, 2 * len(history) // 3)]
    for measure in ("accuracy", "length", "checks"):  # rising throughout, not in a leap
        first, second, last = (sum(step[measure] for step in third) / len(third) for third in thirds)
        assert first < second < last, measure
