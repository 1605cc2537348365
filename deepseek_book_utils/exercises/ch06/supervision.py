"""Grader of the exercise to chapter 6 about supervision: what a verdict tells, what a chain tells, and what
a student finds by itself. The student's own numbers are made up from the name.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare, seed_of
from ..parts import judge_parts

Verdict = Callable[[float], float]
Chain = Callable[[Tensor, Tensor], Tensor]
Chance = Callable[[float, int], float]
Answer = tuple[Verdict, Chain, Chance]
NUMBER = torch.Size([])


@dataclass(frozen=True)
class Student:
    """A student before it learns, in made-up numbers."""

    name: str
    accuracy: float  # share of its answers that are right
    log_probs: Tensor  # (B, T) of the words of B chains of the teacher, in nats
    mask: Tensor  # (B, T) true on real words
    check: float  # surprise of the word `check`, in bits
    words: int  # that it writes in a whole run of reinforcement learning


def students(student: str) -> tuple[Student, Student]:
    """One that lacks a skill, and one that lacks nothing; the same for the same name."""
    seed = seed_of(str(student))
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    found = []
    for name, low, surprise in (("lacks", 24, 0.9), ("whole", 3, 0.4)):
        mask = torch.arange(60) < torch.randint(30, 61, (12, 1), generator=generator)
        nats = -surprise * torch.rand(12, 60, generator=generator).log()  # exponential
        own = (
            rng.randint(12, 19) / 100,
            torch.where(mask, -nats, -50.0),
            mask,
            low + rng.randint(0, 30) / 10,
        )
        found.append(Student(name, *own, 1000 * rng.randint(280, 420)))
    return found[0], found[1]


def table(answer: Answer, student: str) -> str:
    """The numbers of both students, by the answer's own functions, for the conclusion."""
    verdict_bits, chain_bits, chance_to_meet = answer
    lines = [
        f"{'student':8}{'a verdict':>12}{'a chain':>12}{'verdicts a chain':>20}{'`check` met in a run':>24}"
    ]
    for own in students(student):
        verdict = float(verdict_bits(own.accuracy))
        chain = float(chain_bits(own.log_probs, own.mask))
        chance = float(chance_to_meet(own.check, own.words))
        met = f"{chance:.2g} ({own.check:.1f} bits)"
        lines.append(f"{own.name:8}{verdict:7.2f} bits{chain:7.0f} bits{chain / verdict:20.0f}{met:>24}")
    return "\n".join(lines)


def bits_of_supervision(answer: Answer, seed: int) -> None:
    """Grades `verdict_bits(p)`, `chain_bits(log_probs, mask)` and `chance_to_meet(bits, words)`."""
    verdict, chain, chance = answer
    rng = random.Random(seed)
    judge_parts(
        {
            "`verdict_bits`": lambda: _compare_verdicts(verdict, rng),
            "`chain_bits`": lambda: _compare_chains(chain, seed),
            "`chance_to_meet`": lambda: _compare_chances(chance, rng),
        }
    )


def _compare_verdicts(verdict: Verdict, rng: random.Random) -> None:
    inner = [0.1 + 0.2 * rng.random(), 0.6 + 0.3 * rng.random(), 0.5]
    got = torch.stack([as_tensor(ask(verdict, p), NUMBER) for p in inner])
    p = torch.tensor(inner, dtype=torch.float64)
    nats = -p * p.log() - (1 - p) * (1 - p).log()
    right = nats / math.log(2)
    mistakes = [
        Mistake(nats, "You return nats. Asked are bits.", "`math.log2`"),
        Mistake(-right, "The sign is lost: an entropy is never below 0."),
        Mistake(-p * p.log2(), "You count the answer *right* alone. *Wrong* tells something, too."),
        Mistake(
            -(1 - p) * (1 - p).log2(), "You count the answer *wrong* alone. *Right* tells something, too."
        ),
        Mistake(-p.log2(), "That is what *right* tells. Asked is the mean over right and wrong."),
        Mistake(-p.log2() - (1 - p).log2(), "You add both up. Each counts as often as it comes.", "p, 1 - p"),
        Mistake(
            torch.ones_like(p),
            "You say one bit, whatever p is. A verdict tells one bit if p is 1/2, and less otherwise.",
        ),
        Mistake(p * (1 - p), "You return the variance of the verdict. Asked is its entropy."),
    ]
    compare(got, right, mistakes, f" for p = {', '.join(f'{value:.3f}' for value in inner)}")
    for certain in (0.0, 1.0):
        value = as_tensor(ask(verdict, certain), NUMBER).item()
        if not abs(value) < 1e-6:  # whoever clamps p at 1e-9 gets 3e-8
            raise Wrong(
                f"For p = {certain:g} you return {value:g}. A verdict that is certain tells nothing.",
                "0 times the logarithm of 0 counts as 0.",
            )


