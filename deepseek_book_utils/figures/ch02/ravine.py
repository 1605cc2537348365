"""The reacting figure of chapter 2 on optimisers: three ways down a ravine.

The drawing lies in `ravine.js`. Its sentences are computed with the rules
that the chapter hands in, so that figure and text cannot part.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ...interactive import Picture, Settings, asset, figure, num, slider
from ...nn.optimizers import Rule

CURVATURE = (1.0, 100.0)  # of the bowl along the ravine and across it
STEPS = 80

# The rules that race at a learning rate, each with its settings: "plain SGD", "momentum", "Adam"
Ways = Callable[[float], Mapping[str, tuple[Rule, Any]]]


def descend(rule: Rule, settings: Any, start: tuple[float, float]) -> Tensor:
    """Where a rule of `optimizers` walks on f(x, y) = (x^2 + 100 y^2) / 2, in `STEPS`
    steps from `start`: (STEPS + 1, 2), the start first.
    """
    curvature = torch.tensor(CURVATURE, dtype=torch.float64)
    point, state = torch.tensor(start, dtype=torch.float64), None
    points = [point]
    for _ in range(STEPS):
        # the gradient of f is (x, 100 y)
        point, state = rule(point, curvature * point, state, settings)
        points.append(point)
    return torch.stack(points)


def _ravine_sentence(ways: Ways, settings: Settings) -> str:
    rate, x, y = (float(settings[key]) for key in ("rate", "x", "y"))
    ends = {
        name: descend(rule, settings, (x, y))[-1].norm().item()
        for name, (rule, settings) in ways(rate).items()
    }
    places = [f"{name} {'flown off' if far > 10 else num(far)}" for name, far in ends.items()]
    nearest = min(ends, key=lambda name: ends[name])
    verdict = f"Nearest is {nearest}."
    if ends["plain SGD"] > 10:
        # x <- (1 - eta k) x grows where eta k > 2
        verdict = f"Above {num(2 / CURVATURE[1])} each step of SGD lands further up the "
        verdict += "steep side than it began."
    elif ends[nearest] > 0.3:
        verdict = "So small a rate is safe, and slow for all three."
    return (
        f"Distance from the minimum after {STEPS} steps from ({num(x, 1)}, {num(y)}) at learning rate "
        f"{num(rate, 3)}: {', '.join(places)}. {verdict}"
    )


def ravine_figure(ways: Ways) -> Picture:
    """SGD, momentum and Adam on a bowl a hundred times steeper across than along: drag
    the start, move the learning rate. `ways` gives the three for a rate.
    """
    first = {"rate": 0.018, "x": -2.0, "y": 0.5}
    changes: list[Settings] = [
        {},
        {"rate": 0.002},
        {"rate": 0.001},
        {"rate": 0.01},
        {"rate": 0.03},
        {"rate": 0.06},
        {"x": 0.5, "y": -0.5},
        {"rate": 0.03, "y": 0},
    ]
    momentum, defaults = (ways(first["rate"])[name][1] for name in ("momentum", "Adam"))
    return figure(
        "ravine",
        "Momentum remembers, Adam rescales",
        "Who escapes the ravine? Drag the start; find a rate that only Adam survives.",
        [
            slider("rate", "Learning rate", 0.001, 0.06, 0.001, first["rate"]),
            slider("x", "Start along the ravine", -2.2, 2.2, 0.1, -2.0, drag=True),
            slider("y", "Start across the ravine", -0.5, 0.5, 0.05, 0.5, drag=True),
        ],
        asset("ch02/ravine.js"),
        {
            "curvature": CURVATURE,
            "steps": STEPS,
            "mu": momentum.momentum,
            "beta1": defaults.beta1,
            "beta2": defaults.beta2,
            "epsilon": defaults.epsilon,
        },
        says=[(c, _ravine_sentence(ways, {**first, **c})) for c in changes],
        height=384,
    )
