"""The finding of chapter 6: a small model learns more from a teacher's chains than from its own trial and
error, and a skill that it lacks comes from the chains alone.

One teacher (cold start, then reinforcement learning); for every seed two small bases of half its depth.
One has read no page on which a value is checked, the other lacks nothing. Both climb by reinforcement
learning alone, read the teacher's right and readable chains, read as many clean chains from the generator
(control), are scored word by word on their own writing (forward and reverse KL), and go on after the
teacher's chains, by reinforcement learning or by the teacher's scores.
"""

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import Document, PretrainSettings
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.evaluation import base_skills
from deepseek_book_utils.reasoning.fine_tuning.cold_start import (
    FineTuneSettings,
    cold_start_documents,
    fine_tune,
    readable,
)
from deepseek_book_utils.reasoning.fine_tuning.distillation import (
    SMALL,
    WITHOUT_CHECKS,
    GKDSettings,
    student_base,
    surprise,
    train_gkd,
    verdict_bits,
)
from deepseek_book_utils.reasoning.fine_tuning.stages import StageSettings, rejection_sample, right, scenarios
from deepseek_book_utils.reasoning.instructions import (
    WIDER,
    WORD_ID,
    GeneralSettings,
    held_out_lists,
    held_out_wishes,
)
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import evaluate, sample_responses
from deepseek_book_utils.records import MINIATURE_SEEDS
from experiments.measuring import Stopwatch

Settings = TypeVar("Settings", FineTuneSettings, R1ZeroSettings, GKDSettings)


def settling(settings: Settings, **fifth: Any) -> tuple[Settings, Settings]:
    """Four fifths of an arm at its rate, the last fifth at a sixth: at a constant rate the last updates are
    noise.
    """
    return settings, replace(settings, learning_rate=settings.learning_rate / 6, **fifth)


GENERAL, STAGES = GeneralSettings(), StageSettings()
CORPORA = {"lacks": WITHOUT_CHECKS, "whole": CorpusSettings()}
SEEDS = MINIATURE_SEEDS[1:6]  # those of `ch05/stages`
TEACHER, TEACHING = SEEDS[0], replace(STAGES.rl, updates=24)  # one teacher for all students
PROBLEMS, ANSWERS, KEPT = 600, 4, 1600  # asked of the teacher, and the most that are kept
READING = settling(FineTuneSettings(epochs=4, documents=24, learning_rate=1.2e-2), epochs=1)
# At least as many CPU seconds as asking and reading.
RL = settling(replace(STAGES.rl, updates=36, learning_rate=1e-3), updates=9)
# Chosen for the student that lacks a skill, and taken over for the other one.
FORWARD = settling(GKDSettings(updates=12, beta=0.0, learning_rate=8e-3), updates=3)
REVERSE = {
    kind: settling(GKDSettings(updates=20, beta=1.0, learning_rate=rate), updates=5)
    for kind, rate in {"lacks": 2e-3, "whole": 4e-3}.items()
}
# After the teacher's chains.
RL_AFTER = (replace(STAGES.rl, updates=6, learning_rate=5e-4),)
REVERSE_AFTER = (GKDSettings(updates=12, beta=1.0, learning_rate=1e-3),)
SETTINGS = {
    "teacher": WIDER,
    "student": SMALL,
    "corpora": CORPORA,
    "general": GENERAL,
    "pretrain": PretrainSettings(),
    "teaching": TEACHING,
    "teacher_seed": TEACHER,
    "asked": (PROBLEMS, ANSWERS, KEPT),
    "rl": RL,
    "reading": READING,
    "forward": FORWARD,
    "reverse": REVERSE,
    "rl_after": RL_AFTER,
    "reverse_after": REVERSE_AFTER,
}
SHORT = held_out_problems(100)
LONG = held_out_problems(40, 8, 10, seed=1)  # longer than any chain taught
LISTS, WISHES = held_out_lists(60), held_out_wishes(60)
ZERO, REASONING = scenarios(), scenarios(rewards=RewardWeights(language=STAGES.language))
TRIES = 16  # answers to a problem, of the base
CURVES = ("accuracy", "checks", "length", "divergence")


def measure(model: LanguageModel) -> dict[str, float]:
    """Held-out problems, longer ones, lists and wishes, a few answers each."""
    found = evaluate(model, ZERO, SHORT, samples=5)
    found["long"] = evaluate(model, ZERO, LONG, samples=2, max_new_tokens=150)["accuracy"]
    for name, asked in (("lists", LISTS), ("wishes", WISHES)):
        found[name] = evaluate(model, ZERO, asked, samples=2)[name]
    return found


