"""Two teachers against one: joint training, imitation alone, reward alone, at equally many updates.

For every seed, three networks from the same start see the same batches: F1 and exact answers of each head on
sentences that no training saw, and CPU seconds on one thread.
"""

from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.reasoning.reading.docstrings import split_readings, vocabulary_of
from deepseek_book_utils.reasoning.reading.question_answering import (
    MODES,
    AnsweringSettings,
    QuestionAnsweringModel,
    measure_answering,
    train_answering,
)
from experiments.measuring import Stopwatch

JOINT = AnsweringSettings(updates=300)
ARMS = {
    "joint": JOINT,
    "imitation": replace(JOINT, policy_weight=0.0),
    "reward": replace(JOINT, supervised_weight=0.0),
}
SETTINGS = {"arms": ARMS}


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed."""
    train, test = split_readings()
    vocabulary, found = vocabulary_of(train), {}
    for name, settings in ARMS.items():
        torch.manual_seed(seed)
        model = QuestionAnsweringModel(vocabulary)
        watch = Stopwatch()
        train_answering(model, train, settings, seed)
        found[name] = {"seconds": watch.seconds()} | {
            mode: measure_answering(model, test, mode) for mode in MODES
        }
    print(f"seed {seed}: {found}", flush=True)
    return found
