"""Why do languages mix: because the base already routes its steps, or because routing pays?

One cause is taken away at a time: a pen that slips alike in both languages, or writers of both languages who
choose the better one in 0.5 (by chance) of their steps, not in 0.8. `ch04/r1_zero` holds the usual pair, 0.8
and the clumsy pen.
"""

import json
from typing import Any

from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from experiments.ch04.zero_runs import FIVE, RL, ZERO, corpus_with, measure, trained

SEEDS = FIVE
PENS = {"clumsy": Pen(), "even": Pen(slip=0.10, clumsy=0.10)}  # as many slips in English, alike in Chinese
CORPORA = {"0.8": corpus_with(better_language=0.8), "0.5": corpus_with(better_language=0.5)}
ARMS = {"0.8 even": ("0.8", "even"), "0.5 clumsy": ("0.5", "clumsy")}
SETTINGS = {"rl": RL, "task": ZERO, "pens": PENS, "corpora": CORPORA, "arms": ARMS}


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed."""
    found: dict[str, Any] = {}
    for name, (corpus, pen) in ARMS.items():
        task = arithmetic(**ZERO | {"pen": PENS[pen]})
        base = pretrained_base(seed, corpus=CORPORA[corpus])
        zero, found[name] = trained(base, task, seed)
        found[name] |= {"before": measure(base, task), "after": measure(zero, task)}
        print(f"seed {seed} {name}: {json.dumps(found[name]['after'])}", flush=True)
    return found
