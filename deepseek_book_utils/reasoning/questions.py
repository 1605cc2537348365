"""One small calculation, asked twice: in words, as mathematics is asked, and as a
Python program, whose last value is wanted.

    2 plus 4 then minus 3 ?          3
    x = 2 ; x += 4 ; x = x - 3       3

Both tasks follow a value through one or two steps, so there is something to share.
Whether a calculation is kept for the test is decided before it is worded: a model has
seen it in neither form.

Left out: all that makes real questions hard. Every value lies between 0 and 9, and
every answer is one word of the vocabulary.
"""

import itertools
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

TASKS = ("maths", "code")
SAYINGS = {"+": ("plus", "add"), "-": ("minus", "less"), "*": ("times", "by")}
LINKS = ("then", ",")
VARIABLES = ("a", "b", "k", "n", "x", "y")
QUESTION_WORDS = (
    *("[PAD]", "[CLS]", "[MASK]", *"0123456789"),
    *(word for sayings in SAYINGS.values() for word in sayings),
    *(*LINKS, "?", *VARIABLES, "=", ";", *"+-*", "+=", "-=", "*="),
)
WORD_NUMBER = {word: i for i, word in enumerate(QUESTION_WORDS)}


@dataclass(frozen=True)
class Calculation:
    """A start and the operations that follow, from left to right."""

    start: int
    operations: tuple[tuple[str, int], ...]  # such as (("+", 4), ("-", 3))

    @property
    def values(self) -> list[int]:
        """The start, and the value after every operation; the last is the answer."""
        values = [self.start]
        for sign, number in self.operations:
            value = values[-1]
            results = {"+": value + number, "-": value - number, "*": value * number}
            values.append(results[sign])
        return values

    @property
    def kept_out(self) -> bool:
        """Whether it belongs to the test: about one in five with two operations."""
        return len(self.operations) > 1 and zlib.crc32(repr(self).encode()) % 5 == 0


def all_calculations() -> list[Calculation]:
    """Every calculation of one or two operations that never leaves 0 to 9."""
    operations = [(sign, number) for sign in "+-" for number in range(1, 10)]
    operations += [("*", 2), ("*", 3)]
    found = [
        Calculation(start, chosen)
        for count in (1, 2)
        for start in range(1, 10)
        for chosen in itertools.product(operations, repeat=count)
    ]
    return [one for one in found if all(0 <= value <= 9 for value in one.values)]


CALCULATIONS = all_calculations()


def in_words(calculation: Calculation, rng: random.Random) -> str:
    """The calculation as a question of mathematics, such as `2 plus 4 , minus 3 ?`."""
    first, *others = (
        f"{rng.choice(SAYINGS[sign])} {number}"
        for sign, number in calculation.operations
    )
    rest = "".join(f" {rng.choice(LINKS)} {step}" for step in others)
    return f"{calculation.start} {first}{rest} ?"


def as_program(calculation: Calculation, rng: random.Random) -> str:
    """The calculation as a line of Python, such as `x = 2 ; x += 4 ; x = x - 3`."""
    x = rng.choice(VARIABLES)
    lines = [f"{x} = {calculation.start}"]
    for sign, number in calculation.operations:
        forms = (f"{x} {sign}= {number}", f"{x} = {x} {sign} {number}")
        lines.append(rng.choice(forms))
    return " ; ".join(lines)


class Question(NamedTuple):
    """What is asked, the answer, and the calculation behind both."""

    text: str
    answer: int
    calculation: Calculation


def sample_questions(
    task: str, count: int, rng: random.Random, kept_out: bool = False
) -> list[Question]:
    """`count` random questions of a task, for training or, `kept_out`, for the test.

    Raises ValueError on an unknown task.
    """
    if task not in TASKS:
        raise ValueError(f"Unknown task {task!r}: choose one of {', '.join(TASKS)}.")
    word = in_words if task == "maths" else as_program
    pool = [one for one in CALCULATIONS if one.kept_out == kept_out]
    chosen = rng.choices(pool, k=count)
    return [Question(word(one, rng), one.values[-1], one) for one in chosen]


def question_tokens(questions: Sequence[Question]) -> tuple[Tensor, Tensor]:
    """Tokens (B, T), `[CLS]` first and padded on the right, and the answers (B,), also
    as word numbers.

    Raises ValueError if there are no questions, or on a word outside the vocabulary.
    """
    if not questions:
        raise ValueError("No questions: give at least one.")
    rows = [["[CLS]", *question.text.split()] for question in questions]
    unknown = {word for row in rows for word in row} - WORD_NUMBER.keys()
    if unknown:
        raise ValueError(
            f"{min(unknown)!r} is not in the vocabulary. Write words apart, as in "
            "'x = 2 ; x += 4'."
        )
    T = max(map(len, rows))
    padded = [row + ["[PAD]"] * (T - len(row)) for row in rows]
    tokens = torch.tensor([[WORD_NUMBER[word] for word in row] for row in padded])
    answers = [WORD_NUMBER[str(question.answer)] for question in questions]
    return tokens, torch.tensor(answers)
