"""The reacting figure on causality: which predictions move when one word is changed."""

from collections.abc import Mapping, Sequence

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

Moved = Sequence[Sequence[float]]  # [changed word][prediction after word]: largest change of a logit


def _sentence(words: Sequence[str], moved: Moved, word: int, mask: str) -> str:
    row = moved[word - 1]
    early = sum(v > 0 for v in row[: word - 1])
    late = sum(v > 0 for v in row[word - 1 :])
    return (
        f"Mask: {mask}. Word {word} ({words[word - 1]}) is replaced. Of {word - 1} predictions before it "
        f"{early} move; of the {len(row) - word + 1} from it on {late} move, at most by {num(max(row), 1)}."
    )


def future_figure(words: Sequence[str], moved: Mapping[str, Moved]) -> Picture:
    """A grid of changed words and predictions, for each mask by its name.

    Raises ValueError unless each grid has a row and a column for every word.
    """
    n = len(words)
    if any(len(rows) != n or {len(row) for row in rows} != {n} for rows in moved.values()):
        raise ValueError(f"Every grid needs {n} rows and columns, one for each word.")
    grids = {name: [[round(v, 3) for v in row] for row in rows] for name, rows in moved.items()}
    first, *others = grids
    start = max(1, (n + 1) // 2)
    says: list[tuple[Settings, str]] = [({}, _sentence(words, grids[first], start, first))]
    says += [({"word": at}, _sentence(words, grids[first], at, first)) for at in (1, n)]
    says += [({"mask": name}, _sentence(words, grids[name], start, name)) for name in others]
    return figure(
        "future",
        "Change a word, and only the future moves",
        "Which predictions can a word reach?",
        [
            slider("word", "Word that is replaced", 1, n, 1, start, drag=True),
            choice("mask", "Mask", list(grids), first),
        ],
        asset("ch03/future.js"),
        {"words": list(words), "moved": grids},
        says=says,
        height=76 + 26 * n,
    )
