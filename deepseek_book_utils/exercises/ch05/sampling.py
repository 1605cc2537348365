"""Graders of the exercises to chapter 5 about rejection sampling: what is kept, and what it costs."""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..parts import judge_parts

# problem, right, readable and length of each answer
Batch = tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]
Keep = Callable[[list[int], list[bool], list[bool], list[int], int], tuple[list[int], float]]
Estimate = Callable[[int, int, int], float]
Cost = Callable[[float, int, float, bool], float]
NUMBER = torch.Size([])


def keep_best(answer: Keep, seed: int) -> None:
    """Grades `keep_best(problems, right, readable, lengths, most)`."""
    rng = random.Random(seed)
    for count, problems, most in ((24, 3, 2), (40, 4, 3), (15, 2, 1), (12, 5, 9)):
        batch = _answers(rng, count, problems)
        got: Any = ask(answer, *batch, most)
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong("Return two things: the list of places, and the share that is kept.")
        kept, share = got
        if isinstance(kept, Tensor):
            kept = kept.tolist()
        if not isinstance(kept, tuple | list) or not all(isinstance(i, int) for i in kept):
            raise Wrong("The first of the two is a list of places, whole numbers from 0 on.")
        right = _kept(*batch, most)
        if list(kept) != right:
            _explain(list(kept), batch, most)
            raise Wrong(f"The result differs: you keep {list(kept)[:8]} …, and should keep {right[:8]} ….")
        whole = len(batch[0])
        solved = sum(batch[1])
        shares = [
            Mistake(torch.tensor(len(kept)), "You return how many are kept. Asked is the share."),
            Mistake(torch.tensor(100 * len(kept) / whole), "You return per cent. A share is at most 1."),
            Mistake(torch.tensor(1 - len(kept) / whole), "You return the share that is thrown away."),
            Mistake(torch.tensor(whole / len(kept)), "You divide the wrong way round."),
            Mistake(torch.tensor(len(kept) / solved), "You divide by the right answers. Divide by all."),
        ]
        compare(share, torch.tensor(len(right) / whole), shares, " in the share that is kept")


def _answers(rng: random.Random, count: int, problems: int) -> Batch:
    """problem, right, readable, length of each answer; many lengths are equal, and some problems have few."""
    of = [rng.randrange(problems) for _ in range(count)]
    lengths = [rng.randint(3, 9) for _ in range(count)]
    right = [rng.random() < 0.75 for _ in range(count)]
    readable = [rng.random() < 0.7 for _ in range(count)]
    # Of the first problem: two good ones of one length, a shorter wrong one, a shorter
    # one nobody can read, and the shortest is neither.
    of[:6], lengths[:6] = [0] * 6, [8, 6, 6, 2, 2, 1]
    right[:6] = [True, True, True, False, True, False]
    readable[:6] = [True, True, True, True, False, False]
    return of, right, readable, lengths


def _kept(
    of: Sequence[int],
    right: Sequence[int],
    readable: Sequence[int],
    lengths: Sequence[int],
    most: int,
    order: Callable[[int], Any] | None = None,
    limit: bool = True,
) -> list[int]:
    """The places that are kept, the shortest answer first; every option is a misconception."""
    taken: Counter[int] = Counter()
    kept = []
    for i in sorted(range(len(of)), key=order or (lambda i: lengths[i])):
        if right[i] and readable[i] and (taken[of[i]] < most or not limit):
            taken[of[i]] += 1
            kept.append(i)
    return kept


def _explain(got: list[int], batch: Batch, most: int) -> None:
    """Raise Wrong where a known misconception keeps the same places."""
    of, right, readable, lengths = batch
    every = [True] * len(of)
    kept = _kept(*batch, most)
    early = _kept(*batch, most, order=lambda i: i)
    whole: Counter[int] = Counter()
    before: list[int] = []  # the limit comes before the filter
    for i in sorted(range(len(of)), key=lambda i: lengths[i]):
        whole[of[i]] += 1
        if right[i] and readable[i] and whole[of[i]] <= most:
            before.append(i)
    found = [
        (_kept(of, every, readable, lengths, most), "You keep wrong answers too.", ""),
        (_kept(of, right, every, lengths, most), "You keep answers that nobody can read.", ""),
        (_kept(of, every, every, lengths, most), "You keep answers whatever they say.", ""),
        (
            _kept(of, [a or b for a, b in zip(right, readable, strict=True)], every, lengths, most),
            "You keep answers that are right *or* readable. They must be both.",
            "",
        ),
        (_kept(*batch, most, limit=False), "You keep all good answers.", "At most `most` of each problem."),
        (_kept(*batch, most + 1), "You keep one answer too many of a problem.", "`<` or `<=`?"),
        (_kept(*batch, most - 1), "You keep one answer too few of a problem.", "`<` or `<=`?"),
        (kept[:most], "You keep `most` answers of all problems together.", "Count for each problem."),
        (before, "You count answers that are thrown away.", "First the filter, then the limit."),
        (early, "You keep the first ones that come, and the shortest are asked for.", "Sort first."),
        (
            sorted(early, key=lambda i: lengths[i]),
            "You keep the first ones that come, and sort then.",
            "Sort first, then count.",
        ),
        (_kept(*batch, most, order=lambda i: -lengths[i]), "The longest come first in yours.", "Shortest."),
        (_kept(*batch, most, order=lambda i: (lengths[i], -i)), "Of equal length you take the later.", ""),
        ([i + 1 for i in kept], "You count places from 1.", "The first answer is at place 0."),
    ]
    for value, said, hint in found:
        if got == value != kept:
            raise Wrong(said, hint)
    if sorted(got) == sorted(kept):
        raise Wrong(
            "You keep the right ones, in another order.", "The shortest of *all* answers comes first."
        )


