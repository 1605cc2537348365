"""Graders of the exercises to chapter 3 about a gradient on its way back through time."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare, own_dtype
from ..parts import judge_parts

Sizes = Callable[[Tensor, Tensor, Tensor], Tensor]
Clip = Callable[[list[Tensor], float], list[Tensor]]


def gradient_in_time(answer: tuple[Sizes, Clip], seed: int) -> None:
    """Grades `sizes_back(states, weight, last)` and `clip(gradients, most)`."""
    sizes_back, clip = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`sizes_back`": lambda: _compare_sizes(sizes_back, generator),
            "`clip`": lambda: _compare_clipped(clip, generator),
        }
    )


def _compare_sizes(answer: Sizes, generator: torch.Generator) -> None:
    for T, H in ((4, 3), (1, 5), (9, 4), (6, 6)):
        states = torch.randn(T, H, generator=generator).tanh()
        weight, last = torch.randn(H, H, generator=generator), torch.randn(H, generator=generator)
        given = [part.to(own_dtype()) for part in (states, weight, last)]
        h, w, g = (part.double() for part in given)
        right = _gradients(h, w, g)
        mistakes = list(_size_mistakes(h, w, g, right)) if T > 1 else []
        compare(ask(answer, *given), right.norm(dim=1), mistakes, f" for {T} steps of {H} numbers")


def _gradients(
    states: Tensor,
    weight: Tensor,
    last: Tensor,
    back: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda g, slope, w: w.T @ (g * slope),
    slope: Callable[[Tensor], Tensor] = lambda h: 1 - h**2,
    earlier: int = 0,
) -> Tensor:
    """The gradients (T, H) at all states; each option is there for a misconception."""
    found = [last]
    for t in range(len(states) - 1, 0, -1):
        found.append(back(found[-1], slope(states[t - earlier]), weight))
    return torch.stack(found[::-1])


def _size_mistakes(states: Tensor, weight: Tensor, last: Tensor, right: Tensor) -> Iterator[Mistake]:
    def sizes(**options: Any) -> Tensor:
        return _gradients(states, weight, last, **options).norm(dim=1)

    yield Mistake(
        sizes(back=lambda g, slope, w: w @ (g * slope)),
        "You multiply by W. On the way back it is its transpose.",
        "`weight.T`",
    )
    yield Mistake(
        sizes(back=lambda g, slope, w: w.T @ g),
        "The slope of tanh is missing: W alone is a network without a curve.",
        "1 - h²",
    )
    yield Mistake(
        sizes(back=lambda g, slope, w: (w.T @ g) * slope),
        "You multiply by W first and by the slopes then. The chain rule goes from the outside to the inside.",
        "tanh is outside: its slopes come first.",
    )
    yield Mistake(
        sizes(back=lambda g, slope, w: (w @ g) * slope),
        "The order of slopes and W is that of the way forward, and W is not transposed.",
        "First the slopes, then `weight.T`.",
    )
    yield Mistake(
        sizes(earlier=1),
        "You take the slopes at the earlier state.",
        "From step t to t - 1 the tanh that made the state of step t stands between.",
    )
    yield Mistake(
        sizes(earlier=1, back=lambda g, slope, w: (w.T @ g) * slope),
        "You take the slopes at the earlier state, and multiply by W first.",
        "The tanh that made the *later* state stands between.",
    )
    yield Mistake(
        sizes(slope=lambda h: 1 - h.tanh() ** 2),
        "You take the tanh of a state once more.",
        "The state is a tanh already: its slope is 1 - h².",
    )
    yield Mistake(sizes(slope=lambda h: 1 - h), "The slope of tanh is 1 - h², and yours is 1 - h.")
    yield Mistake(sizes(slope=lambda h: h * (1 - h)), "h (1 - h) is the slope of the sigmoid.", "1 - h²")
    yield Mistake(right.norm(dim=1).flip(0), "Your lengths run backwards in time.", "h_1 comes first.")
    yield Mistake(right.square().sum(dim=1), "You return squared lengths.", "The root is missing.")
    yield Mistake(right.abs().sum(dim=1), "You add up absolute values. Asked is the Euclidean length.")
    yield Mistake(right.abs().amax(dim=1), "You return the largest number. Asked is the Euclidean length.")
    yield Mistake(
        right.square().mean(dim=1).sqrt(),
        "You take a mean of squares. The Euclidean length is the root of their sum.",
    )
    yield Mistake(
        sizes(back=lambda g, slope, w: w.T @ (g * slope) + last),
        "You add `last` in every step. The loss reads the last state alone.",
    )


def _compare_clipped(answer: Clip, generator: torch.Generator) -> None:
    shapes = ((4, 3), (2, 2, 3), (5,), ())
    for count, most, scale in ((3, 1.3, 1.0), (4, 2.5, 3.0), (1, 0.3, 1.0), (4, 900.0, 2.0), (2, 1.5, 0.0)):
        given = [scale * torch.randn(shape, generator=generator).to(own_dtype()) for shape in shapes[:count]]
        whole = _row(given)
        size = whole.norm()
        right = whole * (most / size).clamp(max=1) if scale else whole
        about = f" for gradients that are {size:.3g} long together, and most = {most:g}"
        got = _parts_like(ask(answer, given, most), given)
        if not scale and got.isnan().any():
            raise Wrong(
                "A gradient of zeros becomes nan: you divide by its length, which is 0.",
                "Divide only where it is longer than `most`.",
            )
        compare(got, right, list(_clip_mistakes(given, most)), about)


def _row(parts: list[Tensor]) -> Tensor:
    return torch.cat([part.flatten() for part in parts]).double()


def _parts_like(got: Any, given: list[Tensor]) -> Tensor:
    """A student's list of tensors as one vector."""
    if got is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if isinstance(got, Tensor) and len(given) > 1 or not isinstance(got, Tensor | list | tuple):
        raise Wrong(f"Your function returns a {type(got).__name__}. Asked is a list of tensors.")
    if len(got) != len(given):
        raise Wrong(f"You return {len(got)} tensors for {len(given)} gradients.")
    return _row([as_tensor(one, part.shape) for one, part in zip(got, given, strict=True)])


