"""Answers that are tokens: whole numbers, right or wrong, compared on all cases together."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from ..checking import Wrong, ask

Fault = tuple[Callable[..., Any], str, str]  # what a misconception returns, what to say, a hint


def judge_exactly(
    answer: Callable, right: Callable[..., Any], cases: list[tuple], faults: list[Fault]
) -> None:
    """Compare all cases; raises Wrong with the fault that gives the same in all of them."""
    got = [_tokens(ask(answer, *case)) for case in cases]
    wanted = [list(right(*case)) for case in cases]
    if got == wanted:
        return
    for fault, said, hint in faults:
        if got == [_plain(fault(*case)) for case in cases]:
            raise Wrong(said, hint)
    place = next(i for i in range(len(cases)) if got[i] != wanted[i])
    asked = ", ".join(f"{part!r}" for part in cases[place])
    raise Wrong(f"The result differs for {asked}:\n  it is {got[place]}, and should be {wanted[place]}.")


def _tokens(value: Any) -> Any:
    """A student's tokens as a list of whole numbers."""
    if value is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    value = _plain(value)
    if isinstance(value, bool | float | str | bytes | dict):
        raise Wrong(f"Your function returns a {type(value).__name__}. Asked are tokens, whole numbers.")
    if isinstance(value, list) and not all(isinstance(token, int) for token in value):
        raise Wrong(f"Your result {value[:4]} … holds other things than tokens, whole numbers.")
    return value


def _plain(value: Any) -> Any:
    """Tensors, arrays, tuples and bytes as a list of numbers; a single number as it is."""
    if isinstance(value, Tensor | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple | bytes | bytearray):
        return [int(one) if isinstance(one, Tensor | np.integer) else one for one in value]
    return value
