"""Two tasks, one encoder: a shared encoder reads questions of mathematics and of code,
and each task has one layer of its own on top (hard parameter sharing; Caruana, 1997).

An encoder writes nothing: it reads. Text generation is therefore cut down to one word
here. A head scores every word of the vocabulary, given the encoder's vector of [CLS],
and the best word is the answer. That it should be a digit is for the head to learn.

Letters: B batch, T time, C channels, V vocabulary, N rows of the batch that have a
task.

Left out: pretraining (the encoder starts from random weights), weights between the
tasks' losses, and methods that reconcile gradients which pull apart.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.encoder import Encoder, EncoderSettings
from ..nn.muon import Muon
from ..nn.schedules import cosine, warm_up
from ..settings import check_ranges
from .questions import QUESTION_WORDS, TASKS, WORD_NUMBER, Question, question_tokens


class MultiTaskModel(nn.Module):
    """One encoder, and for every task a head from its width to the vocabulary."""

    def __init__(self, settings: EncoderSettings, tasks: Sequence[str] = TASKS) -> None:
        super().__init__()
        self.encoder = Encoder(settings)
        self.heads = nn.ModuleDict(
            {task: nn.Linear(settings.width, settings.vocabulary) for task in tasks}
        )

    def forward(self, tokens: Tensor, task: str) -> Tensor:
        """Questions of one task (B, T) -> logits of the answer (B, V).

        Raises ValueError on a task that has no head.
        """
        if task not in self.heads:
            raise ValueError(
                f"No head for {task!r}: this model has {', '.join(self.heads)}."
            )
        real = tokens != WORD_NUMBER["[PAD]"]
        states = self.encoder(tokens, real)  # (B, T) -> (B, T, C)
        return self.heads[task](states[:, 0])  # [CLS]: (B, T, C) -> (B, C) -> (B, V)


def multi_task_loss(
    model: MultiTaskModel, batches: dict[str, tuple[Tensor, Tensor]]
) -> dict[str, Tensor]:
    """The loss of every task, a scalar each: train on their sum.

    `batches` maps a task to tokens (B, T) and answers (B,); sizes may differ.
    """
    # L = sum over tasks of the mean of -log p(answer | question)
    return {
        task: F.cross_entropy(model(tokens, task), answers)
        for task, (tokens, answers) in batches.items()
    }


@dataclass(frozen=True)
class MultiTaskSettings:
    """Settings of `train_multi_task`; raises ValueError on values without sense."""

    updates: int = 500
    batch_size: int = 64  # questions, all tasks together: more tasks do not cost more
    learning_rate: float = 5e-3  # AdamW, for embeddings, norms, biases and heads
    muon_rate: float = 3e-2  # Muon, for the matrices of the layers: half the updates
    warm_up: int = 30  # updates: post-norm layers do not bear a large first step
    weight_decay: float = 0.01  # as BERT
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "batch_size", "warm_up"),
            positive=("learning_rate", "muon_rate", "max_grad_norm"),
            not_negative=("weight_decay",),
        )


def encoder_optimizers(
    model: MultiTaskModel, settings: MultiTaskSettings
) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the encoder's layers, AdamW for all other parameters."""
    matrices = [p for p in model.encoder.layers.parameters() if p.ndim == 2]
    with_muon = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in with_muon]
    decay = settings.weight_decay
    return [
        Muon(matrices, lr=settings.muon_rate, weight_decay=decay),
        torch.optim.AdamW(
            others, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=decay
        ),
    ]


def train_multi_task(
    model: MultiTaskModel,
    data: dict[str, Sequence[Question]],
    settings: MultiTaskSettings,
    seed: int,
    watch: Callable[[int], None] | None = None,
) -> list[dict[str, float]]:
    """Train in place on the labelled questions of `data`; returns the losses of every
    step.

    Each step draws its questions in equal parts from the tasks in `data`: with one task
    this trains a specialist, with the same number of questions. `watch` is called after
    every step with its number. Raises ValueError if a task has no question, or a step
    none for a task.
    """
    per_task = settings.batch_size // max(1, len(data))
    if not data or not all(data.values()) or not per_task:
        raise ValueError(
            "Every task in `data` needs at least one question, also in each step: add "
            "questions, or leave the task out."
        )
    rng, optimizers = random.Random(seed), encoder_optimizers(model, settings)
    peaks = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    history = []
    for step in range(settings.updates):
        batches = {
            task: question_tokens(rng.choices(questions, k=per_task))
            for task, questions in data.items()
        }
        losses = multi_task_loss(model, batches)
        rate = warm_up(step, settings.warm_up) * cosine(step, settings.updates)
        for optimizer, peak in zip(optimizers, peaks, strict=True):
            optimizer.param_groups[0]["lr"] = peak * rate
            optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), settings.max_grad_norm)
        for optimizer in optimizers:
            optimizer.step()
        history.append({task: loss.item() for task, loss in losses.items()})
        if watch:
            watch(step + 1)
    return history


@torch.no_grad()
def answer_accuracy(
    model: MultiTaskModel, task: str, questions: Sequence[Question]
) -> float:
    """Share of the questions whose best word, out of all V, is the answer."""
    tokens, answers = question_tokens(questions)
    return (model(tokens, task).argmax(dim=-1) == answers).float().mean().item()


def multi_task_encoder(**sizes: int) -> EncoderSettings:
    """Settings of an encoder for these questions, small enough for one core."""
    return EncoderSettings(
        **{"vocabulary": len(QUESTION_WORDS), "width": 32, "layers": 2, **sizes}
    )
