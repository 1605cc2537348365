"""Grader of the exercise to chapter 5 about what a long chain costs: tokens that are read, bytes kept."""

import numbers
import random
from collections.abc import Callable
from typing import Any

import torch

from ...lm.reuse import tokens_read as right_counts
from ..checking import Wrong, as_tensor, ask
from ..parts import judge_parts

Count = Callable[[int, int, int, int, str], int]
Size = Callable[[int, int, int, int, int, int], int]
Known = tuple[Callable[..., float], str, str]  # what a misconception counts, what to say, a hint
WAYS = ("plain", "cached", "shared")


def tokens_read(answer: tuple[Count, Size], seed: int) -> None:
    """Grades `tokens_read(prefix, prompts, length, new, way)` and `cache_bytes(...)`."""
    count, size = answer
    rng = random.Random(seed)
    judge_parts(
        {
            "`tokens_read`": lambda: _compare_counts(count, rng),
            "`cache_bytes`": lambda: _compare_sizes(size, rng),
        }
    )


def _compare_counts(count: Count, rng: random.Random) -> None:
    cases = [
        (rng.randint(20, 60), rng.randint(3, 6), rng.randint(5, 12), rng.randint(4, 9)) for _ in range(3)
    ]
    cases += [(0, 2, 7, 5), (30, 1, 4, 1), (800, 16, 90, 1200)]
    for way in WAYS:
        got = [_whole(ask(count, *case, way)) for case in cases]
        right = [_right(*case, way) for case in cases]
        _judge(got, right, cases, _count_mistakes(way), f"for {way!r} and (prefix, prompts, length, new)")


def _compare_sizes(size: Size, rng: random.Random) -> None:
    shapes = [
        (rng.randint(100, 900), rng.randint(2, 60), heads, group, 32 * rng.randint(1, 4), number)
        for heads, group, number in ((8, 1, 4), (32, 4, 2), (12, 12, 2), (64, 8, 1))
    ]
    got = [_whole(ask(size, *shape)) for shape in shapes]
    _judge(got, [_bytes(*shape) for shape in shapes], shapes, SIZE_MISTAKES, "in the bytes of the cache for")


def _whole(got: Any) -> Any:
    """A student's number as it is: tokens and bytes are counted exactly."""
    number = as_tensor(got, torch.Size([])).item()
    return got if isinstance(got, numbers.Real) else number


def _judge(got: list[Any], right: list[int], cases: list[Any], mistakes: list[Known], about: str) -> None:
    """Raise Wrong unless all counts are exact, with the first mistake that explains them together."""
    if got == right:
        return
    for function, said, hint in mistakes:
        value = [function(*case) for case in cases]
        if got == value != right:
            raise Wrong(said, hint)
    case, mine, wanted = next(row for row in zip(cases, got, right, strict=True) if row[1] != row[2])
    raise Wrong(f"The result differs {about} {case}: it is {mine:g}, and should be {wanted}.")


def _right(prefix: int, prompts: int, length: int, new: int, way: str) -> int:
    return right_counts(prompts, length, new, prefix)[way]


def _bytes(tokens: int, layers: int, heads: int, group: int, head_size: int, number: int) -> int:
    return 2 * tokens * layers * (heads // group) * head_size * number


def _count_mistakes(way: str) -> list[Known]:
    """What misconceptions count; P, N, T, n as in the statement."""
    final = "The last new token is written, and nothing comes after it. Nobody reads it."
    once = "The prefix is read once, whatever the number of prompts."
    again = "For each new token the whole text is read again, and the text has grown by one."
    common: list[Known] = [
        (
            lambda P, N, T, n, other=other: _right(P, N, T, n, other),
            f"You count what {other!r} reads.",
            "Which tokens are read again, and which only once?",
        )
        for other in WAYS
        if other != way
    ]
    found: dict[str, list[Known]] = {
        "plain": [
            (lambda P, N, T, n: N * n * (P + T), "The text does not grow in your count.", again),
            (lambda P, N, T, n: N * sum(range(P + T + 1, P + T + n + 1)), "You read the last one.", final),
            (lambda P, N, T, n: N * n * (P + T + n), "You count the full length each time.", again),
            (lambda P, N, T, n: N * n * (P + T + n - 1), "You count the full length each time.", again),
            (lambda P, N, T, n: N * sum(range(T, T + n)), "The prefix is missing in each reading.", again),
            (lambda P, N, T, n: P + N * sum(range(T, T + n)), "Without a cache nothing is kept.", again),
            (lambda P, N, T, n: sum(range(P + T, P + T + n)), "You count one prompt.", "There are N."),
        ],
        "cached": [
            (lambda P, N, T, n: N * (P + T + n), "You read the last new token.", final),
            (lambda P, N, T, n: N * (P + T), "The new tokens are read too, each of them once.", ""),
            (lambda P, N, T, n: P + T + n - 1, "You count one prompt.", "There are N, each with a cache."),
            (lambda P, N, T, n: N * (T + n - 1), "The prefix is read too, for each prompt.", ""),
            (lambda P, N, T, n: N * (n - 1), "The first reading is missing: prefix and prompt.", ""),
        ],
        "shared": [
            (lambda P, N, T, n: P + N * (T + n), "You read the last new token.", final),
            (lambda P, N, T, n: N * (T + n - 1), "The prefix must be read once.", once),
            (lambda P, N, T, n: P + T + N * (n - 1), "The prompts are shared in yours.", "They differ."),
            (lambda P, N, T, n: P + T + n - 1, "You count one prompt.", "There are N behind the prefix."),
            (lambda P, N, T, n: P + N * T, "The new tokens are read too, each of them once.", ""),
        ],
    }
    return found[way] + common


BOTH = "Each layer keeps a key and a value for every token: two vectors."
GROUPED = "`group` query heads share one head of keys and values."
SIZE_MISTAKES: list[Known] = [
    (lambda *shape: _bytes(*shape) / 2, "You keep keys or values. Both are needed.", BOTH),
    (lambda *shape: _bytes(*shape) * shape[3], "Each query head has keys of its own.", GROUPED),
    (lambda *shape: _bytes(*shape) / shape[2] * shape[3] ** 2, "You keep `group` heads.", GROUPED),
    (lambda *shape: _bytes(*shape) * shape[3] ** 2, "You multiply by `group`.", GROUPED),
    (lambda *shape: _bytes(*shape) * shape[3] / shape[2], "You keep a single head.", GROUPED),
    (lambda *shape: _bytes(*shape) / shape[5], "You return numbers. Asked are bytes.", ""),
    (lambda *shape: 8 * _bytes(*shape), "You return bits. Asked are bytes.", ""),
    (lambda *shape: _bytes(*shape) / shape[1], "You count one layer.", "Each has a cache."),
    (lambda *shape: _bytes(*shape) / shape[0], "You count one token.", ""),
    (lambda *shape: _bytes(*shape) / shape[4], "You count one number a head.", "`head_size`"),
    (lambda *shape: 3 * _bytes(*shape) / 2, "You keep queries too. Nobody asks them again.", BOTH),
]
