"""The reacting figure of chapter 2 on competition: two learners of matching pennies.

The drawing lies in `matching_pennies.js`. The sentence that it must reach is computed here,
so that figure and text cannot part.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...interactive import Picture, Settings, asset, choice, figure, num, slider
from ...rl.teams.competition import action_payoffs, both_actions, gradient_play
from ...rl.teams.games import matching_pennies
from .cart_pole import Array

GAME_STEPS = 200


WAYS = {
    "both at once": "simultaneous",
    "both at once, averaged": "averaged",
    "in turns": "turns",
    "optimistically": "optimistic",
}


def learning_path(way: str, rate: float, start: tuple[float, float], steps: int) -> Array:
    """Chances of heads (steps + 1, 2) of two learners of matching pennies.

    `way` is a rule of `gradient_play`, or "turns": the second answers the first's new
    chance, not the old one. "averaged" averages later, and learns simultaneously.
    """
    payoffs = matching_pennies().payoffs[:, 0]  # (2, 2, 2)
    if way != "turns":
        rule = "optimistic" if way == "optimistic" else "simultaneous"
        return gradient_play(payoffs, start, rate, steps, rule)
    path = [np.array(start)]
    for _ in range(steps):
        chances = path[-1].copy()
        for i in (0, 1):
            earned = action_payoffs(payoffs, both_actions(chances))[i]  # heads, tails
            moved = chances[i] + rate * (earned[0] - earned[1])
            chances[i] = min(1.0, max(0.0, moved))
        path.append(chances)
    return np.stack(path)


def _pennies_sentence(settings: Settings, agents: Sequence[Sequence[float]] = ()) -> str:
    way, step = str(settings["way"]), int(settings["step"])
    start = float(settings["p"]), float(settings["q"])
    path = learning_path(WAYS[way], float(settings["rate"]), start, step)
    p, q = (path.mean(axis=0) if WAYS[way] == "averaged" else path[-1]).tolist()
    won = float(((2 * path[:, 0] - 1) * (2 * path[:, 1] - 1)).mean())
    was, far = math.dist(start, (0.5, 0.5)), math.dist((p, q), (0.5, 0.5))
    sampled = ""
    if agents:
        first, last = (num(math.dist(agents[i], (0.5, 0.5))) for i in (0, -1))
        sampled = f" Learners who see only their rewards came from {first} to {last}."
    return (
        f"Learning {way}, step {step}: p = {num(p)}, q = {num(q)}. The distance "
        f"from the equilibrium was {num(was)} and is {num(far)}. Even has won "
        f"{num(won, plus=True)} a round on average.{sampled}"
    )


def matching_pennies_figure(agents: Any = None) -> Picture:
    """Two learners of matching pennies circle, spiral apart or settle, by how they
    learn; drag the start.

    agents: the path (n, 2) of learners who see only their rewards, as `reinforce_play`
    returns it, to be drawn beside; 100 of its points are kept. Raises ValueError on
    another shape.
    """
    points: list[list[float]] = []
    if agents is not None:
        path = np.asarray(agents, dtype=float)
        if path.ndim != 2 or path.shape[1] != 2 or len(path) < 2:
            raise ValueError(f"agents must be a path (n, 2), got {path.shape}")
        kept = np.unique(np.linspace(0, len(path) - 1, 100).round().astype(int))
        points = path[kept].round(3).tolist()
    first: dict[str, float | str] = {
        "way": "both at once",
        "rate": 0.05,
        "step": GAME_STEPS,
        "p": 0.8,
        "q": 0.5,
    }
    changes: list[Settings] = [{}, {"step": 31}]
    changes += [{"way": way} for way in list(WAYS)[1:]]
    changes += [
        {"way": "both at once", "rate": 0.2},
        {"way": "optimistically", "rate": 0.1, "p": 0.1, "q": 0.9},
        {"way": "optimistically", "rate": 0.2},
        {"p": 0.5, "q": 0.5},
    ]
    return figure(
        "matching-pennies",
        "Two improving learners can circle for ever",
        "Even wins when the pennies match, Odd when they differ: who wins in the end?",
        [
            choice("way", "They learn", list(WAYS), "both at once"),
            slider("step", "Step", 0, GAME_STEPS, 1, GAME_STEPS),
            slider("rate", "Learning rate", 0.01, 0.2, 0.01, 0.05),
            slider("p", "Start of p", 0, 1, 0.05, 0.8, drag=True),
            slider("q", "Start of q", 0, 1, 0.05, 0.5, drag=True),
        ],
        asset("ch02/matching_pennies.js"),
        {"steps": GAME_STEPS, "ways": WAYS, "agents": points},
        says=[(c, _pennies_sentence({**first, **c}, points)) for c in changes],
        height=310,
    )
