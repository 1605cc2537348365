"""The reacting figure on beam search: which beginnings a search of each width keeps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from ...interactive import Picture, Settings, asset, figure, num, slider

NextWord = Callable[[Tensor], Tensor]  # words so far (W, T) -> log-probabilities (W, V)
Search = Callable[[NextWord, int, Any], list[Any]]  # `beam_search`, perhaps the reader's own


def watched(search: Search, next_word: NextWord, end: int, settings: Any) -> dict[str, Any]:
    """The beginnings that a search keeps at every step with the place of each one's beginning in the step
    before, and its best text.
    """
    steps: list[list[tuple[int, ...]]] = []

    def asked(words: Tensor) -> Tensor:
        steps.append([tuple(row) for row in words.tolist()])
        return next_word(words)

    best = search(asked, end, settings)[0]
    kept = [
        [[row[-1], before.index(row[:-1])] for row in rows]
        for before, rows in zip(steps, steps[1:], strict=False)
    ]
    return {"kept": kept, "words": list(best.words), "log_prob": best.log_prob}


def _sentence(width: int, found: dict[str, Any], text: str, right: str) -> str:
    judged = "right" if text == right else "wrong"
    return (
        f"Width {width}: the search asks for {sum(map(len, found['kept'])) + 1} next words. "
        f"It writes {text}, with log-probability {num(found['log_prob'])}: {judged}."
    )


def beams_figure(
    search: Search,
    next_word: NextWord,
    end: int,
    names: Sequence[str],
    text_of: Callable[[Sequence[int]], str],
    right: str,
    settings: Any,
    widths: int = 5,
) -> Picture:
    """The tree of beginnings for each width from 1, greedy, on; `names` are the words of the vocabulary,
    `settings` those of `beam_search`."""
    found = [
        watched(search, next_word, end, replace(settings, width=width)) for width in range(1, widths + 1)
    ]
    texts = [text_of(one["words"]) for one in found]
    used = sorted({token for one in found for rows in one["kept"] for token, _ in rows} | {end})
    number = {token: i for i, token in enumerate(used)}
    data = [
        {
            "kept": [[[number[token], parent] for token, parent in rows] for rows in one["kept"]],
            "words": [number.get(token, number[end]) for token in one["words"]],
            "text": text,
            "log_prob": round(one["log_prob"], 4),
        }
        for one, text in zip(found, texts, strict=True)
    ]
    for one, rounded in zip(found, data, strict=True):
        one["log_prob"] = rounded["log_prob"]
    says: list[tuple[Settings, str]] = [({}, _sentence(1, found[0], texts[0], right))]
    says += [
        ({"width": width}, _sentence(width, found[width - 1], texts[width - 1], right))
        for width in range(2, widths + 1)
    ]
    return figure(
        "beams",
        "Greedy throws the better translation away at an early word",
        "How wide must the beam be?",
        [slider("width", "Width of the beam", 1, widths, 1, 1)],
        asset("ch03/beams.js"),
        {"right": right, "names": [names[token] for token in used], "searches": data},
        says=says,
        height=70 + 44 * widths,
    )
