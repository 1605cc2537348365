"""The pen that slips: what reaches the paper is not always what the policy decided.

RL soon sharpens the tables so far that hardly a step is wrong, and
where nobody errs there is little to reflect on. So the world errs: a digit written
after an operation comes out wrong with probability `slip`, or `clumsy` where the
language is, and a check overlooks a wrong digit with probability `blind`. The policy
did not choose those tokens, so they carry no loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..settings import check_ranges
from .language import (
    DIGITS,
    HAN_DIGITS,
    HAN_OPERATIONS,
    OPERATIONS,
    TO_CHINESE,
    TOKEN_ID,
    VOCABULARY,
    encode,
)


@dataclass(frozen=True)
class Pen:
    """The hand that writes what the model decides; `Pen(0, 0, 0)` never errs."""

    slip: float = 0.05  # how often a digit after an operation is another digit
    clumsy: float = 0.20  # the same in English products, Chinese sums and differences
    blind: float = 0.30  # how often a check that should contradict copies the digit

    def __post_init__(self) -> None:
        check_ranges(self, fraction=("slip", "clumsy", "blind"))


def word_table(words: Sequence[str]) -> Tensor:
    """(V,) True for the given words."""
    return torch.isin(torch.arange(len(VOCABULARY)), torch.tensor(encode(words)))


IS_DIGIT = word_table(DIGITS + HAN_DIGITS)
IS_OPERATION = word_table(OPERATIONS + HAN_OPERATIONS)
IS_CLUMSY = word_table(OPERATIONS[-3:] + HAN_OPERATIONS[:-3])
IS_CHECK = word_table(("check", TO_CHINESE["check"]))
FIRST_DIGIT = torch.where(  # the zero of the language that a digit belongs to
    word_table(HAN_DIGITS), TOKEN_ID[HAN_DIGITS[0]], TOKEN_ID[DIGITS[0]]
)


def look_up(table: Tensor, tokens: Tensor) -> Tensor:
    """The entries of table (V,) for tokens, on their device."""
    return table.to(tokens.device)[tokens]


def slip_of_the_pen(
    tokens: Tensor,
    before: Tensor,
    previous: Tensor,
    generator: torch.Generator,
    pen: Pen,
) -> tuple[Tensor, Tensor]:
    """What the pen writes instead of tokens (B,), and where (B,) it slipped.

    `previous` (B,) was written last, and `before` (B,) before that. A slip keeps to the
    language of its digit.
    """
    if pen == Pen(0, 0, 0):
        return tokens, torch.zeros_like(tokens, dtype=torch.bool)
    device = tokens.device
    chance = torch.rand(tokens.shape, generator=generator, device=device)
    shift = torch.randint(1, 10, tokens.shape, generator=generator, device=device)
    digit, first = look_up(IS_DIGIT, tokens), look_up(FIRST_DIGIT, tokens)
    another = first + (tokens - first + shift) % 10
    rate = torch.where(look_up(IS_CLUMSY, previous), pen.clumsy, pen.slip)
    slips = digit & look_up(IS_OPERATION, previous) & (chance < rate)
    contradicts = look_up(IS_CHECK, previous) & digit & (tokens != before)
    contradicts &= look_up(IS_DIGIT, before) & (look_up(FIRST_DIGIT, before) == first)
    overlooks = contradicts & (chance < pen.blind)
    written = tokens.where(~slips, another).where(~overlooks, before)
    return written, slips | overlooks
