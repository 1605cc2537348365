"""What a model learns to translate: numbers or dates in two languages, in both
directions, as tokens, with examples held out by their values and by their lengths.

A token is a word, a hyphen, a comma or a digit of English, and a character of Chinese.
The first token of a source says into which language to translate.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import torch
from torch import Tensor

from .dates import MONTHS, YEAR_DIGITS, chinese_date, english_date
from .numerals import DIGITS, PLACES, SMALL, TENS, chinese_number, english_number

PADDING, START, END, TO_ENGLISH, TO_CHINESE = "<pad>", "<s>", "</s>", "<en>", "<zh>"
ENGLISH = (*SMALL, *TENS, "hundred", "thousand", "million", "-", *MONTHS, ",")
CHINESE = (*DIGITS, *PLACES[1:], "万", "两", YEAR_DIGITS[0], "年", "月", "日")
VOCABULARY = (
    *(PADDING, START, END, TO_ENGLISH, TO_CHINESE),
    *ENGLISH,
    *"0123456789",
    *CHINESE,
)
TOKEN_ID = {token: number for number, token in enumerate(VOCABULARY)}


class Pair(NamedTuple):
    """The same in two languages."""

    english: str
    chinese: str


@dataclass(frozen=True)
class Split:
    """Pairs to learn from, and two kinds that are held out: values that were never seen
    of lengths that were, and lengths that never were.
    """

    train: list[Pair]
    values: list[Pair]
    lengths: list[Pair]


def words_of(text: str) -> list[str]:
    """The tokens of a text in either language: "forty-five" is three."""
    return re.findall(r"[A-Za-z]+|[^\sA-Za-z]", text)


def text_of(tokens: Sequence[str]) -> str:
    """The text again: spaces stand between English words only, and behind a comma."""
    text = " ".join(tokens)
    text = re.sub(r" ?- ?| (?=,)", lambda found: found[0].strip(), text)
    return re.sub(r"(?<![A-Za-z,]) (?![A-Za-z])", "", text)


def number_pair(number: int) -> Pair:
    """A number in both languages; raises ValueError above 99,999,999 and below 0."""
    return Pair(english_number(number), chinese_number(number))


def split_numbers(
    seed: int, digits: Sequence[int], longer: Sequence[int], each: int, held: int
) -> Split:
    """Numbers with so many digits: of each length up to `each` to learn from and up to
    `held` that are held out; of the lengths in `longer` all are held out.

    No number stands in two places; where a length has fewer of them, nine tenths at
    most are to learn from. Raises ValueError if a length is in both lists, or is not 1
    to 8.
    """
    if set(digits) & set(longer) or not all(1 <= n <= 8 for n in (*digits, *longer)):
        raise ValueError(
            f"digits = {list(digits)}, longer = {list(longer)}: take lengths from 1 to "
            "8, each in one list."
        )
    rng = random.Random(seed)
    split = Split([], [], [])
    for length in digits:
        pairs = [number_pair(n) for n in draw_numbers(rng, length, each + held)]
        enough = len(pairs) == each + held
        kept = each if enough else min(each, len(pairs) - len(pairs) // 10)
        split.train.extend(pairs[:kept])
        split.values.extend(pairs[kept : kept + held])
    for length in longer:
        split.lengths.extend(map(number_pair, draw_numbers(rng, length, held)))
    return split


def draw_numbers(rng: random.Random, length: int, count: int) -> list[int]:
    """Different numbers of `length` digits in random order, all of them if there are
    fewer than `count`.
    """
    numbers = range(10 ** (length - 1) if length > 1 else 0, 10**length)
    return rng.sample(numbers, min(count, len(numbers)))


def split_dates(seed: int, count: int, held: int, years: tuple[int, int]) -> Split:
    """Different days of the years from the first to the last: `count` to learn from and
    `held` days that are held out; dates have no longer ones.

    Raises ValueError if the years have fewer days.
    """
    first = date(years[0], 1, 1)
    days = (date(years[1], 12, 31) - first).days + 1
    if count + held > days:
        raise ValueError(
            f"{count + held} days are more than the {days} of these years: take fewer, "
            "or more years."
        )
    drawn = random.Random(seed).sample(range(days), count + held)
    chosen = [first + timedelta(days=number) for number in drawn]
    pairs = [Pair(english_date(day), chinese_date(day)) for day in chosen]
    return Split(pairs[:count], pairs[count:], [])


def both_directions(pairs: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """(into which language, source, target): English to Chinese, then the way back."""
    there = [(TO_CHINESE, pair.english, pair.chinese) for pair in pairs]
    return there + [(TO_ENGLISH, pair.chinese, pair.english) for pair in pairs]


def as_tokens(examples: Sequence[tuple[str, str, str]]) -> tuple[Tensor, Tensor]:
    """Sources (N, S) and targets (N, T + 1), with start and end, padded on the right.

    Raises KeyError on a word that is not in VOCABULARY.
    """
    sources = [[into, *words_of(source)] for into, source, _ in examples]
    targets = [[START, *words_of(target), END] for _, _, target in examples]
    return padded(sources), padded(targets)


def padded(texts: Sequence[Sequence[str]]) -> Tensor:
    """Token numbers (N, T) of texts, filled up to the longest one with padding."""
    longest = max(map(len, texts))
    rows = [[*text, *[PADDING] * (longest - len(text))] for text in texts]
    return torch.tensor([[TOKEN_ID[token] for token in row] for row in rows])


def written(tokens: Sequence[int]) -> str:
    """The text of a target that a model wrote, up to its end."""
    words = [VOCABULARY[token] for token in tokens]
    return text_of(words[: words.index(END)] if END in words else words)
