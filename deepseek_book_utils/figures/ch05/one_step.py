"""The reacting figure on MAML: five points to drag, and what a few steps make of two starts."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ...interactive import Picture, Settings, asset, figure, num, slider
from ...nn.meta_learning import Weights, forward, squared_error

PLACES = (-4.0, -2.0, 0.0, 2.0, 4.0)  # x of the points
AMPLITUDE, PHASE = 3.5, 1.0  # of the sinusoid on which they lie at first
MOST = 10  # steps


def _points() -> list[float]:
    """The first y of every point, to a quarter: the stops of the sliders."""
    return [round(4 * AMPLITUDE * math.sin(x - PHASE)) / 4 for x in PLACES]


def _errors(
    start: Weights, rate: float, y: list[float], steps: int, adapt: Callable[..., Weights]
) -> tuple[float, float]:
    """The mean squared error on the points before and after the steps."""
    inputs, answers = (torch.tensor(v, dtype=torch.float64).view(1, -1, 1) for v in (PLACES, y))
    before = squared_error(forward(start, inputs), answers)
    own = adapt(start, inputs, answers, squared_error, steps, rate)
    return before.item(), squared_error(forward(own, inputs), answers).item()


def _sentence(
    starts: Mapping[str, tuple[Weights, float]], settings: Settings, adapt: Callable[..., Weights]
) -> str:
    first = {f"y{i}": value for i, value in enumerate(_points(), 1)} | {"steps": 1.0}
    now = {**first, **settings}
    y, steps = [float(now[f"y{i}"]) for i in range(1, len(PLACES) + 1)], int(now["steps"])
    found = {name: _errors(start, rate, y, steps, adapt) for name, (start, rate) in starts.items()}
    if not steps:
        told = " and ".join(f"{num(before)} for {name}" for name, (before, _) in found.items())
        return f"Before any step the mean squared error on these points is {told}."
    told = ", and ".join(
        f"for {name} from {num(before)} to {num(after)}" for name, (before, after) in found.items()
    )
    word = "One step changes" if steps == 1 else f"{steps} steps change"
    return f"{word} the mean squared error on these points {told}."


def one_step_figure(
    starts: Mapping[str, tuple[list[Tensor], float]], adapt: Callable[..., Weights]
) -> Picture:
    """Five points to drag, and the curves of two starts after some steps on them.

    starts: name -> weights of a network 1-H-H-1 as `nn.meta_learning` keeps them, and the rate of its
    steps; the first of the two is drawn as ours. `adapt` takes the steps, as in that module. Raises
    ValueError for other networks or another number.
    """
    if len(starts) != 2:
        raise ValueError(f"give two starts, got {list(starts)}")
    shapes = {name: [tuple(weight.shape) for weight in start] for name, (start, _) in starts.items()}
    width = shapes[next(iter(shapes))][0][1]
    sizes = [(1, width), (width,), (width, width), (width,), (width, 1), (1,)]
    if any(found != sizes for found in shapes.values()):
        raise ValueError(f"both networks must be 1-{width}-{width}-1, got {shapes}")
    # What the page computes with, so that its sentence agrees with this one: four decimals.
    kept = {
        name: ([torch.round(w.detach().double(), decimals=4).requires_grad_() for w in start], rate)
        for name, (start, rate) in starts.items()
    }
    changes: list[Settings] = [
        {},
        {"steps": 0},
        {"steps": MOST},
        {"y3": 4.0},
        {"y1": -3.0, "y5": 3.0, "steps": 3},
    ]
    knobs = [
        slider(f"y{i}", f"Height of point {i}", -6, 6, 0.25, y, drag=True) for i, y in enumerate(_points(), 1)
    ]
    return figure(
        "one-step",
        "From MAML's start one step does most of the work",
        "Drag the points. Which start follows them?",
        [slider("steps", "Steps of gradient descent", 0, MOST, 1, 1), *knobs],
        asset("ch05/one_step.js"),
        {
            "names": list(kept),
            "rates": [rate for _, rate in kept.values()],
            "width": width,
            "x": PLACES,
            "first": _points(),
            "wave": [AMPLITUDE, PHASE],
            "weights": [
                [round(v, 4) for w in start for v in w.flatten().tolist()] for start, _ in kept.values()
            ],
        },
        says=[(change, _sentence(kept, change, adapt)) for change in changes],
        height=330,
        kb=72,
    )
