"""Grader of the exercise to chapter 5 about chains of thought that a person can follow."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ...reasoning.language import DIGITS, LABELS, OPERATIONS, TO_CHINESE
from ..checking import Wrong, as_tensor, ask

Steps = list[tuple[str, str]]
Readable = Callable[[list[str], Steps], bool]


def readable(answer: Readable, seed: int) -> None:
    """Grades `readable(words, steps)` on chains that are good, and on the same ones spoilt."""
    rng = random.Random(seed)
    for count in (3, 5):
        first = rng.randrange(4)
        steps = [(LABELS[first + i], rng.choice(OPERATIONS)) for i in range(count)]
        chain = _chain(rng, steps)
        _accepts(answer, chain, steps, "It is in English, and every step stands there once, in order.")
        han = _chinese(chain)
        _accepts(answer, han, steps, "All of it is Chinese. One language is asked for, be it English or not.")
        _accepts(answer, _checked(rng, chain), steps, "`check` and a digit after a value do no harm.")
        _accepts(answer, [word for word in chain if word not in DIGITS], steps, "Only its steps are judged.")
        for words, what in _spoilt(rng, chain, steps):
            if _says(answer, words, steps):
                raise Wrong(f"You call a chain readable in which {what}:\n  {_shown(words, steps)}")


def _accepts(answer: Readable, words: list[str], steps: Steps, why: str) -> None:
    if not _says(answer, words, steps):
        raise Wrong(f"You do not call this chain readable, and it is:\n  {_shown(words, steps)}", why)


def _says(answer: Readable, words: list[str], steps: Steps) -> bool:
    """What the student says of a chain; raises Wrong for anything but yes or no."""
    got: Any = ask(answer, words, steps)
    value = as_tensor(bool(got) if isinstance(got, np.bool_) else got, torch.Size([])).item()
    if value not in (0, 1):
        raise Wrong(f"You return {value:g}. Asked is `True` or `False`.")
    return value == 1


def _shown(words: list[str], steps: Steps) -> str:
    return f"{' '.join(words) or '(no word)'}\n  asked: {' '.join(' '.join(step) for step in steps)}"


def _chain(rng: random.Random, steps: Steps) -> list[str]:
    """A start digit, and every step with the value that it gives; the values do not matter here."""
    words = [rng.choice(DIGITS)]
    for label, operation in steps:
        words += [label, operation, rng.choice(DIGITS)]
    return words


def _checked(rng: random.Random, chain: list[str]) -> list[str]:
    return [*chain[:4], "check", rng.choice(DIGITS), *chain[4:]]


def _chinese(words: list[str]) -> list[str]:
    return [TO_CHINESE.get(word, word) for word in words]


def _spoilt(rng: random.Random, chain: list[str], steps: Steps) -> list[tuple[list[str], str]]:
    """Chains that are not readable, each with what is wrong; step i stands at 3 i + 1 and behind it."""
    i = rng.randrange(len(steps) - 1)  # not the last
    at, end = 3 * i + 1, 3 * i + 4
    label, operation = steps[i]
    other = next(one for one in OPERATIONS if one != operation)
    swapped = [*chain[:at], *chain[end : end + 3], *chain[at:end], *chain[end + 3 :]]
    last = chain[-3:-1]
    return [
        ([*chain[:-1], TO_CHINESE[chain[-1]]], "the last word is Chinese and the others are English"),
        ([TO_CHINESE[chain[0]], *chain[1:]], "the first word is Chinese and the others are English"),
        ([*chain, "查", "七"], "a Chinese check follows English steps"),
        ([*_chinese(chain[:at]), *chain[at:]], "the language changes on the way"),
        ([*chain[:at], *chain[end:]], "a step is missing"),
        (chain[:-3], "the last step is missing"),
        (chain[3:], "the first step is missing"),
        ([], "no word stands"),
        ([*chain[:end], *chain[at:end], *chain[end:]], "a step stands twice"),
        ([*chain, *last, chain[-1]], "the last step stands twice"),
        (swapped, "two steps have changed places"),
        (_chinese(swapped), "two steps have changed places, in Chinese"),
        ([*chain[: at + 1], *chain[at + 2 :]], "a label stands without its operation"),
        ([*chain[: at + 1], other, *chain[at + 2 :]], "a step has another operation"),
        ([*chain[:at], *chain[at + 1 :]], "an operation stands without its label"),
        ([*chain[:at], operation, label, *chain[at + 2 :]], "an operation stands before its label"),
        ([operation, *chain], "an operation without a label stands at the very beginning"),
        ([*chain[:end], "check", operation, *chain[end:]], "an operation stands behind `check`"),
        ([*chain[: at + 1], chain[0], *chain[at + 1 :]], "a digit stands between a label and its operation"),
        ([*chain, "l", operation, chain[0]], "a step is added that nobody asked for"),
    ]
