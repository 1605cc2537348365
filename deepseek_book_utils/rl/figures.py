"""The reacting figures of chapter 2 that show agents: CartPole recorded frame by frame,
and two learners of matching pennies.

The drawings lie in `_interactive/*.js`. The sentences that they must reach are computed
here, so that figure and text cannot part.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..interactive import Picture, Settings, asset, choice, figure, num, slider
from .competition import action_payoffs, both_actions, gradient_play
from .games import matching_pennies

Array = NDArray[Any]

# --- cart-pole ------------------------------------------------------------------------

TAU, FALLEN, EDGE = 0.02, 12.0, 2.4  # seconds a frame; degrees; units: CartPole-v1


def _ending(position: float, degrees: float, steps: int) -> str:
    if abs(degrees) > FALLEN:
        return "the pole fell"
    if abs(position) > EDGE:
        return "the cart left the track"
    return "time was up" if steps >= 500 else "the recording stops"


def _cart_pole_sentence(episode: Mapping[str, Any], time: float) -> str:
    last = len(episode["mm"]) - 1
    frame = min(last, round(time / TAU))
    when = f"at {num(frame * TAU)} of {num(last * TAU)} s"
    if frame == last:
        when = f"in the end, after {num(frame * TAU)} s"
    degrees, position = episode["cdeg"][frame] / 100, episode["mm"][frame] / 1000
    return (
        f"The {episode['name']} agent {when}: the pole leans {num(degrees, 1, True)}°, "
        f"the cart stands at {num(position, 2, True)}. Return of the episode: {last}; "
        f"{episode['end']}."
    )


def cart_pole_figure(episodes: Sequence[Mapping[str, Any]]) -> Picture:
    """Recorded episodes of CartPole-v1, frame by frame, with a button that plays them.

    episodes: [{"name": "untrained", "position": [floats], "angle": [floats]}], all
    observations of an episode from reset to its end, position in units and angle in
    radians, in the order of learning; the second shows first. Raises ValueError if
    frames are missing, or if the last episode is no longer than the first.
    """
    shown = []
    for episode in episodes:
        position, angle = episode["position"], episode["angle"]
        if len(position) != len(angle) or not 2 <= len(position) <= 501:
            raise ValueError(
                f"the episode {episode['name']!r} needs 2 to 501 frames, and one angle "
                f"for every position: got {len(position)} and {len(angle)}"
            )
        end = _ending(position[-1], math.degrees(angle[-1]), len(position) - 1)
        shown.append(
            {
                "name": episode["name"],
                "end": end,
                "mm": [round(1000 * float(x)) for x in position],
                "cdeg": [round(100 * math.degrees(v)) for v in angle],
            }
        )
    names = [episode["name"] for episode in shown]
    lengths = [len(episode["mm"]) - 1 for episode in shown]
    if lengths[-1] <= lengths[0]:
        raise ValueError(
            f"the title says that learning helps, but the episodes last {lengths} "
            "steps: give them in the order of learning"
        )
    seconds = round(max(lengths) * TAU, 2)
    start = names[min(1, len(names) - 1)]
    half = round(TAU * (lengths[names.index(start)] * 4 // 5), 2)
    changes: list[Settings] = [{}, {"time": 0}]
    for name, length in zip(names, lengths, strict=True):
        changes += [
            {"agent": name, "time": round(length // 2 * TAU, 2)},
            {"agent": name, "time": seconds},
        ]
    says = []
    for one in changes:
        episode = shown[names.index(str(one.get("agent", start)))]
        says.append((one, _cart_pole_sentence(episode, float(one.get("time", half)))))
    return figure(
        "cart-pole",
        f"Learning turns {lengths[0]} steps of balance into {lengths[-1]}",
        "When does the pole fall? Press Play, or drag the time.",
        [
            slider("time", "Seconds", 0, seconds, TAU, half, play=seconds),
            choice("agent", "Agent", names, start),
        ],
        asset("cart_pole.js"),
        {"episodes": shown, "tau": TAU},
        says=says,
        height=356,
    )


# --- matching pennies -----------------------------------------------------------------

GAME_STEPS = 200
WAYS = {
    "both at once": "simultaneous",
    "both at once, averaged": "averaged",
    "in turns": "turns",
    "optimistically": "optimistic",
}


def learning_path(
    way: str, rate: float, start: tuple[float, float], steps: int
) -> Array:
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


def _pennies_sentence(
    settings: Settings, agents: Sequence[Sequence[float]] = ()
) -> str:
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
        asset("matching_pennies.js"),
        {"steps": GAME_STEPS, "ways": WAYS, "agents": points},
        says=[(c, _pennies_sentence({**first, **c}, points)) for c in changes],
        height=310,
    )
