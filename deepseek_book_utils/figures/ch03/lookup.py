"""The reacting figure on attention: one query, the weights on all words, and three places for a mask."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

MASKS = ("before the softmax", "after the softmax", "none")


def weights_of(q: Tensor, k: Tensor, query: int, mask: str) -> Tensor:
    """Weights (T,) of query number `query` on all keys; q and k are (T, D)."""
    scores = q[query] @ k.T * q.shape[1] ** -0.5
    later = torch.arange(len(k)) > query
    if mask == "before the softmax":
        scores = scores.masked_fill(later, -torch.inf)
    weights = scores.softmax(dim=0)
    return weights.masked_fill(later, 0.0) if mask == "after the softmax" else weights


def _sentence(words: Sequence[str], q: Tensor, k: Tensor, head: int, query: int, mask: str) -> str:
    weights = weights_of(q[head - 1], k[head - 1], query - 1, mask)
    best = int(weights.argmax())
    return (
        f"Head {head}, word {query} ({words[query - 1]}), mask: {mask}. The weights sum to "
        f"{num(weights.sum().item())}; {num(weights[query:].sum().item())} of it lies on words that come "
        f"later. It looks most at word {best + 1} ({words[best]}): {num(weights[best].item())}."
    )


def lookup_figure(words: Sequence[str], q: Tensor, k: Tensor) -> Picture:
    """Where a word looks. Queries and keys are (H, T, D), one row for each word.

    Raises ValueError if there are not as many words as rows.
    """
    if not len(words) == q.shape[1] == k.shape[1]:
        raise ValueError(f"{len(words)} words, but {q.shape[1]} queries: give one of each for every word.")
    q, k = (torch.round(x.double(), decimals=2) for x in (q, k))
    heads, last = len(q), len(words)
    start = max(1, last // 2)
    says: list[tuple[Settings, str]] = [({}, _sentence(words, q, k, 1, start, MASKS[0]))]
    says += [({"mask": mask}, _sentence(words, q, k, 1, start, mask)) for mask in MASKS[1:]]
    says += [({"query": last}, _sentence(words, q, k, 1, last, MASKS[0]))]
    says += [({"head": h}, _sentence(words, q, k, h, start, MASKS[0])) for h in range(2, heads + 1)]
    return figure(
        "lookup",
        "Attention is a soft lookup, and the mask belongs before the softmax",
        "What leaks if the mask comes too late, or never?",
        [
            slider("query", "Word that looks", 1, last, 1, start, drag=True),
            slider("head", "Head", 1, heads, 1, 1),
            choice("mask", "Mask", MASKS, MASKS[0]),
        ],
        asset("ch03/lookup.js"),
        {"words": list(words), "q": q.tolist(), "k": k.tolist()},
        says=says,
        height=60 + 24 * last,
    )