def pass_at_k(answer: tuple[Estimate, Cost], seed: int) -> None:
    """Grades `pass_at_k(n, c, k)` and `tokens_per_kept(p, k, tokens, stop)`."""
    estimate, cost = answer
    rng = random.Random(seed)
    judge_parts(
        {
            "`pass_at_k`": lambda: _compare_estimate(estimate, rng),
            "`tokens_per_kept`": lambda: _compare_cost(cost, rng),
        }
    )


def _compare_estimate(estimate: Estimate, rng: random.Random) -> None:
    cases = [
        (12, rng.randint(3, 5), 4),
        (30, rng.randint(2, 4), 10),
        (9, 2, 1),
        (3000, rng.randint(1, 3), 800),
    ]
    cases += [(8, 0, 3), (6, 6, 2), (10, 7, 5)]
    got = torch.stack([as_tensor(ask(estimate, *case), NUMBER) for case in cases])
    right = torch.tensor([_pass_at_k(*case) for case in cases], dtype=torch.float64)
    compare(got, right, _estimate_mistakes(cases), f" for (n, c, k) in {cases}")


def _compare_cost(cost: Cost, rng: random.Random) -> None:
    settings = [(0.2 + 0.3 * rng.random(), k, 40 + 100 * rng.random()) for k in (1, 4, 9)]
    for stop in (False, True):
        got = torch.stack([as_tensor(ask(cost, *setting, stop), NUMBER) for setting in settings])
        right = torch.tensor([_cost(*setting, stop) for setting in settings])
        compare(got, right, _cost_mistakes(settings, stop), f" for `stop={stop}`")


def _pass_at_k(n: int, c: int, k: int) -> float:
    """The probability that k of n answers, drawn without replacement, are not all wrong."""
    wrong = 1.0
    for i in range(k):
        wrong *= max(n - c - i, 0) / (n - i)
    return 1 - wrong


def _cost(p: float, k: int, tokens: float, stop: bool) -> float:
    """Tokens for each problem that gets an answer: the mean over all ends that a problem can have."""
    ends = [(p * (1 - p) ** i, i + 1 if stop else k) for i in range(k)]
    spent = sum(chance * drawn for chance, drawn in ends) + (1 - p) ** k * k
    return tokens * spent / sum(chance for chance, _ in ends)


def _mistakes(cases: list[Any], found: list[tuple[Callable[..., float], str, str]]) -> list[Mistake]:
    """What misconceptions return for all cases together."""
    rows = []
    for function, said, hint in found:
        values = torch.tensor([function(*case) for case in cases], dtype=torch.float64)
        rows.append(Mistake(values, said, hint))
    return rows


def _estimate_mistakes(cases: list[Any]) -> list[Mistake]:
    without = "Draw k of the n answers without putting them back."
    return _mistakes(
        cases,
        [
            (lambda n, c, k: 1 - (1 - c / n) ** k, "You draw with replacement: that is biased.", without),
            (lambda n, c, k: 1 - _pass_at_k(n, c, k), "You return the chance that all k are wrong.", ""),
            (lambda n, c, k: c / n, "That is pass@1, the share of right answers.", "What does k do?"),
            (lambda n, c, k: min(1, k * c / n), "You add up chances that are not of separate events.", ""),
            (lambda n, c, k: float(c > 0), "You say whether any of the n is right. Only k are drawn.", ""),
            (lambda n, c, k: float(c >= k), "You ask for k right answers. One is enough.", ""),
            (
                lambda n, c, k: math.comb(c, k) / math.comb(n, k),
                "You return the chance that all k are right. One right answer is enough.",
                "",
            ),
            (
                lambda n, c, k: 1 - math.comb(c, k) / math.comb(n, k),
                "You count the draws of right answers only.",
                "The draws without any right answer are `comb(n - c, k)`.",
            ),
            (lambda n, c, k: 100 * _pass_at_k(n, c, k), "You return per cent.", "A probability."),
        ],
    )


def _cost_mistakes(settings: list[Any], stop: bool) -> list[Mistake]:
    def solved(p: float, k: int) -> float:
        return 1 - (1 - p) ** k

    def whole(p: float, k: int, tokens: float) -> float:
        return k * tokens

    found: list[tuple[Callable[..., float], str, str]] = [
        (
            lambda p, k, tokens: _cost(p, k, tokens, not stop),
            "You take `stop` the wrong way round, or do not look at it.",
            "With `stop` the answers behind the first good one are never drawn.",
        ),
        (
            lambda p, k, tokens: tokens * solved(p, k) / p if stop else k * tokens,
            "You return what one problem costs. Some problems get no answer.",
            "Divide by the share of problems that get one.",
        ),
        (whole, "You return what one problem costs at most.", "Divide by the share that gets an answer."),
        (
            lambda p, k, tokens: k * tokens * solved(p, k),
            "You multiply by the share that gets one.",
            "Divide.",
        ),
        (
            lambda p, k, tokens: k * tokens / p,
            "You divide by the chance of a single answer.",
            "One good answer of the k is enough: 1 - (1 - p)^k.",
        ),
        (lambda p, k, tokens: k * tokens / (1 - p**k), "You ask for k good answers. One is enough.", ""),
        (lambda p, k, tokens: k * tokens / (1 - p) ** k, "You divide by the share that gets none.", "1 - it"),
        (
            lambda p, k, tokens: tokens / solved(p, k),
            "You count one answer a problem.",
            "How many are drawn?",
        ),
        (
            lambda p, k, tokens: _cost(p, k, 1, stop),
            "You return answers. Asked are tokens.",
            "An answer has `tokens` of them.",
        ),
    ]
    return _mistakes(settings, found)
