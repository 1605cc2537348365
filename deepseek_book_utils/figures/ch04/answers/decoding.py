"""The reacting figure of the sampling family: real logits of the base, and what
temperature and filters make of them.

The page computes the formula again (`decoding.js`); the sentences that it
must reach are computed by the function that the chapter hands in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ....interactive import Picture, Settings, asset, choice, figure, num, slider
from ....reasoning.language import VOCABULARY

# Probabilities from logits, temperature, top-k (None: all), top-p and min-p
Probs = Callable[[Tensor, float, int | None, float, float], Tensor]
ROWS = 10  # words that have a bar; a top-k of one more keeps all


def _decoding_sentence(logits: Sequence[float], s: Settings, decoded: Probs) -> str:
    k = int(s["k"])
    filters = (float(s["T"]), k if k <= ROWS else None, float(s["p"]), float(s["m"]))
    probs = decoded(torch.tensor(logits, dtype=torch.float64), *filters)
    kept = probs.nonzero()[:, 0].tolist()
    best = VOCABULARY[int(probs.argmax())]
    if len(kept) == 1:
        return f"Of {len(probs)} words one can be drawn: {best}, always."
    least = 100 * probs[kept].min().item()
    share = "under 0.1" if least < 0.05 else num(least, 1)
    return (
        f"Of {len(probs)} words {len(kept)} can be drawn: {best} with "
        f"{num(100 * probs.max().item(), 1)} %, the least probable of them with "
        f"{share} %."
    )


def decoding_figure(prompts: Sequence[Mapping[str, Any]], decoded: Probs) -> Picture:
    """Move temperature and top-p: which words can still be drawn, and how often.

    prompts: [{"name": str, "context": str, "logits": [V floats]}], the logits of the
    word that follows the context. Raises ValueError unless there is one a word.
    """
    for one in prompts:
        if len(one["logits"]) != len(VOCABULARY):
            raise ValueError(
                f"{one['name']!r} needs {len(VOCABULARY)} logits, one a word; got {len(one['logits'])}."
            )
    shown = [{**one, "logits": [round(float(z), 3) for z in one["logits"]]} for one in prompts]
    names, every = [one["name"] for one in shown], ROWS + 1
    start: Settings = {"prompt": names[0], "T": 1, "p": 0.9, "k": every, "m": 0}
    changes: list[Settings] = [
        {},
        {"T": 0},
        {"T": 0.6, "p": 0.95},
        {"T": 2},
        {"T": 2, "p": 1},
        {"T": 2, "p": 1, "m": 0.1},
        {"p": 1, "k": 3},
        {"p": 0.5},
        *({"prompt": name} for name in names[1:]),
        *({"prompt": name, "T": 2, "p": 1} for name in names[1:]),
    ]
    says = []
    for change in changes:
        s = {**start, **change}
        logits = shown[names.index(str(s["prompt"]))]["logits"]
        says.append((change, _decoding_sentence(logits, s, decoded)))
    return figure(
        "decoding",
        "Temperature flattens, top-p cuts",
        "Which word becomes possible?",
        [
            choice("prompt", "The base writes", names, names[0]),
            slider("T", "Temperature", 0, 3, 0.1, 1),
            slider("p", "Top-p", 0.05, 1, 0.05, 0.9),
            slider("k", f"Top-k ({ROWS + 1}: all)", 1, ROWS + 1, 1, ROWS + 1, drag=True),
            slider("m", "Min-p", 0, 1, 0.01, 0, drag=True),
        ],
        asset("ch04/answers/decoding.js"),
        {"words": list(VOCABULARY), "rows": ROWS, "prompts": shown},
        says=says,
        height=74 + 24 * every,
        panel=True,
    )
