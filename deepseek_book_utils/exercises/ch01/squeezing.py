"""Graders of the exercises to chapter 1 about few new weights and few bits."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..checking import Mistake, ask, compare
from ..gradients import gradient_through
from ..parts import judge_parts
from . import each


def lora_merge(answer: tuple[Callable, Callable], seed: int) -> None:
    """Grades `merge(weight, A, B, alpha)` and `trained_numbers(outputs, inputs, rank)`."""
    merge, count = answer
    generator = torch.Generator().manual_seed(seed)
    sizes = ((6, 4, 2), (5, 5, 3), (3, 7, 1))
    judge_parts(
        {
            "`merge`": lambda: each(_compare_merge, merge, [(*size, generator) for size in sizes]),
            "`trained_numbers`": lambda: each(_compare_count, count, sizes),
        }
    )


def _compare_merge(answer: Callable, M: int, N: int, r: int, generator: torch.Generator) -> None:
    weight, A, B = (torch.randn(s, generator=generator).double() for s in ((M, N), (r, N), (M, r)))
    alpha = 4.5 + M  # no multiple of r
    update = B @ A
    right = weight + alpha / r * update
    mistakes = [
        Mistake(weight + update, "alpha / r is missing.", "It is the scale of the update."),
        Mistake(
            weight + alpha * update, "You multiply by alpha. The rank divides it.", "`len(A)` is the rank."
        ),
        Mistake(alpha / r * update, "The old weight is missing."),
        Mistake(weight - alpha / r * update, "You subtract the update: that takes it out again."),
        Mistake(weight + r / alpha * update, "The scale is alpha / r, and yours is r / alpha."),
        Mistake(
            weight + alpha // r * update, "`//` rounds alpha / r down.", "`/` keeps what is behind the point."
        ),
    ]
    compare(ask(answer, weight, A, B, alpha), right, mistakes, f" for r = {r}")


def _compare_count(answer: Callable, M: int, N: int, r: int) -> None:
    mistakes = [
        Mistake(
            float(r * M * N), "A and B are thin: r rows, r columns.", "r times I, and O times r numbers."
        ),
        Mistake(float(M * N), "These are the old weights. They stay as they are."),
        Mistake(float(2 * r * (M + N)), "Each of A and B counts once."),
        Mistake(float(M + N), "This is right for rank 1."),
    ]
    right = torch.tensor(float(r * (M + N)), dtype=torch.float64)
    compare(ask(answer, M, N, r), right, mistakes, f" for a {M} x {N} weight and r = {r}")


def groups_of_int4(answer: tuple[Callable, Callable], seed: int) -> None:
    """Grades `round_groups(weight, size, bits)` and `bits_a_number(size, bits)`."""
    round_groups, count = answer
    generator = torch.Generator().manual_seed(seed)
    cases = ((5, 12, 4, 4), (3, 8, 8, 3), (6, 16, 8, 8))
    judge_parts(
        {
            "`round_groups`": lambda: each(
                _compare_groups, round_groups, [(*case, generator) for case in cases]
            ),
            "`bits_a_number`": lambda: each(_compare_bits, count, ((4, 4), (5, 3), (32, 4), (128, 8))),
        }
    )


def _rounded(rows: Tensor, most: float) -> Tensor:
    scales = rows.abs().amax(dim=1, keepdim=True) / most
    return scales * (rows / scales).round()


def _compare_groups(answer: Callable, M: int, N: int, G: int, bits: int, generator: torch.Generator) -> None:
    weight = torch.randn(M, N, generator=generator).double()
    weight[0], weight[:, 0] = 5 * weight[0], -weight[:, 0].abs() - 3  # the largest is negative
    most = 2 ** (bits - 1) - 1
    rows = weight.reshape(-1, G)
    right = _rounded(rows, most).reshape(M, N)
    scales = rows.amax(dim=1, keepdim=True) / most
    mistakes = [
        Mistake(_rounded(weight.reshape(1, -1), most).reshape(M, N), "The whole weight shares one scale."),
        Mistake(_rounded(weight, most), "A row shares one scale. Asked is one for each group."),
        Mistake(
            _rounded(weight.reshape(G, -1), most).reshape(M, N),
            "You make `size` groups. A group has `size` numbers.",
            "`reshape(-1, size)`",
        ),
        Mistake(
            _rounded(rows, 2**bits - 1).reshape(M, N),
            "One bit is the sign.",
            "q is at most 2^(bits - 1) - 1.",
        ),
        Mistake(_rounded(rows, most + 1).reshape(M, N), "Your largest number is 2^(bits - 1): one too many."),
        Mistake(
            (scales * (rows / scales).round()).reshape(M, N), "The scale forgets negative weights.", "`abs()`"
        ),
        Mistake(
            (right / (rows.abs().amax(dim=1) / most).repeat_interleave(G).reshape(M, N)),
            "You return q, not s q.",
        ),
        Mistake(weight, "Nothing is rounded."),
    ]
    compare(ask(answer, weight.clone(), G, bits), right, mistakes, f" for groups of {G} and {bits} bits")


def _compare_bits(answer: Callable, G: int, bits: int) -> None:
    right = torch.tensor(bits + 16 / G, dtype=torch.float64)
    mistakes = [
        Mistake(float(bits), "The scales are missing: 16 bits for each group."),
        Mistake(float(bits + 16), "A group shares its scale.", "Divide its 16 bits by the group's size."),
        Mistake((bits + 16) / G, "Every number has its own bits. Only the scale is shared."),
        Mistake(bits + 32 / G, "The scale is kept in 16 bits."),
        Mistake(
            float(bits + 16 // G), "`//` rounds the share of the scale down.", "A share may be half a bit."
        ),
    ]
    compare(ask(answer, G, bits), right, mistakes, f" for groups of {G} and {bits} bits")


def straight_through(answer: Callable[[Tensor, float, int], Tensor], seed: int) -> None:
    """Grades `rounded(weight, scale, most)`: its values, and the gradient that passes."""
    generator = torch.Generator().manual_seed(seed)
    for size, scale, most in ((12, 0.5, 3), (15, 0.1, 7), (9, 2.0, 1)):
        inner = scale * most * (2 * torch.rand(size, generator=generator).double() - 1)
        far = scale * (most + 0.7) * torch.tensor([1.0, -1.0, 3.0], dtype=torch.float64)
        weight = torch.cat((inner, far)).requires_grad_()
        exact = weight.detach()
        inside = exact.abs() <= scale * most
        q = (exact / scale).round()
        right = scale * q.clamp(-most, most)
        about = f" for a scale of {scale:g} and numbers up to {most}"
        got = ask(answer, weight, scale, most)
        mistakes = [
            Mistake(scale * q, "Numbers beyond the ends stay beyond them.", "`clamp(-most, most)`"),
            Mistake(q.clamp(-most, most), "You return q. Asked is scale times q."),
            Mistake(exact, "Nothing is rounded."),
            Mistake(exact.clamp(-scale * most, scale * most), "Nothing is rounded, only held at the ends."),
            Mistake(scale * q.clamp(0, most), "Negative weights become 0.", "The ends are -most and most."),
        ]
        compare(got, right, mistakes, about)
        slopes = torch.linspace(1, 2, len(exact), dtype=torch.float64)
        gradient = gradient_through((got * slopes).sum(), weight, "weight")
        hints = [
            Mistake(
                torch.zeros_like(slopes),
                "The gradient is 0: `round` is flat.",
                "Put its step under `detach`.",
            ),
            Mistake(
                slopes, "A number held at an end still gets a gradient.", "`clamp` outside of the `detach`."
            ),
            Mistake(
                slopes * inside / scale, "The gradient is divided by the scale.", "Multiply by it again."
            ),
            Mistake(slopes * inside * scale, "The gradient is multiplied by the scale once too often."),
            Mistake(slopes * ~inside, "The gradient passes where numbers are held, and nowhere else."),
        ]
        compare(gradient, slopes * inside, hints, f" in the gradient{about}")