def _compare_chains(chain: Chain, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for rows, time in ((5, 9), (3, 20), (8, 4)):
        lengths = torch.randint(1, time + 1, (rows,), generator=generator)
        lengths[:2] = torch.tensor([time, 1])
        mask = torch.arange(time) < lengths[:, None]
        log_probs = torch.rand(rows, time, generator=generator).log()
        log_probs[~mask] = -500.0
        got = ask(chain, log_probs, mask)
        nats = -(log_probs.double() * mask).sum(dim=1)
        bits = nats / math.log(2)
        every = -log_probs.double().sum(dim=1) / math.log(2)
        mistakes = [
            Mistake(nats.mean(), "You return nats. Asked are bits.", "Divide by the natural logarithm of 2."),
            Mistake(nats.mean() * math.log(2), "You multiply by log 2. Divide by it."),
            Mistake(-bits.mean(), "The sign is lost: a surprise is minus a logarithm."),
            Mistake(-nats.mean(), "The sign is lost, and these are nats.", "minus log2"),
            Mistake(every.mean(), "Padding counts in yours.", "Only words where the mask is true."),
            Mistake(bits.sum(), "You add the chains up. Asked is the mean of a chain."),
            Mistake(bits.sum() / mask.sum(), "You return the bits of a word. Asked are those of a chain."),
            Mistake(
                (bits / mask.sum(dim=1)).mean(), "You divide each chain by its length. A chain is a whole."
            ),
            Mistake(bits.sum() / mask.numel(), "You divide by all places. Divide by the chains."),
            Mistake(bits.median(), "You take the median chain. Asked is the mean."),
        ]
        compare(got, bits.mean(), mistakes, f" for {rows} chains of at most {time} words")


def _compare_chances(chance: Chance, rng: random.Random) -> None:
    cases = [(3 + 2 * rng.random(), rng.randint(5, 12)), (9 + rng.random(), rng.randint(200, 700))]
    cases += [(12 + rng.random(), rng.randint(3000, 6000)), (0.5, 3), (1.0, rng.randint(2, 4))]
    cases += [(70 + 5 * rng.random(), rng.randint(10**4, 10**5))]
    got = torch.stack([as_tensor(ask(chance, *case), NUMBER) for case in cases])
    right = torch.tensor([_chance(*case) for case in cases], dtype=torch.float64)
    about = f" for (bits, words) in {[(round(bits, 2), words) for bits, words in cases]}"
    compare(got[:-1], right[:-1], list(_chance_mistakes(cases[:-1])), about)
    bits, words = cases[-1]
    if not abs(got[-1].item() / right[-1].item() - 1) < 1e-3:
        raise Wrong(
            f"For {bits:.1f} bits and {words} words you return {got[-1]:.3g}, and it is {right[-1]:.3g}.",
            "1 minus a number so small is 1 for a float. `math.log1p(-x)` is log(1 - x) for tiny x, and "
            "`-math.expm1(y)` is 1 - exp(y).",
        )


def _chance(bits: float, words: int) -> float:
    """The chance that a word of so many bits comes at least once, by the series for a tiny probability."""
    p = 2.0**-bits
    if p < 1e-6:
        return words * p - words * (words - 1) / 2 * p * p
    return 1 - (1 - p) ** words


def _chance_mistakes(cases: list[tuple[float, int]]) -> Iterator[Mistake]:
    found: list[tuple[Callable[[float, int], float], str, str]] = [
        (lambda b, n: (1 - 2.0**-b) ** n, "You return the chance that the word never comes.", "1 minus it"),
        (lambda b, n: n * 2.0**-b, "You add chances up: that is how often it comes on average.", ""),
        (lambda b, n: min(1, n * 2.0**-b), "You add chances up. Two words may both be it.", ""),
        (lambda b, n: 2.0 ** (-b * n), "You ask that every word is it. Once is enough.", ""),
        (lambda b, n: 2.0**-b, "That is the chance of one word. The run has more.", ""),
        (lambda b, n: 1 - (1 - math.exp(-b)) ** n, "You take bits for nats.", "2 to the power of -bits"),
        (lambda b, n: 1 - math.exp(-n * 2.0**-b), "You use a limit for rare words. Asked is every word.", ""),
        (lambda b, n: 1 - (1 - 2.0**-b) ** (n - 1), "One word is missing in your run.", ""),
        (lambda b, n: 100 * (1 - (1 - 2.0**-b) ** n), "You return per cent.", "A probability."),
    ]
    for function, said, hint in found:
        yield Mistake(torch.tensor([function(*case) for case in cases], dtype=torch.float64), said, hint)