def within_reach(model: LanguageModel, seed: int) -> dict[str, float]:
    """Of the problems, the share that the base solves in one of TRIES answers by a readable chain, and by one
    that checks; the share of all its answers that check.
    """
    generator = torch.Generator().manual_seed(seed)
    texts = sample_responses(model, ZERO, SHORT, TRIES, generator)[1]
    checks = [bool({"check", "查"} & set(text.split())) for text in texts]
    good = [right(t, SHORT[i // TRIES]) and readable(t, SHORT[i // TRIES]) for i, t in enumerate(texts)]
    groups = range(0, len(texts), TRIES)
    solved = [any(good[i : i + TRIES]) for i in groups]
    checked = [any(map(min, good[i : i + TRIES], checks[i : i + TRIES])) for i in groups]
    return {
        "solved": sum(solved) / len(solved),
        "solved_with_checks": sum(checked) / len(checked),
        "checks": sum(checks) / len(checks),
    }


def bits(model: LanguageModel, chains: list[Document], clean: list[Document]) -> dict[str, float]:
    """What one example can tell this base, in bits: a chain of the teacher's or of the generator's, the words
    `check` of the teacher's chains alone, and each of these words.
    """
    told = [(ids, [w * (i == WORD_ID["check"]) for i, w in zip(ids, ws, strict=True)]) for ids, ws in chains]
    told = [one for one in told if sum(one[1])]
    of_checks, words = surprise(model, told[:200]), sum(sum(ws) for _, ws in told[:200])
    return {
        "chain": sum(surprise(model, chains[:200])) / 200,
        "clean_chain": sum(surprise(model, clean[:200])) / 200,
        "checks_of_a_chain": sum(of_checks) / len(of_checks),
        "a_check": sum(of_checks) / words,
    }


class Student:
    """The arms of one base, each trained, measured and kept."""

    def __init__(self, seed: int, kind: str, teacher: LanguageModel) -> None:
        self.seed, self.kind, self.teacher, watch = seed, kind, teacher, Stopwatch()
        self.base = student_base(seed + 500, CORPORA[kind])
        seconds = watch.seconds()
        self.found: dict[str, Any] = {}
        self.keep("base", self.base, seconds, skills=base_skills(self.base))

    def keep(self, name: str, model: LanguageModel, seconds: float, **more: Any) -> None:
        self.found[name] = {"seconds": seconds, **more, **measure(model)}
        print(f"seed {self.seed} {self.kind} {name}: {json.dumps(self.found[name])}", flush=True)

    def read(
        self, name: str, documents: list[Document], parts: Sequence[FineTuneSettings], seconds: float
    ) -> LanguageModel:
        """Fine-tune the base on these documents, which took `seconds` to make."""
        model, watch = copy.deepcopy(self.base), Stopwatch()
        for settings in parts:
            fine_tune(model, documents, settings, self.seed)
        self.keep(name, model, seconds + watch.seconds(), documents=len(documents))
        return model

    def practise(
        self,
        name: str,
        parts: Sequence[R1ZeroSettings | GKDSettings],
        start: LanguageModel,
        seconds: float = 0.0,
    ) -> None:
        """Write, and learn by rewards, or by what the teacher says of every word, from a model that took
        `seconds` so far. Of a teacher, `bits` are what it says of one answer, at first.
        """
        model, watch = copy.deepcopy(start), Stopwatch()
        history: list[dict[str, float]] = []
        for i, settings in enumerate(parts):
            seed = self.seed + 1000 * i
            if isinstance(settings, R1ZeroSettings):
                history += train_r1_zero(model, REASONING, settings, seed)
            else:
                history += train_gkd(model, self.teacher, REASONING, settings, seed)
        seconds += watch.seconds()
        first = history[0]
        more: dict[str, Any] = {"history": {c: [step[c] for step in history] for c in CURVES if c in first}}
        if "divergence" in first:
            more["bits"] = first["divergence"] * first["length"] / math.log(2)
        self.keep(name, model, seconds, **more)


@cache
def lesson() -> tuple[LanguageModel, list[Document], dict[str, Any]]:
    """The one teacher of all students, its right and readable answers, and what they took."""
    watch = Stopwatch()
    teacher = pretrained_base(TEACHER, general=GENERAL)
    fine_tune(teacher, cold_start_documents(STAGES.cold_documents, TEACHER), STAGES.cold, TEACHER)
    train_r1_zero(teacher, REASONING, TEACHING, TEACHER)
    found = {"teacher": {"seconds": watch.seconds(), **measure(teacher)}}
    watch = Stopwatch()
    chains = rejection_sample(teacher, REASONING, PROBLEMS, ANSWERS, TEACHER)[:KEPT]
    found["asking"] = {"seconds": watch.seconds(), "kept": len(chains)}
    print(f"teacher {TEACHER}: {json.dumps(found)}", flush=True)
    return teacher, chains, found


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread, without those of base and teacher."""
    teacher, chains, found = lesson()
    found, watch = dict(found), Stopwatch()
    clean = cold_start_documents(len(chains), seed + 1, checks=1.0)
    found["writing"] = {"seconds": watch.seconds()}
    for kind in CORPORA:
        student = Student(seed, kind, teacher)
        base = student.base
        student.found["reach"] = within_reach(base, seed)
        student.found["bits"] = bits(base, chains, clean)
        student.found["bits"]["verdict"] = verdict_bits(student.found["base"]["accuracy"])
        student.practise("rl", RL, base)
        distilled = student.read("chains", chains, READING, found["asking"]["seconds"])
        student.read("clean", clean, READING, found["writing"]["seconds"])
        student.practise("reverse", REVERSE[kind], base)
        so_far = student.found["chains"]["seconds"]
        student.practise("chains_then_rl", RL_AFTER, distilled, so_far)
        student.practise("forward", FORWARD, base)
        student.practise("chains_then_reverse", REVERSE_AFTER, distilled, so_far)
        found[kind] = student.found
    return found
