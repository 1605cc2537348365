"""What sharing an encoder is worth.

For every seed: one model for both tasks against two specialists, with as many questions read in all, with as
many parameters in all, and with twice as many questions; and the accuracy on code against the number of
labelled code questions, shared and alone.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.reasoning.multi_task import (
    MultiTaskModel,
    MultiTaskSettings,
    answer_accuracy,
    multi_task_encoder,
    train_multi_task,
)
from deepseek_book_utils.reasoning.questions import TASKS, Question, sample_questions
from experiments.measuring import Stopwatch

TRAINING = MultiTaskSettings()
PLENTY = 4000  # labelled questions of a task
FEW = (100, 400, 1600)  # labelled code questions
HALF = 24  # two specialists of this width have about as many parameters as the shared model (a few more)
SETTINGS = {
    "training": TRAINING,
    "encoder": multi_task_encoder(),
    "half": HALF,
    "plenty": PLENTY,
    "few": FEW,
}


def run(
    data: dict[str, Sequence[Question]],
    test: dict[str, Sequence[Question]],
    seed: int,
    settings: MultiTaskSettings = TRAINING,
    **sizes: int,
) -> dict[str, Any]:
    """Train on `data`; accuracy on the test, parameters, questions read and CPU seconds."""
    torch.manual_seed(seed)
    model = MultiTaskModel(multi_task_encoder(**sizes), tasks=tuple(data))
    watch = Stopwatch()
    train_multi_task(model, data, settings, seed)
    return {
        "accuracy": {task: answer_accuracy(model, task, test[task]) for task in data},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "questions": settings.updates * settings.batch_size,
        "seconds": watch.seconds(),
    }


def specialists(
    data: dict[str, Sequence[Question]],
    test: dict[str, Sequence[Question]],
    seed: int,
    settings: MultiTaskSettings,
    **sizes: int,
) -> dict[str, Any]:
    """One model for each task: the accuracy of each, and what both took together."""
    runs = [run({task: data[task]}, test, seed, settings, **sizes) for task in data]
    together = {key: sum(one[key] for one in runs) for key in ("parameters", "questions", "seconds")}
    return together | {
        "accuracy": {task: one["accuracy"][task] for task, one in zip(data, runs, strict=True)}
    }


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    rng = random.Random(seed)
    data: dict[str, Sequence[Question]] = {task: sample_questions(task, PLENTY, rng) for task in TASKS}
    test: dict[str, Sequence[Question]] = {
        task: sample_questions(task, 500, rng, kept_out=True) for task in TASKS
    }
    fewer_rows = replace(TRAINING, batch_size=TRAINING.batch_size // 2)
    found: dict[str, Any] = {
        "shared": run(data, test, seed),
        "specialists": specialists(data, test, seed, fewer_rows),  # as many questions in all
        "specialists_half_size": specialists(data, test, seed, fewer_rows, width=HALF),
        "specialists_twice": specialists(data, test, seed, TRAINING),
    }
    few = {
        str(count): {
            "shared": run(data | {"code": data["code"][:count]}, test, seed),
            "alone": run({"code": data["code"][:count]}, test, seed, fewer_rows),
        }
        for count in FEW
    }
    found |= {"few": few}
    print(f"seed {seed}: {found}", flush=True)
    return found
