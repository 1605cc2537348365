"""What chapter 4 says of decoding and of Direct Preference Optimization.

Every seed pretrains a base, trains R1-Zero on it as chapter 4 does, and trains two policies by DPO on as many
sampled answers: off-line, in one pass and in two over the same pairs, and on-line, sampling anew in every
round.
"""

import copy
from typing import Any

import torch

from deepseek_book_utils.lm.decoding import (
    R1_EVALUATION,
    DecodingSettings,
    decoded_with,
)
from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.fine_tuning.preferences import DPOSettings, train_dpo
from deepseek_book_utils.reasoning.grpo import group_advantages
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import evaluate, sample_responses
from experiments.measuring import Stopwatch

MADE_WITH: dict[str, Any] = {"rewards": RewardWeights(), "pen": Pen(), "forbidden": ()}
TASK, PROBLEMS, SAMPLES = arithmetic(**MADE_WITH), held_out_problems(100), 16
DECODINGS = {
    "greedy": DecodingSettings(temperature=0.0),
    "0.6, top-p": R1_EVALUATION,
    "1": DecodingSettings(),
    "1.5": DecodingSettings(temperature=1.5),
    "1.5, min-p": DecodingSettings(temperature=1.5, min_p=0.1),
}
ARMS = {
    "offline": DPOSettings(),
    "two passes": DPOSettings(epochs=2),
    "online": DPOSettings(rounds=20),
}
SETTINGS = ARMS | {"zero": R1ZeroSettings(), "task": MADE_WITH, "decodings": DECODINGS}
EVERY = 16  # updates between two measurements
WINDOW = 8  # updates that are averaged: single batches differ much
METRICS = ("accuracy", "majority", "format", "length", "empty", "checks")


def short(found: dict[str, float]) -> dict[str, float]:
    """What the chapter quotes."""
    return {name: found[name] for name in METRICS}


def decode(model: LanguageModel, settings: DecodingSettings) -> dict[str, float]:
    """Accuracy and form under `settings`, and what GRPO would see: answers, and groups with spread."""
    with decoded_with(model, settings):
        found = short(evaluate(model, TASK, PROBLEMS, SAMPLES))
        generator = torch.Generator().manual_seed(1)
        _, texts = sample_responses(model, TASK, PROBLEMS, SAMPLES, generator)
    earned = [TASK.reward(text, PROBLEMS[i // SAMPLES]) for i, text in enumerate(texts)]
    groups = group_advantages(torch.tensor(earned), SAMPLES).view(-1, SAMPLES)
    different = [len(set(texts[i : i + SAMPLES])) for i in range(0, len(texts), SAMPLES)]
    return found | {
        "spread": (groups != 0).any(dim=1).float().mean().item(),
        "different": sum(different) / len(different),
    }


def dpo_arm(base: LanguageModel, settings: DPOSettings, seed: int) -> dict[str, Any]:
    """One DPO training, with its accuracy on the way; seconds without the measurements."""
    model, curve, watch = copy.deepcopy(base), [], Stopwatch()

    def look(updates: int) -> None:
        if updates % EVERY == 0:
            with watch.paused():
                curve.append([updates, evaluate(model, TASK, PROBLEMS, samples=8)["accuracy"]])

    history = train_dpo(model, TASK, settings, seed, look)
    seconds = watch.seconds()
    windows = [history[i : i + WINDOW] for i in range(0, len(history) - WINDOW + 1, WINDOW)]
    columns = {
        name: [sum(step[name] for step in window) / WINDOW for window in windows]
        for name in ("margin", "chosen", "rejected")
    }
    found = short(evaluate(model, TASK, PROBLEMS, SAMPLES))
    return {"final": found, "curve": curve, "pairs": history[0]["pairs"], "seconds": seconds, **columns}


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    torch.manual_seed(seed)
    base = LanguageModel(MINIATURE)
    pretrain(base, PretrainSettings(), seed, sample_page)
    return measure_base(base, seed)


def measure_base(base: LanguageModel, seed: int) -> dict[str, Any]:
    """All arms on one base."""
    found: dict[str, Any] = {"base": {name: decode(base, one) for name, one in DECODINGS.items()}}
    zero, watch = copy.deepcopy(base), Stopwatch()
    train_r1_zero(zero, TASK, R1ZeroSettings(), seed)
    seconds = watch.seconds()
    found["zero"] = {name: decode(zero, one) for name, one in DECODINGS.items()} | {"seconds": seconds}
    for name, settings in ARMS.items():
        found[name] = dpo_arm(base, settings, seed)
        print(f"seed {seed} {name}: {found[name]['final']}, {found[name]['seconds']:.0f} s", flush=True)
    return found
