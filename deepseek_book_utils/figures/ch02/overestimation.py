"""The reacting figure of chapter 2 on overestimation: what a maximum promises.

The drawing lies in `overestimation.js` and computes in the page. The sentence that it must
reach is computed here, so that figure and text cannot part.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import Any

from ...interactive import Picture, Settings, asset, figure, num, slider

# --- overestimation -------------------------------------------------------------------

SEED, DRAWS, ACTIONS = 20260, 2000, 5


@cache
def standard_normals(count: int, seed: int) -> list[float]:
    """Standard normal numbers that a page can draw too: Marsaglia's xorshift32 (2003),
    then Box and Muller (1958).
    """
    state = seed
    numbers: list[float] = []

    def uniform() -> float:
        nonlocal state
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        return (state + 0.5) / 2**32

    while len(numbers) < count:
        radius, angle = math.sqrt(-2 * math.log(uniform())), 2 * math.pi * uniform()
        numbers += [radius * math.cos(angle), radius * math.sin(angle)]
    return numbers


def promises(values: Sequence[float], noise: float, samples: int) -> tuple[list[float], list[float]]:
    """What `DRAWS` single and double estimates promise of the best of these actions.

    Of every action, half of the samples gives one mean, A, and half the other, B. The
    single estimate is the maximum over (A + B) / 2. The double estimate is B of the
    action that is best in A (van Hasselt, NeurIPS 2010).
    """
    n = len(values)
    normals = standard_normals(2 * n * DRAWS, SEED)
    spread = noise / math.sqrt(samples / 2)
    single, double = [], []
    for start in range(0, 2 * n * DRAWS, 2 * n):
        a = [v + spread * normals[start + i] for i, v in enumerate(values)]
        b = [v + spread * normals[start + n + i] for i, v in enumerate(values)]
        single.append(max((x + y) / 2 for x, y in zip(a, b, strict=True)))
        double.append(b[a.index(max(a))])
    return single, double


def _overestimation_sentence(settings: Settings, more: str) -> str:
    values = [float(settings[f"q{a}"]) for a in range(1, ACTIONS + 1)]
    both = promises(values, float(settings["noise"]), int(settings["samples"]))
    best = max(values)
    single, double = (
        f"promises {num(fmean(one))} (error {num(fmean(one) - best, plus=True)})" for one in both
    )
    return (
        f"The best action is truly worth {num(best)}. On average the largest of "
        f"{ACTIONS} noisy means {single}; a double estimate, one half choosing and the "
        f"other judging, {double}.{more}"
    )


def overestimation_figure(measured: Sequence[Mapping[str, Any]] = ()) -> Picture:
    """Drag five true values: the maximum over noisy means promises too much, one half
    judging the other's choice does not.

    measured: [{"name": str, "promised": [floats], "true": [floats]}], by seed, for
    example DQN and Double DQN: the value promised at a state, and the return that came.
    """
    for one in measured:
        if len(one["promised"]) != len(one["true"]) or not one["true"]:
            raise ValueError(f"{one['name']} needs as many promised values as true returns, by seed")
    shown = [
        {
            "name": one["name"],
            "promised": [round(float(v), 2) for v in one["promised"]],
            "true": [round(float(v), 2) for v in one["true"]],
        }
        for one in measured
    ]
    parts = [
        f"{one['name']} promises {num(fmean(one['promised']), 1)} and {num(fmean(one['true']), 1)} comes true"
        for one in shown
    ]
    more = f" Measured, {'; '.join(parts)}." if parts else ""
    first: dict[str, float | str] = {f"q{a}": 0.0 for a in range(1, ACTIONS + 1)}
    first |= {"noise": 1, "samples": 4}
    changes: list[Settings] = [
        {},
        {"noise": 2},
        {"noise": 0},
        {"samples": 100},
        {"q1": 1},
        {"q1": 1, "noise": 3, "samples": 2},
        {"q1": -2, "q2": -1, "q4": 1, "q5": 2},
    ]
    knobs = [slider(f"q{a}", f"True value {a}", -2, 2, 0.1, 0, drag=True) for a in range(1, ACTIONS + 1)]
    rows = sum(13 * len(one["true"]) + 10 for one in shown)
    return figure(
        "overestimation",
        "A max over noisy estimates promises too much",
        "All actions are equally good: how much does the best-looking one promise?",
        [
            slider("noise", "Noise of one sample", 0, 3, 0.1, 1),
            slider("samples", "Samples of each action", 2, 100, 2, 4),
            *knobs,
        ],
        asset("ch02/overestimation.js"),
        {"seed": SEED, "draws": DRAWS, "actions": ACTIONS, "measured": shown},
        says=[(c, _overestimation_sentence({**first, **c}, more)) for c in changes],
        height=320 + (rows + 76 if shown else 0),
    )


# --- target network -------------------------------------------------------------------
