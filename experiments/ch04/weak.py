"""What does R1-Zero's reinforcement learning make of a base that was pretrained too briefly?

For every seed: a base of 120 updates instead of 500, the usual training, and the same without the reward for
form, which an empty think part earns at once.
"""

import json
from typing import Any

from deepseek_book_utils.lm.pretraining import PretrainSettings
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.rewards import RewardWeights
from experiments.ch04.zero_runs import FIVE, RL, ZERO, measure, trained

SEEDS = FIVE
PRETRAINING = PretrainSettings(updates=120)
ARMS = {"usual": ZERO, "no_form": ZERO | {"rewards": RewardWeights(format=0.0)}}
SETTINGS = {"pretrain": PRETRAINING, "rl": RL, **ARMS}


def run_seed(seed: int) -> dict[str, Any]:
    """Both rewards for one seed."""
    base = pretrained_base(seed, PRETRAINING)
    found: dict[str, Any] = {"skills": base_skills(base), "before": measure(base, arithmetic(**ZERO))}
    for name, arm in ARMS.items():
        model, found[name] = trained(base, arithmetic(**arm), seed)
        found[name]["after"] = measure(model, arithmetic(**ZERO))
        print(f"seed {seed} {name}: {json.dumps(found[name]['after'])}", flush=True)
    return found
