"""How often must a base check before reinforcement learning makes a habit of it?

For every seed and every share of pages on the web that check: a base, and R1-Zero on it. The skill is held:
drills, textbooks and their checks stay as they are. `ch04/r1_zero` holds the usual share, 0.13.
"""

import json
from typing import Any

from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from experiments.ch04.zero_runs import FIVE, RL, ZERO, corpus_with, measure, trained

SEEDS = FIVE
CORPORA = {f"{share:.2f}": corpus_with(checks=share) for share in (0.0, 0.03, 0.06, 0.25)}
SETTINGS = {"rl": RL, "task": ZERO, **CORPORA}


def run_seed(seed: int) -> dict[str, Any]:
    """All shares for one seed."""
    task, found = arithmetic(**ZERO), {}
    for share, corpus in CORPORA.items():
        base = pretrained_base(seed, corpus=corpus)
        zero, found[share] = trained(base, task, seed)
        found[share] |= {
            "skills": base_skills(base),
            "before": measure(base, task),
            "after": measure(zero, task),
        }
        print(f"seed {seed} {share}: {json.dumps(found[share]['after'])}", flush=True)
    return found
