"""Tiny runs of the loops that train language models."""

import random
from dataclasses import replace
from typing import Any
from unittest import mock

import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.nn.encoder import EncoderSettings
from deepseek_book_utils.reasoning.fine_tuning import stages
from deepseek_book_utils.reasoning.fine_tuning.cold_start import (
    FineTuneSettings,
    cold_start_documents,
    fine_tune,
)
from deepseek_book_utils.reasoning.fine_tuning.distillation import GKDSettings, train_gkd
from deepseek_book_utils.reasoning.fine_tuning.joint import JointSettings, cold_start_loss
from deepseek_book_utils.reasoning.fine_tuning.preferences import DPOSettings, train_dpo
from deepseek_book_utils.reasoning.fine_tuning.rejection import RFTSettings, train_rft
from deepseek_book_utils.reasoning.fine_tuning.stages import StageSettings, run_stages
from deepseek_book_utils.reasoning.instructions import WIDER
from deepseek_book_utils.reasoning.multi_task import MultiTaskModel, MultiTaskSettings, train_multi_task
from deepseek_book_utils.reasoning.questions import QUESTION_WORDS, TASKS, sample_questions
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.reading.docstrings import readings, vocabulary_of
from deepseek_book_utils.reasoning.reading.question_answering import (
    AnsweringSettings,
    QuestionAnsweringModel,
    train_answering,
)
from deepseek_book_utils.reasoning.tasks import Task
from tests.unit.settings_runs.case import Case, weights_of
from tests.unit.settings_runs.lm import small_model

# Say a token, at best an even one: about half of all answers are right.
EVEN = Task(
    name="even",
    sample=lambda rng: rng.randrange(3, 9),
    encode=lambda problem: [problem, 2],
    decode=lambda ids: " ".join(map(str, ids)),
    right=lambda text, problem: int(text.split()[0]) % 2 == 0,
    reward=lambda text, problem: float(int(text.split()[0]) % 2 == 0),
    measure=lambda texts, problems: {"length": sum(len(text.split()) for text in texts)},
    end=1,
    pad=0,
)


def climb(settings: R1ZeroSettings) -> Any:
    model = small_model()
    return train_r1_zero(model, EVEN, settings, 0), weights_of(model)


def prefer(settings: DPOSettings) -> Any:
    model = small_model()
    return train_dpo(model, EVEN, settings, 0), weights_of(model)


def reject(settings: RFTSettings) -> Any:
    model = small_model()
    return train_rft(model, EVEN, settings, 0), weights_of(model)


def follow(settings: GKDSettings) -> Any:
    """A teacher of its own weights, in both ways to estimate."""
    model, teacher = small_model(), small_model()
    torch.nn.init.normal_(teacher.head.weight)
    return train_gkd(model, teacher, EVEN, settings, 0), weights_of(model)


def share(settings: MultiTaskSettings) -> Any:
    torch.manual_seed(0)
    sizes = EncoderSettings(vocabulary=len(QUESTION_WORDS), width=8, layers=1, heads=2)
    model = MultiTaskModel(sizes)
    questions = {task: sample_questions(task, 20, random.Random(0)) for task in TASKS}
    return train_multi_task(model, questions, settings, 0), weights_of(model)


def study(settings: FineTuneSettings) -> Any:
    model = wider_model()
    return fine_tune(model, cold_start_documents(8, 0), settings, 0), weights_of(model)


def wider_model() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(replace(WIDER, width=8, layers=1, heads=2))


def lean(settings: JointSettings) -> Any:
    model = wider_model()
    loss = cold_start_loss(model, cold_start_documents(8, 0), settings, 0)
    return [loss().item(), loss().item()]


def recipe(settings: StageSettings) -> Any:
    """What the loops are called with: they have runs of their own."""
    calls: list[Any] = []

    def note(model: Any, *arguments: Any) -> list[Any]:
        calls.append([one.name if isinstance(one, Task) else one for one in arguments])
        return []

    loops = dict.fromkeys(("fine_tune", "train_r1_zero", "rejection_sample"), note)
    with mock.patch.multiple(stages, **loops):
        run_stages(wider_model(), settings, 0)
    return calls


