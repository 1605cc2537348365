"""How many good answers a cold start needs: fine-tuning on 30 to 1,000, then reinforcement learning.

The bases are those of `ch05/stages`, which also holds the arms of no document (`zero_language`) and of 300
(`dev1` and `dev2`).
"""

import copy
from typing import Any

from deepseek_book_utils.lm.pretraining import PretrainSettings
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.fine_tuning.cold_start import cold_start_documents, fine_tune
from deepseek_book_utils.reasoning.instructions import WIDER
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.r1_zero import train_r1_zero
from experiments.ch05.stages import CURVES, FIVE, GENERAL, PEN, REASONING, STAGES, measure
from experiments.measuring import Stopwatch

SEEDS = FIVE
COUNTS = (30, 100, 1000)
SETTINGS = {
    "model": WIDER,
    "corpus": CorpusSettings(),
    "general": GENERAL,
    "pretrain": PretrainSettings(),
    "stages": STAGES,
    "pen": PEN,
    "counts": COUNTS,
}


def run_seed(seed: int) -> dict[str, Any]:
    """For each count: what fine-tuning alone gives, the curves of what follows, and its end."""
    base, found = pretrained_base(seed, general=GENERAL), {}
    for count in COUNTS:
        model, watch = copy.deepcopy(base), Stopwatch()
        fine_tune(model, cold_start_documents(count, seed, STAGES.cold_checks), STAGES.cold, seed)
        with watch.paused():
            before = measure(model)
        history = train_r1_zero(model, REASONING, STAGES.rl, seed)
        curves = {curve: [step[curve] for step in history if curve in step] for curve in CURVES}
        found[str(count)] = {
            "seconds": watch.seconds(),
            "before": before,
            "history": curves,
            "after": measure(model),
        }
    return found
