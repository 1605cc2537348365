"""Grader of the exercise to chapter 3 about rotary positions and ALiBi."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, ask, compare, own_dtype
from ..parts import judge_parts

Rotate = Callable[[Tensor, Tensor, float], Tensor]
Alibi = Callable[[int, int], Tensor]


def distance_alone(answer: tuple[Rotate, Alibi], seed: int) -> None:
    """Grades `rotate(x, positions, base)` and `alibi(heads, length)`."""
    rotate, alibi = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`rotate`": lambda: _compare_turns(rotate, generator),
            "`alibi`": lambda: _compare_slopes(alibi),
        }
    )


def _compare_turns(answer: Rotate, generator: torch.Generator) -> None:
    for T, D, base in ((4, 6, 10.0), (5, 8, 300.0), (1, 4, 2.0), (3, 2, 50.0), (6, 12, 10_000.0)):
        x = torch.randn(T, D, generator=generator).to(own_dtype())
        positions = torch.randperm(2 * T, generator=generator)[:T] + 2
        exact = x.double()
        theta = base ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
        right = _turned(exact, positions[:, None] * theta)
        mistakes = list(_turn_mistakes(exact, positions, theta, base, right)) if T > 1 and D > 2 else []
        about = f" for {D} channels, the positions {positions.tolist()} and base = {base:g}"
        compare(ask(answer, x, positions, base), right, mistakes, about, rtol=1e-3)


def _turned(x: Tensor, angles: Tensor) -> Tensor:
    """Pairs (x_2i, x_2i+1) of x (T, D) turned by angles (T, D/2)."""
    pairs = torch.view_as_complex(x.unflatten(1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(1)


def _turn_mistakes(
    x: Tensor, positions: Tensor, theta: Tensor, base: float, right: Tensor
) -> Iterator[Mistake]:
    T, D = x.shape
    m, i = positions[:, None].double(), torch.arange(D // 2, dtype=torch.float64)
    angles = m * theta
    first, second = x[:, 0::2], x[:, 1::2]
    yield Mistake(_turned(x, -angles), "You turn the other way: the signs of the sines are exchanged.")
    halves = _turned(x.unflatten(1, (2, -1)).mT.flatten(1), angles).unflatten(1, (-1, 2)).mT.flatten(1)
    said = "You pair the first half of the channels with the second half. Here neighbours are a pair."
    yield Mistake(halves, said, "x[:, 0::2] and x[:, 1::2]")
    yield Mistake(
        right.unflatten(1, (-1, 2)).mT.flatten(1),
        "All first channels stand in front of all second ones: pairs belong side by side.",
        "`torch.stack(..., dim=2).flatten(1)`",
    )
    rows = torch.arange(T)[:, None]
    yield Mistake(
        _turned(x, rows * theta),
        "You take the row for the position.",
        "`positions` says where a word stands.",
    )
    yield Mistake(
        _turned(x, (rows + 1) * theta), "You take the row for the position.", "`positions` says where."
    )
    yield Mistake(
        _turned(x, (m + 1) * theta), "Your positions are one too large.", "The angle at position m is m θ."
    )
    yield Mistake(
        _turned(x, (m - 1) * theta), "Your positions are one too small.", "The angle at position m is m θ."
    )
    yield Mistake(_turned(x, m * base ** (-i / D)), "The exponent is -2i/D, and yours is -i/D.")
    yield Mistake(
        _turned(x, m * base ** (-4 * i / D)), "You double 2i: the exponent is -2i/D.", "i counts pairs."
    )
    yield Mistake(
        _turned(x, m * base ** (2 * i / D)),
        "The minus of the exponent is missing.",
        "Later pairs turn slower.",
    )
    yield Mistake(
        _turned(x, m * base ** (-2 * (i + 1) / D)),
        "Your pairs count from 1. The first one has θ = 1.",
        "i = 0, 1, …",
    )
    yield Mistake(
        _turned(x, m * 10_000.0 ** (-2 * i / D)), "Your base is always 10,000.", "`base` is an argument."
    )
    yield Mistake(
        _turned(x, m.expand_as(angles)), "All pairs turn by the same angle.", "θ depends on the pair."
    )
    yield Mistake(_turned(x, m / theta.mean() * 0 + theta), "The position is missing in the angle.", "m θ")
    waves = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
    yield Mistake(x + waves, "You add waves. Rotary positions turn the pairs.", "A turn keeps their length.")
    yield Mistake(x * waves, "You multiply by waves. A turn needs both channels of a pair.")
    both = torch.stack((first * angles.cos(), second * angles.cos()), dim=2).flatten(1)
    yield Mistake(both, "The sines are missing: a turn mixes the two channels of a pair.")
    plus = torch.stack(
        (first * angles.cos() + second * angles.sin(), first * angles.sin() + second * angles.cos()), dim=2
    )
    yield Mistake(plus.flatten(1), "A minus is missing: this is no turn, lengths change.")
    new = first * angles.cos() - second * angles.sin()
    yield Mistake(
        torch.stack((new, new * angles.sin() + second * angles.cos()), dim=2).flatten(1),
        "You change the first channel before the second one has read it.",
        "Keep the old value of both.",
    )
    yield Mistake(
        _turned(x, angles.rad2deg()), "Your angles are in degrees.", "Radians, as `torch.cos` takes."
    )
    yield Mistake(x, "Nothing is turned.")


def _compare_slopes(answer: Alibi) -> None:
    for heads, length in ((4, 5), (8, 3), (2, 6), (1, 4)):
        places, h = torch.arange(length), torch.arange(1, heads + 1, dtype=torch.float64)
        distance = (places[:, None] - places).double()
        right = _added(2 ** (-8 * h / heads), distance.clamp(min=0))
        mistakes = list(_slope_mistakes(heads, h, distance)) if heads > 1 else []
        compare(ask(answer, heads, length), right, mistakes, f" for {heads} heads and {length} places")


def _added(slopes: Tensor, distance: Tensor) -> Tensor:
    return -slopes[:, None, None] * distance


def _slope_mistakes(heads: int, h: Tensor, distance: Tensor) -> Iterator[Mistake]:
    slopes, back = 2 ** (-8 * h / heads), distance.clamp(min=0)
    yield Mistake(-_added(slopes, back), "Your sign is turned round: far words get a higher score.")
    yield Mistake(_added(slopes, distance.abs()), "Later keys get a penalty too. For them it is 0.")
    yield Mistake(
        _added(slopes, distance), "Later keys get a reward: t - s is below 0 there.", "`clamp(min=0)`"
    )
    later = distance < 0
    hidden = _added(slopes, back).masked_fill(later, -torch.inf)
    yield Mistake(hidden, "You hide later keys too. That is the mask's work: here it is 0.")
    yield Mistake(_added(slopes, back.T), "Rows and columns have changed places: a row is a query.", "t - s")
    yield Mistake(_added(slopes, (distance + 1).clamp(min=0)), "Your distance is one too large.", "t - s")
    yield Mistake(
        _added(2 ** (-8 * (h - 1) / heads), back), "Your heads count from 0.", "The first has h = 1."
    )
    yield Mistake(
        _added(slopes.flip(0), back), "Your heads stand in the opposite order.", "The first is the steepest."
    )
    yield Mistake(_added(2 ** (-h), back), "Your slopes are right for 8 heads.", "-8h/H")
    yield Mistake(_added(2 ** (-8 / h), back), "The exponent is -8h/H, and yours is -8/h.")
    yield Mistake(_added(2 ** (-8 * heads / h), back), "The exponent is -8h/H, and yours is -8H/h.")
    yield Mistake(_added(2 ** (-h / heads), back), "The 8 is missing in the exponent.", "-8h/H")
    yield Mistake(
        _added(2 ** (8 * h / heads), back), "The minus is missing in the exponent.", "Slopes are below 1."
    )
    yield Mistake(
        _added(torch.exp(-8 * h / heads), back), "You take a power of e. It is one of 2.", "2^(-8h/H)"
    )
    yield Mistake(_added(-8 * h / heads, back), "You take the exponent for the slope.", "2^(-8h/H)")
    yield Mistake(_added(torch.ones_like(h), back), "All heads have the same slope.", "2^(-8h/H)")
    yield Mistake(
        _added(slopes, (back > 0).double()), "You count every earlier key alike.", "Times the distance."
    )
