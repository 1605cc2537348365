"""The reacting figure of chapter 2 that shows an agent: CartPole, frame by frame.

The drawing lies in `cart_pole.js`. The sentence that it must reach is computed here, so
that figure and text cannot part.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

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
    radians, in the order of learning; the last shows first, at its start. Raises ValueError if
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
    start = names[-1]
    changes: list[Settings] = [{}]
    for name, length in zip(names, lengths, strict=True):
        changes += [
            {"agent": name, "time": round(length // 2 * TAU, 2)},
            {"agent": name, "time": seconds},
        ]
    says = []
    for one in changes:
        episode = shown[names.index(str(one.get("agent", start)))]
        says.append((one, _cart_pole_sentence(episode, float(one.get("time", 0)))))
    return figure(
        "cart-pole",
        f"Learning turns {lengths[0]} steps of balance into {lengths[-1]}",
        "When does the pole fall? Press Play, or drag the time.",
        [
            slider("time", "Seconds", 0, seconds, TAU, 0, play=seconds),
            choice("agent", "Agent", names, start),
        ],
        asset("ch02/cart_pole.js"),
        {"episodes": shown, "tau": TAU},
        says=says,
        height=356,
    )
