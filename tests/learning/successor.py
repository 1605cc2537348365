"""A task for loops over language models, learned in seconds: a digit is shown, the next one is asked.

Chance answers one question in thirty-six, a policy that ignores the question one in five.
"""

import torch

from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.reasoning.tasks import Task

DIGITS, END, PAD = 5, 5, 6


def measure(texts: list[str], problems: list[int]) -> dict[str, float]:
    """The share of right answers; every problem has as many texts as another."""
    each = len(texts) // len(problems)
    right = [text == answer(problems[i // each]) for i, text in enumerate(texts)]
    return {"accuracy": sum(right) / len(right)}


def answer(digit: int) -> str:
    return f"{(digit + 1) % DIGITS} {END}"


SUCCESSOR = Task(
    name="successor",
    sample=lambda rng: rng.randrange(DIGITS),
    encode=lambda digit: [digit],
    decode=lambda ids: " ".join(map(str, ids)),
    right=lambda text, digit: text == answer(digit),
    reward=lambda text, digit: float(text == answer(digit)),
    measure=measure,
    end=END,
    pad=PAD,
    forbidden=(PAD,),
)


def new_model(seed: int) -> LanguageModel:
    """A model that knows nothing: every word is as likely as another."""
    torch.manual_seed(seed)
    return LanguageModel(ModelSettings(vocabulary=7, padding=PAD, width=16, layers=1, heads=2, context=8))
