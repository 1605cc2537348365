"""Graders of the exercises to chapter 1 about several processes: the ring, and a pipeline's bubble."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..parts import judge_parts

PassOn = Callable[[Tensor], Tensor]


def ring_all_reduce(answer: Callable[[Tensor, PassOn], Tensor], seed: int) -> None:
    """Grades `ring_all_reduce(parts, pass_on)`: sums by messages to the right neighbour alone."""
    generator = torch.Generator().manual_seed(seed)
    for n, size in ((4, 3), (2, 1), (5, 2)):
        parts = torch.randn(n, n, size, generator=generator).double()
        got, calls = _go_round(answer, parts)
        about = f" for {n} processes"
        if not calls:
            raise Wrong("You never call `pass_on`: no process knows what the others have.")
        right = parts.sum(dim=0).expand(n, n, size)
        mistakes = [
            Mistake(right / n, "You return means. Asked are sums."),
            Mistake(parts, "Every process still has its own numbers alone.", "Add what arrives."),
            Mistake(
                _half_way(parts), "Each process knows the sum of one chunk.", "The second round is missing."
            ),
        ]
        compare(got, right, mistakes, about)
        if calls != 2 * (n - 1):
            raise Wrong(
                f"The sums are right, after {calls} calls of `pass_on`{about}.",
                f"{2 * (n - 1)} are enough: n - 1 to add, n - 1 to hand round.",
            )
        for lost in (range(n - 1), range(n - 1, 2 * (n - 1))):
            if torch.allclose(as_tensor(_go_round(answer, parts, lost)[0], right.shape), right):
                raise Wrong(
                    f"The sums are right even where messages are lost{about}: you read another process.",
                    "Between `parts[i]` and `parts[j]`, numbers go through `pass_on` alone.",
                )


def _go_round(
    answer: Callable[[Tensor, PassOn], Tensor], parts: Tensor, lost: range = range(0)
) -> tuple[Any, int]:
    """What the answer returns, and how often it passes messages on; those of the calls `lost` arrive as 0."""
    (n, _, size), sent = parts.shape, list[Tensor]()

    def pass_on(messages: Tensor) -> Tensor:
        sent.append(as_tensor(messages, (n, size)))
        if len(sent) > 4 * n:
            raise Wrong(f"You call `pass_on` more than {4 * n} times for {n} processes.")
        return sent[-1].roll(1, dims=0) * (len(sent) - 1 not in lost)

    return ask(answer, parts.clone(), pass_on), len(sent)


def _half_way(parts: Tensor) -> Tensor:
    """What stands after the first round of the usual order."""
    n, sums, own = len(parts), parts.clone(), torch.arange(len(parts))
    for step in range(n - 1):
        chunk = (own - step) % n
        sums[own, (chunk - 1) % n] += sums[own, chunk].roll(1, dims=0)
    return sums


def pipeline_bubble(answer: tuple[Callable, Callable], seed: int) -> None:
    """Grades `bubble(stages, pieces)` and `pieces_for(stages, most)`."""
    bubble, pieces_for = answer
    dice = torch.Generator().manual_seed(seed)
    sizes = [tuple(torch.randint(2, 30, (2,), generator=dice).tolist()) for _ in range(4)]
    judge_parts(
        {
            "`bubble`": lambda: _compare_bubbles(bubble, [*sizes, (1, 4), (4, 1)]),
            "`pieces_for`": lambda: _compare_pieces(pieces_for, sizes),
        }
    )


def _compare_bubbles(answer: Callable, sizes: list) -> None:
    for p, m in sizes:
        right = torch.tensor((p - 1) / (m + p - 1), dtype=torch.float64)
        mistakes = [
            Mistake((p - 1) / m, "You divide by the work alone. Asked is the share of the whole time."),
            Mistake(m / (m + p - 1), "This is the share in which a stage works.", "The rest is the bubble."),
            Mistake(p / (m + p - 1), "One stage waits for p - 1 others, not for p."),
            Mistake(
                (p - 1) / (m + p),
                "m pieces through p stages end after m + p - 1 steps.",
                "Draw p = 2, m = 1.",
            ),
        ]
        compare(ask(answer, p, m), right, mistakes, f" for {p} stages and {m} pieces")


def _compare_pieces(answer: Callable, sizes: list) -> None:
    exact = [(3, 0.25), (5, 0.5), (2, 1.0), (1, 0.1), (9, 0.125)]
    for p, most in [*exact, *((p, 1 / (m + 1.37)) for p, m in sizes)]:
        limit = Fraction(most)
        # (p - 1) / (m + p - 1) <= x   <=>   m >= (p - 1) (1 - x) / x
        bound = (p - 1) * (1 - limit) / limit
        right = max(1, -(-bound.numerator // bound.denominator))
        mistakes = [
            Mistake(float(right + 1), "One piece less is enough.", "The bubble may be equal to the limit."),
            Mistake(
                float(right - 1), "The bubble is larger than the limit then.", "At least one piece; round up."
            ),
        ]
        value = torch.tensor(float(right), dtype=torch.float64)
        compare(ask(answer, p, most), value, mistakes, f" for {p} stages and a bubble of at most {most:.4g}")
