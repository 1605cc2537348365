"""The finding of chapter 6: a small model learns more from a teacher's chains than from its own trial and
error, if it lacks something.

For every seed: a teacher (cold start, then reinforcement learning), and two small bases of half its depth.
One has read no page on which a value is checked, the other lacks nothing. Both climb by reinforcement
learning alone, read the teacher's right and readable chains, read as many clean chains from the generator
(control), are scored word by word on their own writing (forward and reverse KL), and climb again after the
teacher's chains.
"""

import copy
import json
import math
from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import Document, PretrainSettings
from deepseek_book_utils.reasoning.cold_start import (
    FineTuneSettings,
    cold_start_documents,
    fine_tune,
    readable,
)
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.distillation import (
    SMALL,
    WITHOUT_CHECKS,
    GKDSettings,
    student_base,
    surprise,
    train_gkd,
    verdict_bits,
)
from deepseek_book_utils.reasoning.evaluation import base_skills
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
from deepseek_book_utils.reasoning.stages import StageSettings, rejection_sample, right, scenarios
from deepseek_book_utils.reasoning.tasks import evaluate, sample_responses
from experiments.measuring import Stopwatch

GENERAL, STAGES = GeneralSettings(), StageSettings()
CORPORA = {"lacks": WITHOUT_CHECKS, "whole": CorpusSettings()}
TEACHING = replace(STAGES.rl, updates=24)
RL = replace(STAGES.rl, updates=36, learning_rate=1e-3)  # as many CPU seconds as asking and reading
AFTERWARDS = replace(STAGES.rl, updates=10)  # after the chains
READING = FineTuneSettings(epochs=4, documents=24, learning_rate=6e-3)
SETTLING = replace(READING, epochs=1, learning_rate=1e-3)  # at a constant rate the last updates are noise
PROBLEMS, ANSWERS = 600, 4  # asked of the teacher
FORWARD = GKDSettings(updates=22, beta=0.0, learning_rate=4e-3)
REVERSE = replace(FORWARD, beta=1.0)
SETTINGS = {
    "teacher": WIDER,
    "student": SMALL,
    "corpora": CORPORA,
    "general": GENERAL,
    "pretrain": PretrainSettings(),
    "teaching": TEACHING,
    "rl": RL,
    "afterwards": AFTERWARDS,
    "reading": READING,
    "settling": SETTLING,
    "asked": (PROBLEMS, ANSWERS),
    "forward": FORWARD,
    "reverse": REVERSE,
}
SHORT, LONG = (
    held_out_problems(150),
    held_out_problems(60, 8, 10, seed=1),
)  # LONG: longer than any chain taught
LISTS, WISHES = held_out_lists(60), held_out_wishes(60)
ZERO, REASONING = scenarios(), scenarios(rewards=RewardWeights(language=STAGES.language))
TRIES = 16  # answers to a problem, of the base


def measure(model: LanguageModel) -> dict[str, float]:
    """Held-out problems, eight answers each; longer ones, lists and wishes, four answers each."""
    found = evaluate(model, ZERO, SHORT, samples=8)
    found["long"] = evaluate(model, ZERO, LONG, samples=4, max_new_tokens=150)["accuracy"]
    for name, asked in (("lists", LISTS), ("wishes", WISHES)):
        found[name] = evaluate(model, ZERO, asked, samples=4)[name]
    return found


def within_reach(model: LanguageModel, seed: int) -> dict[str, float]:
    """Of the problems, the share that the base solves in one of TRIES answers by a readable chain, and by one
    that checks; the share of all its answers that check.
    """
    generator = torch.Generator().manual_seed(seed)
    texts = sample_responses(model, ZERO, SHORT[:100], TRIES, generator)[1]
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
        self.found: dict[str, Any] = {"base": {"seconds": watch.seconds(), "skills": base_skills(self.base)}}
        self.found["base"] |= measure(self.base)

    def keep(self, name: str, model: LanguageModel, seconds: float, **more: Any) -> None:
        self.found[name] = {"seconds": seconds, **more, **measure(model)}
        print(f"seed {self.seed} {self.kind} {name}: {json.dumps(self.found[name])}", flush=True)

    def read(self, name: str, documents: list[Document], seconds: float) -> LanguageModel:
        """Fine-tune the base on these documents, which took `seconds` to make."""
        model, watch = copy.deepcopy(self.base), Stopwatch()
        for settings in (READING, SETTLING):
            fine_tune(model, documents, settings, self.seed)
        self.keep(name, model, seconds + watch.seconds(), documents=len(documents))
        return model

    def climb(self, name: str, start: LanguageModel, settings: R1ZeroSettings, seconds: float = 0.0) -> None:
        """Reinforcement learning; what came before took `seconds`."""
        model, watch = copy.deepcopy(start), Stopwatch()
        history = train_r1_zero(model, REASONING, settings, self.seed)
        curve = [step["accuracy"] for step in history]
        self.keep(name, model, seconds + watch.seconds(), accuracies=curve)

    def listen(self, name: str, settings: GKDSettings) -> None:
        """The teacher scores every word of the student's own writing."""
        model, watch = copy.deepcopy(self.base), Stopwatch()
        history = train_gkd(model, self.teacher, REASONING, settings, self.seed)
        seconds, first = watch.seconds(), history[0]
        curves = {name: [step[name] for step in history] for name in ("divergence", "accuracy", "checks")}
        told = first["divergence"] * first["length"] / math.log(2)  # bits an answer, before any update
        self.keep(name, model, seconds, history=curves, bits=told)


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread, without the teacher's own training."""
    watch = Stopwatch()
    teacher = pretrained_base(seed, general=GENERAL)
    fine_tune(teacher, cold_start_documents(STAGES.cold_documents, seed), STAGES.cold, seed)
    train_r1_zero(teacher, REASONING, TEACHING, seed)
    found: dict[str, Any] = {"teacher": {"seconds": watch.seconds(), **measure(teacher)}}
    print(f"seed {seed} teacher: {json.dumps(found['teacher'])}", flush=True)

    watch = Stopwatch()
    chains = rejection_sample(teacher, REASONING, PROBLEMS, ANSWERS, seed)
    asking = watch.seconds()
    watch = Stopwatch()
    clean = cold_start_documents(len(chains), seed + 1, checks=1.0)
    writing = watch.seconds()
    for kind in CORPORA:
        student = Student(seed, kind, teacher)
        base = student.base
        student.found["reach"] = within_reach(base, seed)
        student.found["bits"] = bits(base, chains, clean)
        student.found["bits"]["verdict"] = verdict_bits(student.found["base"]["accuracy"])
        student.climb("rl", base, RL)
        distilled = student.read("chains", chains, asking)
        student.read("clean", clean, writing)
        student.listen("forward", FORWARD)
        student.listen("reverse", REVERSE)
        student.climb("chains_then_rl", distilled, AFTERWARDS, student.found["chains"]["seconds"])
        found[kind] = student.found
    return found