def _clip_mistakes(given: list[Tensor], most: float) -> Iterator[Mistake]:
    whole, each = _row(given), [part.double() for part in given]
    size, sizes = whole.norm(), torch.stack([part.double().norm() for part in given])
    if not size:
        return
    factor = (most / size).clamp(max=1)
    yield Mistake(
        whole * most / size, "You make short gradients longer.", "Only what is longer than `most` changes."
    )
    yield Mistake(whole, "Nothing is clipped.", f"These are {size:.3g} long.")
    yield Mistake(
        _row([part * (most / part.norm()).clamp(max=1) for part in each]),
        "You clip each tensor by itself, which turns the direction of the whole.",
        "One length of all numbers, one factor.",
    )
    yield Mistake(
        whole.clamp(-most, most), "You clip every number by itself, which turns the direction.", "One factor."
    )
    yield Mistake(
        whole * (most / sizes.sum()).clamp(max=1),
        "You add up the lengths of the tensors.",
        "The squares add up: take the root of the sum of all squares.",
    )
    yield Mistake(
        whole * (most / sizes.amax()).clamp(max=1),
        "You look at the longest tensor alone.",
        "All numbers count together.",
    )
    yield Mistake(
        whole * (most / size**2).clamp(max=1), "You divide by the squared length.", "Take the root."
    )
    yield Mistake(
        whole * (most / whole.abs().sum()).clamp(max=1),
        "You add up absolute values. Asked is the Euclidean length.",
    )
    yield Mistake(
        whole * (most / whole.abs().amax()).clamp(max=1),
        "You look at the largest number. Asked is the Euclidean length.",
    )
    yield Mistake(whole / factor, "Your factor is turned round: long gradients become longer.")
    yield Mistake(whole * most, "You multiply by `most`, whatever the length is.")
    if size > most:
        yield Mistake(0 * whole, "You set long gradients to zero. They keep their direction.")
        yield Mistake(whole / size, "Everything becomes 1 long. Asked is `most`.")
