"""Which whole text is the most probable? Greedy takes the best word at every step; beam
search keeps the best few beginnings instead, and so may find what starts badly.

Letters: N texts, W beams, T words so far, V vocabulary. A model is a function from the
words so far to the log-probabilities of the next one: what it reads, how it masks and
what it remembers is its own. The texts and their scores are those of the transformers
library (`num_beams`, `length_penalty`, `early_stopping=False`).

Left out: several texts at once under one beam search, beams that must differ, and words
that must or must not come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..settings import check_ranges

NextWord = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class BeamSettings:
    """Settings of `beam_search`; raises ValueError on values without sense."""

    width: int = 4  # W: how many beginnings are kept; 1 is greedy
    length_penalty: float = 1.0  # 0: short texts win; above, longer ones may
    longest: int = 32  # words, the end among them

    def __post_init__(self) -> None:
        check_ranges(self, count=("width", "longest"), not_negative=("length_penalty",))


class Beam(NamedTuple):
    """A text, or its beginning: its words, their log-probability, and its score."""

    words: tuple[int, ...]
    log_prob: float
    score: float


def continuations(
    beams: list[Beam], log_probs: Tensor, count: int, length_penalty: float
) -> list[Beam]:
    """The most probable texts that are one of W beams and a word more, best first;
    log_probs (W, V) are those of the word.
    """
    V = log_probs.shape[1]
    # log P(y_1..t) = log P(y_1..t-1) + log P(y_t | y_1..t-1): (W, 1) + (W, V)
    so_far = log_probs.new_tensor([beam.log_prob for beam in beams])
    total = (so_far[:, None] + log_probs).flatten()  # (W, V) -> (W V,)
    best = total.topk(min(count, len(total)))
    found = []
    for log_prob, place in zip(
        best.values.tolist(), best.indices.tolist(), strict=True
    ):
        words = (*beams[place // V].words, place % V)
        # log P(y) / |y|^alpha: a longer text is a product of more factors below 1
        found.append(Beam(words, log_prob, log_prob / len(words) ** length_penalty))
    return found


def beam_search(next_word: NextWord, end: int, settings: BeamSettings) -> list[Beam]:
    """The texts of one beam search, best first, at most W; all have the word `end` last
    or are as long as they may be.

    `next_word` maps the words so far (W, T), T from 0 on, to log-probabilities (W, V).
    """
    running, finished = [Beam((), 0.0, 0.0)], list[Beam]()
    W = settings.width
    for length in range(1, settings.longest + 1):
        words = torch.tensor([beam.words for beam in running], dtype=torch.long)
        log_probs = next_word(words.view(len(running), length - 1))
        # every beam may end at most once: 2 W leave W that go on
        best = continuations(running, log_probs, 2 * W, settings.length_penalty)
        last = length == settings.longest
        ended = [last or beam.words[-1] == end for beam in best]
        finished += [beam for beam, over in zip(best[:W], ended, strict=False) if over]
        finished = sorted(finished, key=lambda beam: -beam.score)[:W]
        running = [beam for beam, over in zip(best, ended, strict=True) if not over][:W]
        # nobody who goes on can win, if scores do not rise with more words
        if len(finished) == W and running and running[0].score <= finished[-1].score:
            break
    return finished


def greedy_search(next_word: NextWord, count: int, end: int, longest: int) -> Tensor:
    """The best word at every step for N = `count` texts at once: words (N, T), T at
    most `longest`; after the word `end` a text is filled with it.

    `next_word` maps the words so far (N, T) to log-probabilities or logits (N, V).
    Raises ValueError if longest < 1.
    """
    if longest < 1:
        raise ValueError(f"longest = {longest}: take at least one word.")
    words = torch.zeros(count, 0, dtype=torch.long)
    while words.shape[1] < longest:
        following = next_word(words).argmax(dim=1)  # (N, V) -> (N,)
        if words.shape[1]:
            following = following.masked_fill(words[:, -1] == end, end)
        words = torch.cat((words, following[:, None]), dim=1)
        if (following == end).all():
            break
    return words
