"""The findings of chapter 5: what each of R1's four stages buys, and what it pays.

For every seed: pretrain the wider base; R1-Zero with and without the language reward; the four stages.
Beside them controls: the base with a textbook's prompt, and with checks by rule; reinforcement learning after
the cold start without the language reward; stage 3 without general documents, or with perfect ones; and one
run of reinforcement learning from the base with all tasks and all rewards, as long as a stage and at equal
cost.
"""

import copy
import json
from dataclasses import replace
from typing import Any

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings
from deepseek_book_utils.reasoning.arithmetic import check_every_value, decoded_by
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.fine_tuning.cold_start import cold_start_documents, fine_tune
from deepseek_book_utils.reasoning.fine_tuning.stages import (
    StageSettings,
    general_documents,
    rejection_sample,
    scenarios,
)
from deepseek_book_utils.reasoning.instructions import (
    WIDER,
    GeneralSettings,
    held_out_lists,
    held_out_wishes,
)
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import Task, evaluate
from deepseek_book_utils.records import MINIATURE_SEEDS
from experiments.measuring import Stopwatch

FIVE = SEEDS = MINIATURE_SEEDS[1:6]  # seed 50 was seen while this recording was prepared
STAGES, GENERAL, PEN = StageSettings(), GeneralSettings(), Pen()
# As many CPU seconds as the four stages: two runs of reinforcement learning, and what stands between them.
LONG_RUN = replace(STAGES.rl, updates=2 * STAGES.rl.updates + 20)
SHORT, LONG = held_out_problems(200), held_out_problems(100, 8, 10, seed=1)  # LONG: longer than any of RL
LISTS, WISHES = held_out_lists(100), held_out_wishes(100)
LANGUAGE = RewardWeights(language=STAGES.language)
ZERO, REASONING = scenarios(pen=PEN), scenarios(rewards=LANGUAGE, pen=PEN)
EVERYTHING = scenarios(STAGES.reasoning, STAGES.lists, LANGUAGE, PEN)
BOOK = scenarios(pen=PEN, textbook=True)
SETTINGS = {
    "model": WIDER,
    "corpus": CorpusSettings(),
    "general": GENERAL,
    "pretrain": PretrainSettings(),
    "stages": STAGES,
    "long_run": LONG_RUN,
    "pen": PEN,
}
CURVES = ("accuracy", "readable", "mixed", "length", "lists", "wishes")


def measure(model: LanguageModel, task: Task = ZERO) -> dict[str, float]:
    """Held-out problems, eight answers each; longer ones, lists and wishes, four answers each."""
    found = evaluate(model, task, SHORT, samples=8)
    found["long"] = evaluate(model, task, LONG, samples=4, max_new_tokens=150)["accuracy"]
    found["lists"] = evaluate(model, task, LISTS, samples=4)["lists"]
    found["wishes"] = evaluate(model, task, WISHES, samples=4)["wishes"]
    return found


class Stages:
    """The arms of one seed, each trained, measured and kept."""

    def __init__(self, seed: int) -> None:
        self.seed, watch = seed, Stopwatch()
        base = pretrained_base(seed, general=GENERAL, anew=True)
        self.models = {"base": base}
        self.found: dict[str, Any] = {"base": {"seconds": watch.seconds(), "skills": base_skills(base)}}
        self.found["base"] |= measure(base)

    def keep(self, name: str, model: LanguageModel, seconds: float, **more: Any) -> None:
        self.models[name] = model
        self.found[name] = {"seconds": seconds, **more, **measure(model)}
        print(f"seed {self.seed} {name}: {json.dumps(self.found[name])}", flush=True)

    def read(self, name: str, documents: list[Any], settings: Any, seconds: float = 0.0) -> None:
        """Fine-tune the base on these documents, which took `seconds` to make."""
        model, watch = copy.deepcopy(self.models["base"]), Stopwatch()
        fine_tune(model, documents, settings, self.seed)
        self.keep(name, model, seconds + watch.seconds(), documents=len(documents))

    def climb(
        self, name: str, start: str, task: Task, further: int = 0, settings: R1ZeroSettings = STAGES.rl
    ) -> None:
        """Reinforcement learning, from the model of another arm."""
        model, watch = copy.deepcopy(self.models[start]), Stopwatch()
        history = train_r1_zero(model, task, settings, self.seed + further)
        curves = {curve: [step[curve] for step in history if curve in step] for curve in CURVES}
        self.keep(name, model, watch.seconds(), history=curves)


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed, as `run_stages` trains them; seconds are CPU seconds on one thread."""
    arms = Stages(seed)
    base = arms.models["base"]
    arms.found["prompted"] = measure(base, BOOK)
    arms.found["prompted_checked"] = measure(base, decoded_by(BOOK, check_every_value))
    arms.climb("zero", "base", ZERO)
    arms.climb("zero_language", "base", REASONING)

    arms.read("dev1", cold_start_documents(STAGES.cold_documents, seed, STAGES.cold_checks), STAGES.cold)
    arms.climb("dev1_zero", "dev1", ZERO)
    arms.climb("dev2", "dev1", REASONING)

    watch = Stopwatch()
    chains = rejection_sample(arms.models["dev2"], REASONING, STAGES.problems, STAGES.answers, seed)
    seconds = watch.seconds()
    arms.read("dev3", chains + general_documents(STAGES, seed), STAGES.second, seconds)
    arms.read("dev3_reasoning", chains, STAGES.second, seconds)
    clean = replace(STAGES, obeys=1.0, broken=0.0)
    arms.read("dev3_clean", chains + general_documents(clean, seed), STAGES.second, seconds)

    arms.climb("r1", "dev3", EVERYTHING, further=1)
    arms.climb("one_run", "base", EVERYTHING, further=1)
    arms.climb("one_long_run", "base", EVERYTHING, further=1, settings=LONG_RUN)
    return arms.found
