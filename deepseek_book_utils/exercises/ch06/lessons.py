"""Grader of the exercise to chapter 6 about a lesson: which chains of a teacher a student reads, and where
they carry loss.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Wrong, ask

Rows = list[list[int]]
Batch = tuple[Rows, Rows, list[bool], int, int]  # what `lesson` gets
Lesson = Callable[[Rows, Rows, list[bool], int, int], tuple[Tensor, Tensor]]
# What a misconception keeps, and how it writes and weighs a row: an option of `_lesson`, what to say, a hint.
MISTAKES = (
    ("bad", "You keep chains that are not good.", "`good` says which are."),
    ("twice", "A chain that the teacher wrote twice to one question stands there twice.", "Keep the first."),
    (
        "elsewhere",
        "You drop a chain because it was written to another question, too.",
        "Question and chain together must be new.",
    ),
    ("one each", "You keep one chain of each question. Different chains all stay.", ""),
    ("cut", "You cut rows that are too long. A cut chain teaches to stop in the middle.", "Drop them."),
    ("short", "You drop a row that fits.", "Question, chain and end may fill all of `width`."),
    ("no end", "The end is missing: the student would never learn to stop.", ""),
    ("end everywhere", "Your padding is made of ends. Asked is 0.", ""),
    ("left", "Your padding stands on the left.", "It belongs behind the end."),
    ("no question", "The question is missing in the rows: the student would answer nothing.", ""),
)
WEIGHTS = (
    ("question", "The question carries loss. The student is to learn answers.", ""),
    ("silent end", "The end carries no loss: the student never learns to stop.", ""),
    ("padding", "Padding carries loss.", "Nobody should learn to write padding."),
    (
        "early",
        "The weights stand one place too early.",
        "A weight belongs to its own token, not to the one that predicts it.",
    ),
    (
        "late",
        "The first token of the chain carries no loss, so the student never learns how to begin.",
        "A weight belongs to its own token.",
    ),
    ("turned", "Your weights are turned round: 1 is where loss is.", ""),
    ("mean", "You divide the weights by the length of the chain. Asked are zeros and ones.", ""),
)


def lesson(answer: Lesson, seed: int) -> None:
    """Grades `lesson(questions, chains, good, end, width)`."""
    rng = random.Random(seed)
    for questions, width, end in ((3, 12, 1), (4, 15, 77), (2, 10, 5)):
        batch = (*_answers(rng, questions, width, end), end, width)
        got: Any = ask(answer, *batch)
        if got is None:
            raise Wrong("Your function returns nothing.", "Does it end in `return`?")
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong("Return two things: the rows of tokens, and their weights.")
        ids, weights = (numeric(part) for part in got)
        right = _lesson(*batch)
        for part, what in ((ids, "rows"), (weights, "weights")):
            if not isinstance(part, Tensor) or part.ndim != 2:
                raise Wrong(f"The {what} are no tensor (M, width).", "Every row is filled up to `width`.")
        about = f" for {len(batch[0])} answers, end {end} and width {width}"
        _explain(ids, 0, right, batch, about)
        _explain(weights, 1, right, batch, about)


def _answers(rng: random.Random, count: int, width: int, end: int) -> tuple[Rows, Rows, list[bool]]:
    """Questions, chains and whether they are good: some twice, some to two questions, some too long."""
    words = [word for word in range(2, 60) if word != end]
    of = [rng.sample(words, rng.randint(2, 3)) for _ in range(count)]
    pairs = [(q, rng.sample(words, rng.randint(3, width - 5))) for q in of for _ in range(2)]
    shared = rng.sample(words, 3)
    pairs += [(of[0], shared), (of[1], shared)]
    exact = [(of[0], rng.sample(words, width - len(of[0]) - 1))]
    long = [(of[1], rng.sample(words, width - len(of[1]) + more)) for more in (0, 1)]
    told = [(q, chain, True) for q, chain in [*pairs, *exact, *long]]
    told += [(q, rng.sample(words, 4), False) for q in of]
    told += [(of[0], shared, True), (*pairs[1], True)]  # twice
    rng.shuffle(told)
    return [list(q) for q, _, _ in told], [list(c) for _, c, _ in told], [g for _, _, g in told]


def _lesson(
    questions: Rows, chains: Rows, good: Sequence[bool], end: int, width: int, fault: str = ""
) -> tuple[Tensor, Tensor]:
    """Rows and weights (M, width), by the rule or with one fault."""
    ids, weights = [], []
    seen: set[Any] = set()
    for question, chain, is_good in zip(questions, chains, good, strict=True):
        key: Any = {"elsewhere": tuple(chain), "one each": tuple(question)}.get(
            fault, (tuple(question), tuple(chain))
        )
        row = [*([] if fault == "no question" else question), *chain, *([] if fault == "no end" else [end])]
        asked = len(row) - len(chain) - (fault != "no end")
        fits = len(row) < width if fault == "short" else len(row) <= width or fault == "cut"
        if not fits or not (is_good or fault == "bad") or (key in seen and fault != "twice"):
            continue
        seen.add(key)
        weight = [0.0] * asked + [1.0] * (len(row) - asked)
        row, weight = row[:width], weight[:width]
        empty = width - len(row)
        padding = [end if fault == "end everywhere" else 0] * empty
        ids.append([*padding, *row] if fault == "left" else [*row, *padding])
        weights.append(_weighed(weight, asked, empty, fault))
    return torch.tensor(ids), torch.tensor(weights, dtype=torch.float64)


def _weighed(weight: list[float], asked: int, empty: int, fault: str) -> list[float]:
    """The weights of one row of tokens and its padding, by the rule or with one fault."""
    answered = len(weight) - asked
    faulty = {
        "question": [1.0] * len(weight) + [0.0] * empty,
        "silent end": [*weight[:-1], 0.0] + [0.0] * empty,
        "padding": weight + [1.0] * empty,
        "early": weight[1:] + [0.0] * (empty + 1),
        "late": [0.0] * (asked + 1) + [1.0] * (answered - 1) + [0.0] * empty,
        "turned": [1.0] * asked + [0.0] * answered + [1.0] * empty,
        "mean": [value / answered for value in weight] + [0.0] * empty,
        "left": [0.0] * empty + weight,
    }
    return faulty.get(fault, weight + [0.0] * empty)


def _explain(got: Tensor, place: int, right: tuple[Tensor, Tensor], batch: Batch, about: str) -> None:
    """Raise Wrong unless rows (place 0) or weights (place 1) are the right ones."""

    def same(value: Tensor) -> bool:
        return got.shape == value.shape and bool((got.double() - value.double()).abs().max() < 1e-6)

    if same(right[place]):
        return
    for fault, said, hint in (MISTAKES, WEIGHTS)[place]:
        if same(_lesson(*batch, fault)[place]):
            raise Wrong(said, hint)
    what = ("rows of tokens", "weights")[place]
    if got.shape != right[place].shape:
        rows, wide = right[place].shape
        raise Wrong(f"Your {what} have the shape {tuple(got.shape)}, and should be ({rows}, {wide}){about}.")
    row = int((got.double() - right[place].double()).abs().amax(dim=1).argmax())
    values = f"{got[row].tolist()}, and should be {right[place][row].tolist()}"
    raise Wrong(f"The result differs{about}: row {row} of your {what} is {values}.")
