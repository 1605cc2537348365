"""The reacting figure on the dose of a cold start: how many answers buy how many steps of RL."""

from collections.abc import Mapping, Sequence

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

BAR = 0.7  # the accuracy that opens the figure


def first_step(curve: Sequence[float], bar: float) -> int | None:
    """The first update from which the mean of three accuracies reaches the bar; None if none does."""
    threes = zip(curve, curve[1:], curve[2:], strict=False)
    return next((i for i, (a, b, c) in enumerate(threes) if (a + b + c) / 3 >= bar), None)


def _steps(curves: Sequence[Sequence[float]], bar: float) -> str:
    found = ["never" if (at := first_step(curve, bar)) is None else str(at) for curve in curves]
    return ", ".join(found[:-1]) + f" and {found[-1]}" if len(found) > 1 else found[0]


def _sentence(curves: Mapping[str, Sequence[Sequence[float]]], settings: Settings, start: str) -> str:
    now = {"documents": start, "bar": BAR, **settings}
    some, bar = str(now["documents"]), float(now["bar"])
    none = next(iter(curves))
    text = f"Steps to an accuracy of {num(bar)}, by seed: without a cold start {_steps(curves[none], bar)}"
    return f"{text}." if some == none else f"{text}; after {some} answers {_steps(curves[some], bar)}."


def cold_documents_figure(runs: Mapping[int, Sequence[Sequence[float]]]) -> Picture:
    """Accuracy over the steps of RL, by the number of answers in the cold start, with a bar to drag.

    runs: number of answers, 0 among them -> for every seed the accuracy of each step. Raises ValueError
    without 0, without another number, or if the curves are not all as long.
    """
    lengths = {len(curve) for curves in runs.values() for curve in curves}
    if 0 not in runs or len(runs) < 2 or len(lengths) != 1 or len({len(c) for c in runs.values()}) != 1:
        raise ValueError("give 0 answers, some other numbers, and as many curves of one length for each")
    curves = {f"{n:,}": [[round(float(v), 4) for v in curve] for curve in runs[n]] for n in sorted(runs)}
    options = list(curves)
    start = "300" if "300" in options else options[-1]
    changes: list[Settings] = [{}, {"bar": 0.5}, {"bar": 0.8}]
    changes += [{"documents": option} for option in options if option != start]
    return figure(
        "cold-documents",
        "A few hundred answers buy steps of reinforcement learning",
        "How many answers are enough? Drag the bar.",
        [
            choice("documents", "Answers in the cold start", options, start),
            slider("bar", "Accuracy to reach", 0.2, 0.9, 0.01, BAR, drag=True),
        ],
        asset("ch05/cold_documents.js"),
        {"options": options, "curves": list(curves.values())},
        says=[(change, _sentence(curves, change, start)) for change in changes],
        height=310,
    )
