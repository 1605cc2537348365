"""The reacting figure on pipelines: who waits for whom, and for how long."""

from collections.abc import Callable, Sequence
from typing import Any

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

STAGES, PIECES, ORDER, LAST = 4, 4, "gpipe", 1.0  # where the figure opens
ORDERS = ("gpipe", "1f1b")
Timeline = Callable[[Sequence[float], Sequence[float], int, str], Sequence[Any]]
IdleShares = Callable[[Sequence[Any]], list[float]]
BubbleShare = Callable[[int, int], float]


def _sentence(change: Settings, timeline: Timeline, idle: IdleShares, bubble: BubbleShare) -> str:
    pieces, order = int(change.get("pieces", PIECES)), str(change.get("order", ORDER))
    last = float(change.get("last", LAST))
    costs = [1.0] * (STAGES - 1) + [last]
    events = timeline(costs, [2 * cost for cost in costs], pieces, order)
    shares = idle(events)
    most = max(_held(stage, pieces, order) for stage in range(STAGES))
    return (
        f"{pieces} {'piece' if pieces == 1 else 'pieces'}, {order}: a stage waits "
        f"{num(100 * sum(shares) / STAGES, 1)} % of the time on average; with equal stages the formula says "
        f"{num(100 * bubble(STAGES, pieces), 1)} %. At most {most} "
        f"{'piece is' if most == 1 else 'pieces are'} held in one stage."
    )


def _held(stage: int, pieces: int, order: str) -> int:
    """The most pieces that wait in a stage for their way back."""
    return pieces if order == "gpipe" else min(STAGES - stage, pieces)


def bubble_figure(timeline: Timeline, idle: IdleShares, bubble: BubbleShare) -> Picture:
    """Four stages as rows of time; the functions are those of `parallel.pipeline`."""
    changes: list[Settings] = [{}, {"pieces": 1}, {"pieces": 16}, {"order": "1f1b"}, {"last": 2.0}]
    changes += [{"pieces": 16, "last": 2.0, "order": "1f1b"}, {"pieces": 2, "last": 1.5}]
    return figure(
        "bubble",
        "More pieces shrink the bubble; one slow stage brings the waiting back",
        "How many pieces does it take until a stage waits less than a tenth of the time?",
        [
            slider("pieces", "Pieces m", 1, 16, 1, PIECES),
            slider("last", "Cost of the last stage", 1, 3, 0.5, LAST),
            choice("order", "Order", ORDERS, ORDER),
        ],
        asset("ch01/bubble.js"),
        {"stages": STAGES},
        says=[(change, _sentence(change, timeline, idle, bubble)) for change in changes],
        height=250,
    )