def answer(settings: AnsweringSettings) -> Any:
    torch.manual_seed(0)
    data = readings("Return the sum of items in a list if all are numbers")
    model = QuestionAnsweringModel(vocabulary_of(data, least=1), width=8)
    return train_answering(model, data, settings, 0), weights_of(model)


CASES = [
    Case(
        AnsweringSettings(updates=3, batch_size=4, samples=3, warm_up=2),
        answer,
        {
            "updates": 4,
            "batch_size": 5,
            "samples": 2,
            "supervised_weight": 0.5,
            "policy_weight": 0.5,
            "learning_rate": 0.1,
            "warm_up": 3,
            "weight_decay": 0.5,
            "max_grad_norm": 1e-3,
        },
    ),
    Case(
        FineTuneSettings(epochs=1, documents=4),
        study,
        {"epochs": 2, "documents": 3, "row": 24, "learning_rate": 0.1, "max_grad_norm": 1e-3},
    ),
    Case(JointSettings(documents=3), lean, {"weight": 0.5, "documents": 4, "row": 24}),
    Case(
        StageSettings(cold_documents=8, problems=4, answers=2, general_documents=5),
        recipe,
        {
            "cold_documents": 9,
            "cold_checks": 1.0,
            "cold": FineTuneSettings(epochs=9),
            "rl": R1ZeroSettings(updates=9),
            "language": 3.0,
            "problems": 5,
            "answers": 3,
            "general_documents": 6,
            "obeys": 0.1,
            "broken": 0.9,
            "second": FineTuneSettings(epochs=9),
            "reasoning": 0.1,
            "lists": 0.4,
        },
    ),
    Case(
        R1ZeroSettings(updates=3, prompts=3, group_size=4, learning_rate=0.02, max_new_tokens=40),
        climb,
        {
            "updates": 4,
            "prompts": 4,
            "group_size": 5,
            "minibatches": 3,
            "learning_rate": 0.05,
            "warm_up": 1,
            "clip_range": 0.01,
            "max_grad_norm": 1e-3,
            "average": "grpo",
            "max_new_tokens": 3,
        },
    ),
    Case(
        DPOSettings(problems=4, group_size=6, pairs=2, batch_size=3, max_new_tokens=4),
        prefer,
        {
            "problems": 5,
            "group_size": 7,
            "rounds": 2,
            "pairs": 1,
            "epochs": 2,
            "batch_size": 2,
            "beta": 0.5,
            "learning_rate": 0.01,
            "max_grad_norm": 1e-3,
            "max_new_tokens": 3,
        },
    ),
    Case(
        RFTSettings(batches=4, prompts=2, group_size=6, learning_rate=0.02, max_new_tokens=4),
        reject,
        {
            "batches": 5,
            "prompts": 3,
            "group_size": 7,
            "rounds": 2,
            "epochs": 3,
            "learning_rate": 0.05,
            "max_grad_norm": 1e-3,
            "max_new_tokens": 3,
        },
    ),
    Case(
        GKDSettings(updates=3, prompts=3, beta=0.5, learning_rate=0.02, max_new_tokens=4),
        follow,
        {
            "updates": 4,
            "prompts": 4,
            "group_size": 3,
            "minibatches": 3,
            "student_share": 0.0,
            "beta": 1.0,
            "sampled": True,
            "temperature": 2.0,
            "learning_rate": 0.05,
            "warm_up": 1,
            "max_grad_norm": 1e-3,
            "max_new_tokens": 3,
        },
    ),
    Case(
        MultiTaskSettings(updates=3, batch_size=8, warm_up=2),
        share,
        {
            "updates": 4,
            "batch_size": 10,
            "learning_rate": 0.1,
            "muon_rate": 0.1,
            "warm_up": 3,
            "weight_decay": 0.5,
            "max_grad_norm": 1e-3,
        },
    ),
]
