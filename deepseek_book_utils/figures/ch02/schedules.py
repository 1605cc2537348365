"""The reacting figure of chapter 2 on learning rates: what every schedule makes of
every rate, from trainings of the reader's own run.

The drawing lies in `schedules.js`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

Run = tuple[float, list[float], list[float]]  # accuracy, losses and rates of all steps
FIRST, STRIDE = -3.0, 0.25  # rates are 10^-3, 10^-2.75, ...
CURVE = 22  # points of a curve


def _thin(curve: Sequence[float]) -> list[float]:
    """`CURVE` means of neighbours."""
    parts = np.array_split(np.asarray(curve, dtype=float), CURVE)
    return [float(f"{part.mean():.3g}") for part in parts]


def _summary(seeds: Sequence[Run]) -> dict:
    accuracies = [accuracy for accuracy, _, _ in seeds]
    losses = np.nan_to_num([losses for _, losses, _ in seeds], nan=99.0).clip(max=99.0)
    return {
        "accuracy": round(float(np.mean(accuracies)), 5),
        "seeds": [round(accuracy, 5) for accuracy in accuracies],
        "last": round(float(losses[:, -4:].mean()), 5),
        "loss": _thin(losses.mean(axis=0)),
        "rate": _thin(seeds[0][2]),
    }


def _sentence(runs: Sequence[dict], name: str, rate: float) -> str:
    i = round((rate - FIRST) / STRIDE)
    one, best = runs[i], max(run["accuracy"] for run in runs)
    fastest = [run["accuracy"] for run in runs].index(best)
    verdict = "Too fast: training is thrown off."
    if one["accuracy"] > best - 0.03:
        verdict = "About right for this schedule."
    elif i < fastest:
        verdict = "Too slow: the time was up."
    low, high = (num(100 * f(one["seeds"]), 1) for f in (min, max))
    return (
        f"{name[0].upper()}{name[1:]}, rate {10**rate:.2g}: "
        f"{num(100 * one['accuracy'], 1)} % of unseen digits read right "
        f"(five seeds: {low} to {high}), last loss {num(one['last'])}. {verdict}"
    )


def schedules_figure(runs: Mapping[str, Sequence[Sequence[Run]]], start: str, start_rate: float) -> Picture:
    """Choose a schedule and a learning rate, see how well the digits were learned.

    runs: for every schedule, for every rate 10^-3, 10^-2.75, ..., five seeds of
      (accuracy, losses, rates). start, start_rate: the schedule and the log10 of the
      rate that are shown first.
    """
    summaries = {name: [_summary(seeds) for seeds in rates] for name, rates in runs.items()}
    last = FIRST + STRIDE * (len(summaries[start]) - 1)
    rates = [f"{10 ** (FIRST + STRIDE * i):.2g}" for i in range(len(summaries[start]))]
    changes: list[Settings] = [{}, {"rate": FIRST}, {"rate": -2.0}, {"rate": last}]
    changes += [{"name": name} for name in summaries if name != start]
    says = []
    for change in changes:
        name = str(change.get("name", start))
        rate = float(change.get("rate", start_rate))
        says.append((change, _sentence(summaries[name], name, rate)))
    steps = len(runs[start][0][0][1])
    return figure(
        "schedules",
        "A warm-up forgives a rate that nothing else does",
        "Here training fails. Which schedule saves it?",
        [
            choice("name", "Schedule", list(summaries), start),
            slider("rate", "log₁₀ of the learning rate", FIRST, last, STRIDE, start_rate),
        ],
        asset("ch02/schedules.js"),
        {"rates": rates, "steps": steps, "runs": summaries},
        says=says,
        height=400,
    )
