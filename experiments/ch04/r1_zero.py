"""The findings of chapter 4b.

For every seed: pretrain a base; train it as R1-Zero, with a language reward, with checks forbidden,
and with a pen that is equally clumsy in both languages; train a base that is too weak; measure all
of them on held-out problems.
"""

import copy
import json
from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import Task, evaluate
from experiments.measuring import Stopwatch

SHORT, LONG = held_out_problems(200), held_out_problems(100, 8, 10, seed=1)
CHECK_WORDS = ("check", "wait", "查", "等")
EVEN_PEN = Pen(
    slip=0.10, clumsy=0.10
)  # as many slips as Pen() makes in English, but the same in both languages
RL, PRETRAINING = R1ZeroSettings(), PretrainSettings()
ZERO: dict[str, Any] = {"rewards": RewardWeights(), "pen": Pen(), "forbidden": ()}
ARMS = {  # what each arm's task is made with
    "zero": ZERO,
    "language": ZERO | {"rewards": RewardWeights(language=3.0)},
    "unchecked": ZERO | {"forbidden": CHECK_WORDS},
    "even_pen": ZERO | {"pen": EVEN_PEN},
}
TASKS = {name: arithmetic(**arm) for name, arm in ARMS.items()}
SETTINGS = {"model": MINIATURE, "corpus": CorpusSettings(), "pretrain": PRETRAINING, "rl": RL, **ARMS}


def measure(model: LanguageModel, task: Task) -> dict[str, dict[str, float]]:
    """Held-out problems as long as those of RL, and longer than any of them."""
    return {
        name: evaluate(model, task, problems, max_new_tokens=tokens)
        for name, problems, tokens in (("short", SHORT, 90), ("long", LONG, 150))
    }


def make_base(seed: int, settings: PretrainSettings) -> tuple[LanguageModel, float]:
    """A pretrained model and the CPU seconds it took."""
    torch.manual_seed(seed)
    model, watch = LanguageModel(MINIATURE), Stopwatch()
    pretrain(model, settings, seed, sample_page)
    return model, watch.seconds()


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    base, seconds = make_base(seed, PRETRAINING)
    found: dict[str, Any] = {
        "base": measure(base, TASKS["zero"]) | {"seconds": seconds, "skills": base_skills(base)},
        "prompted": evaluate(base, arithmetic(textbook=True), SHORT),
    }
    for name, task in TASKS.items():
        model, watch = copy.deepcopy(base), Stopwatch()
        history = train_r1_zero(model, task, RL, seed)
        found[name] = {"seconds": watch.seconds(), "history": columns(history)}
        found[name] |= measure(model, task)
        print(f"seed {seed} {name}: {json.dumps(found[name]['short'])}", flush=True)
    found["even_pen"]["base"] = evaluate(base, TASKS["even_pen"], SHORT)
    weak, _ = make_base(seed, replace(PRETRAINING, updates=120))
    before = evaluate(weak, TASKS["zero"], SHORT)
    history = columns(train_r1_zero(weak, TASKS["zero"], RL, seed))
    after = evaluate(weak, TASKS["zero"], SHORT)
    found["weak"] = {"before": before, "after": after, "history": history}
    return found


def columns(history: list[dict[str, float]]) -> dict[str, list[float]]:
    """The curve of every metric over the steps."""
    return {metric: [step[metric] for step in history] for metric in history[0]}
