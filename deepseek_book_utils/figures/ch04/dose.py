"""The reacting figure of chapter 4b on dose and response: a base checks so often, RL makes this of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import Picture, Settings, asset, choice, figure, num


def _percent(values: Sequence[float]) -> str:
    low, high = (num(100 * value, 0) for value in (min(values), max(values)))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _dose_sentence(dose: Mapping[str, Any]) -> str:
    before, after, accuracy = dose["before"], dose["after"], dose["accuracy"]
    taken = sum(share > 0.5 for share in after)
    return (
        f"{num(100 * dose['share'], 0)} % of the web's pages check. Before RL {_percent(before)} of the "
        f"answers check, after it {_percent(after)}. Checking takes over in {taken} of {len(after)} seeds; "
        f"pass@1 {num(min(accuracy))} to {num(max(accuracy))}."
    )


def dose_figure(doses: Sequence[Mapping[str, Any]], start: int) -> Picture:
    """Answers that check before and after RL, by the share of the corpus that checks, and the way
    there in every seed.

    doses: {"share": float, "before", "after", "accuracy": one a seed, "curves": [seed][update]};
    start: the dose at which the figure opens.
    """
    options = [f"{num(100 * dose['share'], 0)} %" for dose in doses]
    says: list[tuple[Settings, str]] = [({}, _dose_sentence(doses[start]))]
    says += [({"dose": option}, _dose_sentence(dose)) for option, dose in zip(options, doses, strict=True)]
    data = [
        {"share": dose["share"]}
        | {key: [round(v, 4) for v in dose[key]] for key in ("before", "after", "accuracy")}
        | {"curves": [[round(v, 3) for v in curve] for curve in dose["curves"]]}
        for dose in doses
    ]
    return figure(
        "dose",
        "The more often the base shows a habit, the surer and the sooner RL takes it up",
        "How often must it be there?",
        [choice("dose", "Pages of the web that check", options, options[start])],
        asset("ch04/dose.js"),
        data,
        says=says,
        height=320,
    )
