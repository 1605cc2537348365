"""The reacting figure of chapter 4 on clipping: what the clip does to a ratio."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ....interactive import (
    Picture,
    Settings,
    asset,
    choice,
    figure,
    num,
    slider,
)
from ..controls import _step_slider

Objective = Callable[[Tensor, Tensor, float, float], Tensor]  # of ratio, advantage, clip below, clip above
SIGNS = ("right answer, A = +1", "wrong answer, A = −1")


def _clipping_sentence(
    histogram: Mapping[str, Any], rho: float, epsilon: float, right: bool, clipped_objective: Objective
) -> str:
    ratio = torch.tensor(rho, dtype=torch.float64, requires_grad=True)
    advantage = torch.tensor(1.0 if right else -1.0, dtype=torch.float64)
    objective = clipped_objective(ratio, advantage, epsilon, epsilon)
    (gradient,) = torch.autograd.grad(objective, ratio)
    edge, edges = 1 + epsilon if right else 1 - epsilon, histogram["edges"]
    centres = [(a + b) / 2 for a, b in zip(edges[:-1], edges[1:], strict=True)]
    pairs = zip(centres, histogram["counts"], strict=True)
    beyond = sum(n for x, n in pairs if (x > edge if right else x < edge))
    percent = 100 * beyond / sum(histogram["counts"])
    share = "under 0.1" if beyond and percent < 0.05 else num(percent, 1)
    push, side = ("up", "above") if right else ("down", "below")
    verdict = f"is still pushed {push}" if gradient else f"is pushed {push} no further"
    outside = f"At step {histogram['step']}, {share} % of all ratios lie {side} {num(edge)}."
    if edge < 0:
        outside = "No ratio can fall below 0, so nothing is clipped."
    return (
        f"ρ = {num(rho)}: the objective is {num(objective.item())}, its gradient "
        f"{num(gradient.item(), 0)}: the token {verdict}. {outside}"
    )


def clipping_figure(ratios: Sequence[Mapping[str, Any]], start: int, clipped_objective: Objective) -> Picture:
    """Drag the ratio of a token: beyond the clip its gradient is zero, but never on the
    way back.

    ratios: [{"step": int, "edges": [n + 1 floats], "counts": [n ints]}], histograms of
    real ratios by step; `start` is the step that shows first.
    """
    steps = [histogram["step"] for histogram in ratios]
    settings: list[Settings] = [
        {},
        {"rho": 0.6},
        {"rho": 0.6, "advantage": SIGNS[1]},
        {"rho": 1.4, "epsilon": "10"},
    ]
    settings += [
        {"advantage": SIGNS[1]},
        {"rho": 0.05, "epsilon": "10", "advantage": SIGNS[1]},
    ]
    settings += [{"step": steps[-1]}] if len(steps) > 1 else []
    says = []
    for one in settings:
        histogram = ratios[steps.index(one.get("step", start))]
        rho, epsilon = float(one.get("rho", 1.4)), float(one.get("epsilon", 0.2))
        says.append(
            (
                one,
                _clipping_sentence(
                    histogram, rho, epsilon, one.get("advantage") != SIGNS[1], clipped_objective
                ),
            )
        )
    return figure(
        "clipping",
        "Clipping stops a push that went far enough, never a correction",
        "Drag the ratio ρ: where is the gradient zero?",
        [
            choice("advantage", "The token is of a", SIGNS, SIGNS[0]),
            choice("epsilon", "Clip ε (R1 took 10)", ["0.2", "10"], "0.2"),
            *([_step_slider(steps, start)] if len(steps) > 1 else []),
            slider("rho", "Ratio ρ", 0, 2.5, 0.05, 1.4, drag=True),
        ],
        asset("ch04/answers/clipping.js"),
        list(ratios),
        says=says,
    )
