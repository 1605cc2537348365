"""What the experiments about R1-Zero share: their problems, what they measure, one run of training."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.evaluation import by_style, in_chinese, summarise, votes
from deepseek_book_utils.reasoning.grpo import group_advantages
from deepseek_book_utils.reasoning.language import Problem, held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import Task, evaluate
from deepseek_book_utils.records import MINIATURE_SEEDS
from experiments.measuring import Stopwatch

FIVE = MINIATURE_SEEDS[:5]  # where ten would take too long: the first five of them
PROBLEMS = held_out_problems(200)
RL, PEN = R1ZeroSettings(), Pen()
ZERO: dict[str, Any] = {"rewards": RewardWeights(), "pen": PEN, "forbidden": ()}
CURVES = ("reward", "accuracy", "length", "thinking_length", "empty", "mixed", "checks", "corrected")
CURVES += ("wait_if_right", "noticed", "repaired")


def everything(responses: Sequence[str], problems: Sequence[Problem]) -> dict[str, float]:
    """All that the chapter says of responses, of one population."""
    found = summarise(responses, problems) | by_style(responses, problems)
    return found | votes(responses, problems) | in_chinese(responses)


def measure(
    model: LanguageModel, task: Task, problems: Sequence[Problem] = PROBLEMS, tokens: int = 90
) -> Any:
    """Held-out problems, sixteen responses each."""
    return evaluate(model, replace(task, measure=everything), problems, max_new_tokens=tokens)


def trained(
    base: LanguageModel,
    task: Task,
    seed: int,
    settings: R1ZeroSettings = RL,
    advantages_of: Callable[[Tensor, int], Tensor] = group_advantages,
) -> tuple[LanguageModel, dict[str, Any]]:
    """A trained copy of the base; its CPU seconds on one thread, and its curves over the updates."""
    model, watch = copy.deepcopy(base), Stopwatch()
    curious = replace(task, measure=everything)
    history = train_r1_zero(model, curious, settings, seed, advantages_of=advantages_of)
    curves = {name: [step[name] for step in history] for name in CURVES}
    return model, {"seconds": watch.seconds(), "history": curves}


def corpus_with(checks: float = 0.13, better_language: float = 0.8) -> CorpusSettings:
    """A web with this share of pages that check, at the cost of pages in full without checks and, where
    those are used up, of pages that skip steps; and writers of both languages who choose the better one in
    this share of their steps.
    """
    usual = CorpusSettings(better_language=better_language)
    shares = dict(usual.web_styles)
    change = checks - shares["check"]
    from_full = min(change, shares["full"])
    shares |= {
        "check": checks,
        "full": shares["full"] - from_full,
        "skip": shares["skip"] - (change - from_full),
    }
    return replace(usual, web_styles=tuple(shares.items())) if change else usual
