"""Graders of chapter 1's exercises."""

from collections.abc import Callable, Iterable
from typing import Any


def each(judge: Callable[..., None], answer: Callable, cases: Iterable[tuple[Any, ...]]) -> None:
    """Judge the answer on every case, until one fails."""
    for case in cases:
        judge(answer, *case)
