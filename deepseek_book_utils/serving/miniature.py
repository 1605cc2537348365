"""The arithmetic miniature behind the service: two models in a folder, problems in,
chains of thought out.

A file may remember with which word its model is asked: a base that was never fine-tuned
answers well after `<book>`, as a textbook does.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import torch

from ..lm.model import LanguageModel, ModelSettings
from ..lm.policy import Policy
from ..lm.sampling import generate, pad_left
from ..model_files import load_model, save_model
from ..reasoning.arithmetic import arithmetic
from ..reasoning.fine_tuning.cold_start import cold_start_documents, fine_tune
from ..reasoning.fine_tuning.stages import StageSettings
from ..reasoning.instructions import decode_words
from ..reasoning.language import BOS, EOS, PAD, TOKEN_ID, encode, parse_problem
from ..reasoning.pretrained import pretrained_base
from ..reasoning.r1_zero import train_r1_zero
from ..reasoning.rewards import ANSWER
from ..training import progress
from .app import Answer

MODES = ("supervised", "rl")
NEW = 90  # most words of an answer


def read_problem(text: str, context: int = 256) -> list[str]:
    """The words of a problem such as `9 a *3 b -1 ?`; `<bos>` before it may be left
    out. Raises ValueError for unknown words, another form, or a text that leaves no
    room for an answer in a model's context.
    """
    words = text.split()
    words = words[1:] if words[:1] == [BOS] else words
    most = context - NEW - 1
    if len(words) > most:
        raise ValueError(
            f"The text has {len(words)} words, and the model reads {most} at most: "
            "ask a shorter problem."
        )
    encode(words)
    parse_problem(" ".join([BOS, *words]))
    return words


def answer_problems(policy: Policy, opening: str = BOS) -> Answer:
    """Greedy answers of this policy, asked with this word before the problem.

    A problem gets the same answer alone and in a batch. In double precision the sums of
    a batch are so near to those of a single row that no word changes.
    """

    def answer(texts: list[str]) -> list[dict[str, str | None]]:
        asked = [encode([opening, *read_problem(text)]) for text in texts]
        prompts = pad_left(asked, TOKEN_ID[PAD])
        rows = generate(
            policy,
            prompts,
            1,
            torch.Generator(),
            NEW,
            temperature=0.0,
            end=TOKEN_ID[EOS],
            pad=TOKEN_ID[PAD],
        ).responses.tolist()
        responses = [decode_words(row) for row in rows]
        found = [ANSWER.search(response) for response in responses]
        return [
            {"answer": match and match[1], "response": response}
            for match, response in zip(found, responses, strict=True)
        ]

    return answer


def path_of(folder: str | Path, mode: str) -> Path:
    """The file of this mode's model."""
    return Path(folder) / f"{mode}.safetensors"


def load_answers(folder: str | Path) -> dict[str, Answer]:
    """What each mode of the service answers with, from the models in `folder`.

    Raises FileNotFoundError if one is missing, ValueError if one is damaged.
    """
    answers: dict[str, Answer] = {}
    for mode in MODES:
        model, notes = load_model(path_of(folder, mode), LanguageModel, ModelSettings)
        answers[mode] = answer_problems(model.double(), notes.get("opening", BOS))
    return answers


def make_models(
    folder: str | Path,
    seed: int = 0,
    settings: StageSettings = StageSettings(),
    base: Callable[[int], LanguageModel] = pretrained_base,
) -> None:
    """Make both models and write them to `folder`: the base after a cold start, and the
    same base after R1-Zero.
    """
    model = base(seed)
    tuned = copy.deepcopy(model)
    documents = cold_start_documents(
        settings.cold_documents, seed, settings.cold_checks
    )
    fine_tune(tuned, documents, settings.cold, seed)
    save_model(path_of(folder, "supervised"), tuned)
    train_r1_zero(
        model,
        arithmetic(),
        settings.rl,
        seed,
        progress=lambda steps: progress(steps, "R1-Zero"),
    )
    save_model(path_of(folder, "rl"), model)
