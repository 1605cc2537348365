"""The reacting figure on the two directions of the divergence: where one hill stands under two peaks."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ...interactive import Picture, Settings, asset, figure, num, slider

Divergence = Callable[[Tensor, Tensor, float], Tensor]  # student logits, teacher logits, beta -> (...)
PEAKS = ((0.6, -2.0, 0.7), (0.4, 2.0, 0.5))  # weight, mean, width of the teacher's two peaks
EDGE, PLACES = 8.0, 321  # the line from -EDGE to EDGE, in so many places


def _line() -> Tensor:
    return torch.linspace(-EDGE, EDGE, PLACES, dtype=torch.float64)


def _hill(mean: float, width: float) -> Tensor:
    """log of a normal density at every place."""
    return -(((_line() - mean) / width) ** 2) / 2 - math.log(width * math.sqrt(2 * math.pi))


def _teacher() -> Tensor:
    peaks = torch.stack([_hill(mean, width) + math.log(weight) for weight, mean, width in PEAKS])
    return peaks.logsumexp(dim=0)


def best(divergence: Divergence, beta: float) -> tuple[float, float]:
    """Mean and width of the hill that is least far from the teacher, to a tenth."""
    teacher = _teacher()
    stops = [(mean / 10, width / 10) for mean in range(-40, 41) for width in range(3, 31)]
    students = torch.stack([_hill(*stop) for stop in stops])
    return stops[int(divergence(students, teacher.expand_as(students), beta).argmin())]


def _sentence(mean: float, width: float, divergence: Divergence) -> str:
    forward, middle, reverse = (
        divergence(_hill(mean, width), _teacher(), beta).item() for beta in (0.0, 0.5, 1.0)
    )
    return (
        f"Mean {num(mean, 1)}, width {num(width, 1)}: forward KL {num(forward)}, reverse KL {num(reverse)}, "
        f"Jensen–Shannon (β = 0.5) {num(middle)}."
    )


def directions_figure(divergence: Divergence) -> Picture:
    """One hill to place under a teacher with two peaks, and how far apart both are in three measures.

    `divergence` is `token_divergence`: of student's and teacher's logits and beta.
    """
    stops = {beta: best(divergence, beta) for beta in (0.0, 0.5, 1.0)}
    start = stops[0.0]
    places = [stops[1.0], stops[0.5], (PEAKS[1][1], PEAKS[1][2]), (0.0, 0.5)]
    says: list[tuple[Settings, str]] = [({}, _sentence(*start, divergence))]
    says += [({"mean": mean, "width": width}, _sentence(mean, width, divergence)) for mean, width in places]
    return figure(
        "directions",
        "Forward KL covers both peaks; reverse KL picks one",
        "Where would you stand? Make one of the numbers as small as you can.",
        [
            slider("mean", "Mean of the student", -4, 4, 0.1, start[0], drag=True),
            slider("width", "Width of the student", 0.3, 3, 0.1, start[1]),
        ],
        asset("ch06/directions.js"),
        {
            "peaks": PEAKS,
            "edge": EDGE,
            "places": PLACES,
            "best": [[name, *stops[beta]] for name, beta in (("forward", 0.0), ("reverse", 1.0))],
        },
        says=says,
        height=300,
    )
