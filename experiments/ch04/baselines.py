"""R1-Zero beside what came before it and after it, each reading equally many answers of the same bases.

Rejection-sampling fine-tuning, in one round and in eight; REINFORCE with the mean of the batch as its
baseline; RLOO; Dr. GRPO; GRPO with the average of its first paper. `ch04/r1_zero` holds our own arm, `zero`,
and the bases, measured in the same way. The loop, its rate, its two minibatches and the clip are the same in
all but rejection sampling.
"""

import copy
import json
from dataclasses import replace
from typing import Any

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.fine_tuning.rejection import RFTSettings, train_rft
from deepseek_book_utils.reasoning.grpo import (
    group_advantages,
    leave_one_out,
    less_batch_mean,
    unscaled_advantages,
)
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from experiments.ch04.zero_runs import FIVE, RL, ZERO, measure, trained
from experiments.measuring import Stopwatch

SEEDS = FIVE
REJECTION = {"rejection": RFTSettings(), "rejection_anew": RFTSettings(rounds=8)}
REINFORCED = {  # how rewards become advantages, and what a long answer weighs
    "batch_mean": (less_batch_mean, RL),
    "leave_one_out": (leave_one_out, RL),
    "dr_grpo": (unscaled_advantages, replace(RL, average="dr_grpo")),
    "per_answer": (group_advantages, replace(RL, average="grpo")),
}
SETTINGS = {"task": ZERO, **REJECTION, **REINFORCED}
TASK = arithmetic(**ZERO)


def rejected(base: LanguageModel, settings: RFTSettings, seed: int) -> tuple[LanguageModel, dict[str, Any]]:
    """A fine-tuned copy of the base; its CPU seconds, and how many answers it was trained on."""
    model, watch = copy.deepcopy(base), Stopwatch()
    history = train_rft(model, TASK, settings, seed)
    right = sum(step["right"] for step in history) / settings.epochs
    return model, {"seconds": watch.seconds(), "right": right}


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    base, found = pretrained_base(seed), {}
    for name in (*REJECTION, *REINFORCED):
        if name in REJECTION:
            model, found[name] = rejected(base, REJECTION[name], seed)
        else:
            advantages_of, settings = REINFORCED[name]
            model, found[name] = trained(base, TASK, seed, settings, advantages_of)
        found[name]["short"] = measure(model, TASK)
        print(f"seed {seed} {name}: {json.dumps(found[name]['short'])}", flush=True)
    return found
