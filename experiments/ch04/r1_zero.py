"""The findings of chapter 4b, and what they are made of.

For every seed: pretrain a base; train it as R1-Zero, with a language reward, and with checks forbidden;
measure all on held-out problems. Then the decomposition: what a prompt, a rule that writes every operation in
its better language, and a rule that checks every value give without any training, and what both rules still
add to R1-Zero.
"""

import json
from typing import Any

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings
from deepseek_book_utils.reasoning.arithmetic import (
    arithmetic,
    better_language,
    check_every_value,
    decoded_by,
)
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.records import MINIATURE_SEEDS
from experiments.ch04.zero_runs import RL, ZERO, measure, trained
from experiments.measuring import Stopwatch

SEEDS = MINIATURE_SEEDS
LONG = held_out_problems(100, 8, 10, seed=1)  # longer than any problem of RL
ARMS = {  # what each arm's task is made with
    "zero": ZERO,
    "language": ZERO | {"rewards": RewardWeights(language=1.0)},
    "unchecked": ZERO | {"forbidden": ("check", "wait", "查", "等")},
}
TASKS = {name: arithmetic(**arm) for name, arm in ARMS.items()}
RULES = {
    "prompted": (),
    "route": (better_language,),
    "check": (check_every_value,),
    "both": (better_language, check_every_value),
}
SETTINGS = {
    "model": MINIATURE,
    "corpus": CorpusSettings(),
    "pretrain": PretrainSettings(),
    "rl": RL,
    "rules": RULES,
    **ARMS,
}


def decompose(base: LanguageModel, zero: LanguageModel) -> dict[str, Any]:
    """The base, asked as a textbook and decoded by rules, beside R1-Zero decoded by both rules."""
    asked = arithmetic(textbook=True)
    found = {name: measure(base, decoded_by(asked, *rules)) for name, rules in RULES.items()}
    return found | {"zero_both": measure(zero, decoded_by(TASKS["zero"], *RULES["both"]))}


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    watch = Stopwatch()
    base = pretrained_base(seed, anew=True)
    found: dict[str, Any] = {"base": {"seconds": watch.seconds(), "skills": base_skills(base)}}
    models = {"base": base}
    for name, task in TASKS.items():
        models[name], found[name] = trained(base, task, seed)
    for name, model in models.items():
        task = TASKS.get(name, TASKS["zero"])
        found[name]["short"] = measure(model, task)
        if name in ("base", "zero"):
            found[name]["long"] = measure(model, task, LONG, tokens=150)
        print(f"seed {seed} {name}: {json.dumps(found[name]['short'])}", flush=True)
    found["decomposition"] = decompose(base, models["zero"])
    return found
