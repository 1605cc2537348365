"""The reacting figure of chapter 2 on learning rates: what every schedule makes of every rate, from
recorded trainings.

The drawing lies in `schedules.js`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...interactive import Picture, Settings, asset, choice, figure, num


def _summary(seeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several seeds at one rate: what they read right, and the mean curve of their loss."""
    accuracies = [one["accuracy"] for one in seeds]
    loss = np.mean([one["loss"] for one in seeds], axis=0)
    rates = np.array(seeds[0]["rate"])
    return {
        "accuracy": round(float(np.mean(accuracies)), 5),
        "seeds": accuracies,
        "last": round(float(loss[-1]), 5),
        "loss": np.minimum(loss, 3).round(2).tolist(),  # what the drawing shows of it
        "rate": (rates / rates.max()).round(2).tolist(),
    }


def _sentence(runs: Sequence[Mapping[str, Any]], name: str, rates: Sequence[str], rate: str) -> str:
    i = rates.index(rate)
    one, best = runs[i], max(run["accuracy"] for run in runs)
    fastest = [run["accuracy"] for run in runs].index(best)
    verdict = "Too fast: training is thrown off."
    if one["accuracy"] > best - 0.03:
        verdict = "About right for this schedule."
    elif i < fastest:
        verdict = "Too slow: the time was up."
    low, high = (num(100 * f(one["seeds"]), 1) for f in (min, max))
    return (
        f"{name[0].upper()}{name[1:]}, rate {rate}: "
        f"{num(100 * one['accuracy'], 1)} % of unseen digits read right "
        f"(five seeds: {low} to {high}), last loss {num(one['last'])}. {verdict}"
    )


def schedules_figure(record: Mapping[str, Any], start: str, start_rate: str) -> Picture:
    """Choose a schedule and a learning rate, see how well the digits were learned.

    record: of the experiment ch02/schedules. start, start_rate: the schedule and the rate, as
    "0.18", that are shown first; a rate that was not run raises ValueError.
    """
    rates = [f"{rate:.2g}" for rate in record["settings"]["rates"]]
    if start_rate not in rates:
        raise ValueError(
            f"no training was recorded at the rate {start_rate}: choose one of {', '.join(rates)}"
        )
    names = record["settings"]["schedules"]
    summaries = {
        name: [_summary([seed[name][i] for seed in record["seeds"]]) for i in range(len(rates))]
        for name in names
    }
    changes: list[Settings] = [{}, {"rate": rates[0]}, {"rate": rates[4]}, {"rate": rates[-1]}]
    changes += [{"name": name} for name in names if name != start]
    says = []
    for change in changes:
        name, rate = str(change.get("name", start)), str(change.get("rate", start_rate))
        says.append((change, _sentence(summaries[name], name, rates, rate)))
    return figure(
        "schedules",
        "A warm-up forgives a rate that nothing else does",
        "Here training fails. Which schedule saves it?",
        [
            choice("name", "Schedule", names, start),
            choice("rate", "Learning rate", rates, start_rate),
        ],
        asset("ch02/schedules.js"),
        {"rates": rates, "steps": 88, "runs": summaries},
        says=says,
        height=400,
    )
