"""The loss of the cold start and that of rewards in one step, from the base.

For every seed one run of stage 2's reinforcement learning from the base, with the cold start's loss beside
it. The rivals stand in `ch05/stages`, on the same bases: rewards alone (`zero_language`), the cold start
alone (`dev1`), and one after the other (`dev2`).
"""

from typing import Any

from deepseek_book_utils.lm.pretraining import PretrainSettings
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.fine_tuning.cold_start import cold_start_documents
from deepseek_book_utils.reasoning.fine_tuning.joint import JointSettings, beside, cold_start_loss
from deepseek_book_utils.reasoning.instructions import WIDER
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.r1_zero import train_r1_zero
from experiments.ch05.stages import CURVES, FIVE, GENERAL, PEN, REASONING, STAGES, measure
from experiments.measuring import Stopwatch

SEEDS = FIVE
JOINT = JointSettings()
SETTINGS = {
    "model": WIDER,
    "corpus": CorpusSettings(),
    "general": GENERAL,
    "pretrain": PretrainSettings(),
    "stages": STAGES,
    "pen": PEN,
    "joint": JOINT,
}


def run_seed(seed: int) -> dict[str, Any]:
    """The curves of the joint run and its end; seconds are CPU seconds of training."""
    model = pretrained_base(seed, general=GENERAL)
    watch = Stopwatch()
    documents = cold_start_documents(STAGES.cold_documents, seed, STAGES.cold_checks)
    with beside(model, cold_start_loss(model, documents, JOINT, seed)):
        history = train_r1_zero(model, REASONING, STAGES.rl, seed)
    seconds = watch.seconds()
    curves = {curve: [step[curve] for step in history if curve in step] for curve in CURVES}
    return {"seconds": seconds, "history": curves, "after": measure(model)}
