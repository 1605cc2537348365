"""Cold start: show the base a few hundred good answers before anybody rewards it.

DeepSeek-R1's first stage (arXiv 2501.12948, section 2.3.1) fine-tunes the base on
thousands of long chains of thought that people can read. Ours are chains in English,
complete, in order, some of them with checks. Fine-tuning is the loss of pretraining,
on answers alone.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...lm.model import LanguageModel
from ...lm.pretraining import Document, pack, pretraining_loss
from ...settings import check_ranges
from ..corpus import CorpusSettings, conclude, last_digit, write_chain
from ..instructions import encode_words, steps_shown
from ..language import DIGITS, OPERATIONS, TO_ENGLISH, Problem, sample_problem
from ..rewards import FORM

GOOD = CorpusSettings(error=0.0, clumsy_error=0.0)  # writers who make no error


@dataclass(frozen=True)
class FineTuneSettings:
    """Supervised fine-tuning; raises ValueError on values without sense."""

    epochs: int = 3
    documents: int = 48  # an update
    row: int = 128  # tokens a packed row
    learning_rate: float = 5e-4
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("epochs", "documents", "row"),
            positive=("learning_rate", "max_grad_norm"),
        )


def fine_tune(
    model: LanguageModel,
    documents: Sequence[Document],
    settings: FineTuneSettings,
    seed: int,
) -> list[float]:
    """Train the model in place on token ids and their loss weights; returns the loss of
    every update. Raises ValueError if there is no document.

    Another class serves too: it is called with a mask, and asked for `parameters` and
    `settings.padding`.
    """
    if not documents:
        raise ValueError("Nothing to learn from: give at least one document.")
    rng, losses = random.Random(seed), []
    device = next(model.parameters()).device
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0
    )
    for _ in range(settings.epochs):
        order = rng.sample(range(len(documents)), len(documents))
        for start in range(0, len(order), settings.documents):
            batch = [documents[i] for i in order[start : start + settings.documents]]
            packed = pack(batch, settings.row, model.settings.padding)
            loss = pretraining_loss(model, *(part.to(device) for part in packed))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.max_grad_norm)
            optimizer.step()
            losses.append(loss.item())
    return losses


def good_chain(rng: random.Random, checks: float) -> tuple[Problem, Document]:
    """A training problem and its solution as we should like to read it: English, right,
    all steps in order; with probability `checks` every value is checked.
    """
    problem = sample_problem(rng)
    style = "check" if rng.random() < checks else "full"
    answer = DIGITS[problem.answer]
    while True:  # rarely a digit and its check slip alike
        chain = write_chain(rng, problem, style, "english", GOOD)
        if last_digit(chain[0]) == answer:
            words, weights = conclude(problem.prompt.split(), chain, answer)
            return problem, (encode_words(words), weights)


def cold_start_documents(count: int, seed: int, checks: float = 0.5) -> list[Document]:
    """The few hundred answers of the first stage."""
    rng = random.Random(seed)
    return [good_chain(rng, checks)[1] for _ in range(count)]


def readable(response: str, problem: Problem) -> bool:
    """Whether a person can follow a response: the form is kept, every word is English,
    and every step of the problem is written, in order, with its operation.

    A step that is written again after `wait` counts once; checks are welcome.
    """
    match = FORM.fullmatch(response)
    words = match[1].split() if match else []
    if not words or any(word in TO_ENGLISH for word in words):
        return False
    done = [(words[i - 1], words[i]) for i in range(1, len(words))]
    done = [(label, word) for label, word in done if word in OPERATIONS]
    steps = [pair for i, pair in enumerate(done) if done[i - 1 : i] != [pair]]
    wanted = list(zip(problem.labels, problem.operations, strict=True))
    return steps == wanted and steps_shown(words) == problem.labels
