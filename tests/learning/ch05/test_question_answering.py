"""Answers in sentences that no training saw: imitation helps the head that is only rewarded."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.reasoning.reading.docstrings import split_readings, vocabulary_of
from deepseek_book_utils.reasoning.reading.question_answering import (
    MODES,
    AnsweringSettings,
    QuestionAnsweringModel,
    measure_answering,
    train_answering,
)
from deepseek_book_utils.records import TEST_SEEDS


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:2])
def test_both_heads_learn_and_the_rewarded_one_learns_from_the_other(seed) -> None:
    torch.set_num_threads(1)
    train, test = split_readings()
    joint, f1 = AnsweringSettings(updates=150), {}
    for name, settings in {"joint": joint, "reward": replace(joint, supervised_weight=0.0)}.items():
        torch.manual_seed(seed)
        model = QuestionAnsweringModel(vocabulary_of(train))
        train_answering(model, train, settings, seed)
        f1[name] = {mode: measure_answering(model, test, mode)["f1"] for mode in MODES}
    print(f1)
    assert min(f1["joint"].values()) > 0.65
    assert f1["joint"]["rl"] > f1["reward"]["rl"] + 0.02 and f1["reward"]["rl"] > 0.45
