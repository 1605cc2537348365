"""The reacting figure on rejection sampling: what each filter lets through, and what a kept answer costs."""

from collections.abc import Sequence

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

FILTERS = ("right", "right, form kept", "right and readable")


def _sentence(name: str, k: int, passed: Sequence[Sequence[int]], tokens: float) -> str:
    """passed: for every problem, 1 where an answer passes the filter."""
    kept = sum(map(sum, passed))
    asked = sum(map(len, passed))
    share = kept / asked
    rates = [sum(row) / len(row) for row in passed]
    some = sum(1 - (1 - rate) ** k for rate in rates) / len(rates)
    text = f"Filter: {name}. {kept} of {asked} answers pass. With {k} tries a problem"
    text += f" has a kept answer with probability {num(some)} on average"
    if kept:
        text += f"; a kept answer costs {num(tokens / share, 0)} tokens of writing"
    return text + "."


def rejection_figure(flags: Sequence[Sequence[Sequence[bool]]], lengths: Sequence[int]) -> Picture:
    """Which answers pass each filter, for every problem and answer.

    flags: for every filter of FILTERS, problem and answer, whether it passes; each filter is stricter than
    the one before it. lengths: tokens of all answers. Raises ValueError otherwise.
    """
    shapes = {tuple(len(row) for row in filtered) for filtered in flags}
    if len(flags) != len(FILTERS) or len(shapes) != 1 or len(set(*shapes)) != 1:
        raise ValueError(f"give {len(FILTERS)} filters with equally many answers to every problem")
    rows = [[list(map(int, row)) for row in filtered] for filtered in flags]
    if any(
        b > a
        for earlier, later in zip(rows, rows[1:], strict=False)
        for one, two in zip(earlier, later, strict=True)
        for a, b in zip(one, two, strict=True)
    ):
        raise ValueError("a stricter filter may not let through what a weaker one stops")
    tokens, tries = sum(lengths) / len(lengths), len(rows[0][0])
    says: list[tuple[Settings, str]] = []
    for i, name in reversed(list(enumerate(FILTERS))):
        for k in (4, 1, tries):
            settings: Settings = {} if not says else {"f": name, "k": k}
            says.append((settings, _sentence(name, k, rows[i], tokens)))
    return figure(
        "rejection",
        "Each filter costs tokens, and tries make up for it",
        "How many tries does a hard problem need?",
        [
            choice("f", "Filter", FILTERS, FILTERS[-1]),
            slider("k", "Tries a problem", 1, tries, 1, 4),
        ],
        asset("ch05/rejection.js"),
        {
            "filters": FILTERS,
            "levels": [
                "".join(str(sum(f[p][a] for f in rows)) for a in range(tries)) for p in range(len(rows[0]))
            ],
            "tokens": round(tokens, 3),
        },
        says=says,
        height=48 + 16 * len(rows[0]),
    )
