"""The reacting figure on distillation against trial and error: what each way reaches within a budget."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

# DeepSeek-R1 (arXiv 2501.12948v1), table 6: AIME 2024 pass@1 of the model of 32 billion parameters
PAPER = {"distilled": 0.726, "RL": 0.470}

Way = Sequence[
    Mapping[str, Any]
]  # one a seed: {"base", "seconds", "accuracy", "curve"}; a reader's curve is []


def reached(run: Mapping[str, Any], budget: float) -> float:
    """Accuracy after so many seconds: before the end that of the update which is being made, or of the base
    where there is no curve.
    """
    if budget >= run["seconds"]:
        return float(run["accuracy"])
    curve = run["curve"] or [run["base"]]
    return float(curve[math.floor(budget / (run["seconds"] / len(curve)))])


def _sentence(ways: Mapping[str, Way], student: str, budget: int) -> str:
    told = []
    for name, runs in ways.items():
        mean = sum(reached(run, budget) for run in runs) / len(runs)
        done = sum(budget >= run["seconds"] for run in runs)
        rest = (
            ""
            if done == len(runs)
            else ", not done"
            if not done
            else f", done in {done} of {len(runs)} seeds"
        )
        told.append(f"{name} {num(mean)}{rest}")
    return f"{student}, {budget} CPU seconds: {'; '.join(told)}."


def budget_figure(found: Mapping[str, Mapping[str, Way]], title: str) -> Picture:
    """Accuracy of each way to learn against the CPU seconds that it took, seed by seed.

    found: student -> way -> one run a seed; at most four ways, the same for each student. Raises ValueError
    otherwise.
    """
    names = {tuple(ways) for ways in found.values()}
    if len(names) != 1 or len(*names) > 4:
        raise ValueError("give each student the same ways to learn, four at most")
    rounded = {
        student: {
            name: [
                {
                    "base": round(run["base"], 3),
                    "seconds": round(run["seconds"], 2),
                    "accuracy": round(run["accuracy"], 3),
                    "curve": [round(value, 3) for value in run["curve"]],
                }
                for run in runs
            ]
            for name, runs in ways.items()
        }
        for student, ways in found.items()
    }
    runs = [run for ways in rounded.values() for way in ways.values() for run in way]
    most = 5 * math.ceil(max(run["seconds"] for run in runs) / 5)
    students = list(found)
    changes: list[Settings] = [{}, {"budget": most // 4}, {"budget": most // 2}]
    changes += [{"student": name} for name in students[1:]]
    changes += [{"student": name, "budget": most // 2} for name in students[1:]]
    says = []
    for change in changes:
        student = str(change.get("student", students[0]))
        says.append((change, _sentence(rounded[student], student, int(change.get("budget", most)))))
    return figure(
        "budget",
        title,
        "How long can you compute? Move the budget.",
        [
            choice("student", "Student", students, students[0]),
            slider("budget", "CPU seconds", 0, most, 1, most),
        ],
        asset("ch06/budget.js"),
        {"found": rounded, "most": most, "paper": PAPER},
        says=says,
        height=330,
    )
