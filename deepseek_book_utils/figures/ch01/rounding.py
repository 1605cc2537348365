"""The reacting figure on rounding: real weights, and the levels that a scale leaves them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

SHARING = {"a tensor": "tensor", "a channel": "channel", "a group of 32": "group"}
BITS, START = 4, "a tensor"  # where the figure opens
Round = Callable[[Tensor, int, str], Tensor]  # weights (O, I), bits, sharing -> rounded weights


def relative_error(weights: Tensor, rounded: Tensor) -> float:
    """Root of the squared error over that of the squared weights."""
    return ((rounded - weights).norm() / weights.norm()).item()


def _sentence(weights: Tensor, change: Settings, rounded_as: Round) -> str:
    bits, sharing = int(change.get("bits", BITS)), str(change.get("sharing", START))
    rounded = rounded_as(weights, bits, SHARING[sharing])
    size = {"tensor": weights.numel(), "channel": weights.shape[1], "group": 32}[SHARING[sharing]]
    return (
        f"{bits} bits, one scale {sharing}: the error is {num(100 * relative_error(weights, rounded), 1)} % "
        f"of the weights' size, and {num(100 * (rounded == 0).float().mean().item(), 0)} % of the weights "
        f"become 0. With its share of a scale a weight takes {num(bits + 16 / size, 2)} bits."
    )


def rounding_figure(weights: Tensor, rounded_as: Round) -> Picture:
    """Weights (8, 256) of a model, rounded in the page as `rounded_as` rounds them here.

    Raises ValueError for another shape.
    """
    if weights.shape != (8, 256):
        raise ValueError(f"give weights of shape (8, 256), got {tuple(weights.shape)}")
    kept: list[list[int]] = (weights * 1e4).round().int().tolist()
    exact = torch.tensor(kept, dtype=torch.float64) / 1e4
    changes: list[Settings] = [{}, {"sharing": "a channel"}, {"sharing": "a group of 32"}]
    changes += [{"bits": 8}, {"bits": 2}, {"bits": 3, "sharing": "a group of 32"}]
    data: dict[str, Any] = {"weights": kept}
    return figure(
        "rounding",
        "The fewer weights share a scale, the fewer bits suffice",
        "How many bits does it take until the error is below a tenth?",
        [
            slider("bits", "Bits", 2, 8, 1, BITS),
            choice("sharing", "One scale for", list(SHARING), START),
        ],
        asset("ch01/rounding.js"),
        data,
        says=[(change, _sentence(exact, change, rounded_as)) for change in changes],
        height=270,
    )
