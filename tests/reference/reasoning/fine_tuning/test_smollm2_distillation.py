"""Both loops of distillation, untouched, on a real model: SmolLM2-135M teaches a copy of half its depth.

A test that the seam holds, and no result: a few steps on two cores teach no arithmetic.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.gpt import GPT
from deepseek_book_utils.lm.smollm2 import PADDING, Assistant, load_smollm2
from deepseek_book_utils.reasoning.fine_tuning.cold_start import FineTuneSettings, fine_tune
from deepseek_book_utils.reasoning.fine_tuning.distillation import GKDSettings, train_gkd
from deepseek_book_utils.reasoning.fine_tuning.rejection import RFTSettings, sample_right
from deepseek_book_utils.reasoning.tasks import Task
from tests.reference.reasoning.test_grpo_seam import gym_task

SYSTEM = "Answer briefly."
WORDS = 10  # of an answer, at most


@pytest.fixture(scope="module")
def teacher() -> Iterator[Assistant]:
    yield load_smollm2()


def asked_in_words(assistant: Assistant) -> Task:
    """A sum of reasoning-gym as a chat; the last number of an answer counts."""
    by_character = gym_task(min_terms=2, max_terms=2, max_digits=1)

    def number(text: str) -> str:
        return (re.findall(r"-?\d+", text) or [""])[-1]

    return replace(
        by_character,
        encode=lambda entry: assistant.read(entry["question"], SYSTEM),
        decode=lambda ids: assistant.tokenizer.decode(ids),
        right=lambda text, entry: by_character.right(number(text), entry),
        measure=lambda texts, entries: by_character.measure([number(text) for text in texts], entries),
        end=assistant.end,
        pad=PADDING,
        forbidden=(),
    )


def half_of(model: GPT) -> GPT:
    """Every second layer, with the tables of words and the last norm, as DistilBERT began."""
    student = GPT(replace(model.settings, layers=model.settings.layers // 2))
    student.words.load_state_dict(model.words.state_dict())
    student.norm.load_state_dict(model.norm.state_dict())
    student.blocks.load_state_dict(model.blocks[::2].state_dict())
    return student


def right_answers(teacher: Assistant, task: Task) -> list[tuple[list[int], list[float]]]:
    """What the teacher got right, as documents: the question carries no loss."""
    settings = RFTSettings(prompts=4, group_size=2, max_new_tokens=WORDS)
    rollouts, rows = sample_right(
        teacher.model, task, settings, random.Random(0), torch.Generator().manual_seed(0)
    )
    documents = []
    for row in rows:
        question = [i for i in rollouts.prompts[row].tolist() if i != PADDING]
        answer = rollouts.responses[row, : rollouts.lengths[row]].tolist()
        documents.append((question + answer, [0.0] * len(question) + [1.0] * len(answer)))
    return documents


def test_a_half_learns_from_the_whole_model(teacher: Assistant) -> None:
    """First the chains, then the teacher's word on the student's own text."""
    task, student = asked_in_words(teacher), half_of(teacher.model)
    documents = right_answers(teacher, task)
    assert documents
    reading = FineTuneSettings(epochs=4, documents=2, row=96, learning_rate=1e-4)
    losses = fine_tune(student, documents[:4], reading, seed=0)
    assert losses[-1] < 0.5 * losses[0]
    scores = GKDSettings(
        updates=4, prompts=2, group_size=1, minibatches=1, learning_rate=1e-4, warm_up=1, max_new_tokens=WORDS
    )
    history = train_gkd(student, teacher.model, task, scores, seed=0)
    print(losses, history)
    assert history[-1]["divergence"] < history[0]["divergence"]
