"""The reacting figure of chapter 4 on learned rewards: what a reward promises and what
comes true, update by update, and when one should have stopped.

The drawing lies in `reward_hacking.js`. The sentences that it must reach
are computed here, so that figure and text cannot part.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import Picture, Settings, asset, choice, figure, num, slider
from ...rl.tasks.cycling import CIRCUIT, GRIP, TIGHTEST, slides

CLOSE = 0.05  # reward a step: nearer to the best than this is near enough


def best_stop(earned: Sequence[float]) -> int:
    """Where the truth is highest, the first place if there are several."""
    return max(range(len(earned)), key=lambda i: (earned[i], -i))


def stopping_verdict(earned: Sequence[float], steps: Sequence[int], at: int) -> str:
    """Whether it would have been right to stop at index `at`, and if not, when."""
    best = best_stop(earned)
    if at == best:
        return "Stopping here would have been right: no other update earns more."
    if earned[best] - earned[at] < CLOSE:
        return f"Stopping here would do: the best, update {steps[best]}, earns {num(earned[best])}."
    when = "soon" if at < best else "late"
    return f"Stopping here would be too {when}: update {steps[best]} earns {num(earned[best])}."


def _hacking_sentence(data: Mapping[str, Any], way: str, step: int) -> str:
    one, steps = data["ways"][way], data["steps"]
    at = steps.index(step)
    promised, earned = one["promised"][0], one["earned"][0]
    last = max(i for i, s in enumerate(data["ride_steps"]) if s <= step)
    ride = one["rides"][last]
    off = sum(slides(place, speed) for place, speed in ride)
    others = [run[at] for run in one["earned"][1:]]
    return (
        f"Update {step}: {num(promised[at])} promised a step, {num(earned[at])} comes "
        f"true ({len(others)} recorded seeds: {num(min(others))} to "
        f"{num(max(others))}). {stopping_verdict(earned, steps, at)} In the ride of "
        f"update {data['ride_steps'][last]}, {off} of {len(ride)} steps slide."
    )


def reward_hacking_figure(
    steps: Sequence[int],
    ways: Mapping[str, Mapping[str, Any]],
    ride_steps: Sequence[int],
) -> Picture:
    """Push the policy, update by update: what is promised, what comes true, and how it
    rides by then. It starts where the truth of the first way is highest.

    steps: evenly spaced updates, from 0. ways: {name: {"promised": [run][step],
    "earned": [run][step], "rides": [ride step][(place, speed)]}}, this run first, then
    the recorded ones; rides are this run's, as `ride_once` tells them, at `ride_steps`.
    Raises ValueError if lengths differ or there is no recorded run.
    """
    for name, one in ways.items():
        runs = [*one["promised"], *one["earned"]]
        if any(len(run) != len(steps) for run in runs) or len(one["earned"]) < 2:
            raise ValueError(f"{name}: give two runs or more of {len(steps)} steps each")
        if len(one["rides"]) != len(ride_steps) or ride_steps[0] != steps[0]:
            raise ValueError(f"{name}: give a ride for each of {list(ride_steps)}")
    data: dict[str, Any] = {
        "steps": list(steps),
        "ride_steps": list(ride_steps),
        "ways": {
            name: {
                key: [[round(float(v), 3) for v in run] for run in one[key]] for key in ("promised", "earned")
            }
            | {
                "rides": [
                    [[round(place, 1), round(speed, 2)] for place, speed in ride] for ride in one["rides"]
                ]
            }
            for name, one in ways.items()
        },
        "circuit": CIRCUIT,
        "tightest": TIGHTEST,
        "grip": GRIP,
        "close": CLOSE,
    }
    names = list(ways)
    start = steps[best_stop(data["ways"][names[0]]["earned"][0])]
    settings: list[Settings] = [{}, {"step": steps[0]}, {"step": steps[-1]}]
    settings += [
        {"step": step, "way": name} for name in names[1:] for step in (steps[len(steps) // 2], steps[-1])
    ]
    says = [
        (
            one,
            _hacking_sentence(data, str(one.get("way", names[0])), int(one.get("step", start))),
        )
        for one in settings
    ]
    stride = steps[1] - steps[0]
    return figure(
        "reward-hacking",
        "Push a learned reward far enough and the truth falls",
        "You see only what is promised. When would you stop?",
        [
            slider("step", "Update", steps[0], steps[-1], stride, start),
            choice("way", "Reward", names, names[0]),
        ],
        asset("ch04/reward_hacking.js"),
        data,
        says=says,
        height=424,
    )
