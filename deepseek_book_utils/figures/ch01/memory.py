"""The reacting figure on memory: what training keeps, and what serving keeps."""

from collections.abc import Mapping

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

Sizes = Mapping[str, float]  # {"weights", "cache", "kept"}: numbers in all, and for each token
BYTES = {"16 bits": 2, "32 bits": 4}
STATE = {"16 bits": 12, "32 bits": 8}  # AdamW's two averages, and below 32 bits the exact weights
START, PRECISION = 11, "16 bits"


def training_bytes(sizes: Sizes, tokens: int, precision: str) -> dict[str, float]:
    """What AdamW training holds: sixteen bytes a weight (Rajbhandari et al., arXiv 1910.02054, section 3.1),
    and what the backward pass needs of so many tokens.
    """
    width, weights = BYTES[precision], sizes["weights"]
    return {
        "weights": width * weights,
        "gradients": width * weights,
        "optimiser": STATE[precision] * weights,
        "kept for backward": width * sizes["kept"] * tokens,
    }


def serving_bytes(sizes: Sizes, tokens: int, precision: str) -> dict[str, float]:
    """What answering holds: the weights, and keys and values of so many tokens."""
    return {
        "weights": BYTES[precision] * sizes["weights"],
        "cache": BYTES[precision] * sizes["cache"] * tokens,
    }


def in_words(amount: float) -> str:
    """Bytes with a unit, as in "1.5 GB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if amount >= size:
            return f"{num(amount / size, 1)} {unit}"
    return f"{num(amount / 1e3, 1)} kB"


def _sentence(models: Mapping[str, Sizes], change: Settings) -> str:
    name = str(change.get("model", next(iter(models))))
    tokens, precision = 2 ** int(change.get("tokens", START)), str(change.get("precision", PRECISION))
    training = training_bytes(models[name], tokens, precision)
    serving = serving_bytes(models[name], tokens, precision)
    whole, served = sum(training.values()), sum(serving.values())
    return (
        f"{name}, {precision}, {tokens:,} tokens: training holds {in_words(whole)}, "
        f"{num(100 * training['optimiser'] / whole, 0)} % of it for the optimiser. Serving holds "
        f"{in_words(served)}, {num(100 * serving['cache'] / served, 1)} % of it cache."
    )


def memory_figure(models: Mapping[str, Sizes]) -> Picture:
    """Two bars for a model: the bytes of training and those of serving.

    models: name -> {"weights": numbers, "cache" and "kept": numbers for each token, kept 0 if not counted}.
    """
    names = list(models)
    changes: list[Settings] = [{}, {"tokens": 17}, {"precision": "32 bits"}]
    for name in names[1:]:
        changes += [{"model": name}, {"model": name, "tokens": 17}]
    return figure(
        "memory",
        "A weight costs two or four bytes to serve, and sixteen to train",
        "Will it fit into your machine? Guess before you move the tokens.",
        [
            choice("model", "Model", names, names[0]),
            slider("tokens", "Tokens, as a power of 2", 6, 20, 1, START),
            choice("precision", "Weights in", list(BYTES), PRECISION),
        ],
        asset("ch01/memory.js"),
        {"models": {name: dict(sizes) for name, sizes in models.items()}, "bytes": BYTES, "state": STATE},
        says=[(change, _sentence(models, change)) for change in changes],
        height=230,
    )
