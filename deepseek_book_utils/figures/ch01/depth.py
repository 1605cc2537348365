"""The reacting figure on first weights: depth multiplies the initial scale."""

import math
from collections.abc import Mapping, Sequence

from ...interactive import Picture, Settings, asset, figure, num, slider

GAIN, DEPTH = 0.8, 32  # where the figure opens


def _power(x: float) -> str:
    """A positive number, far from 1 with a power of ten."""
    v = math.log10(x)
    if abs(v) < 2:
        return num(10**v)
    raised = str(math.floor(v)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{num(10 ** (v - math.floor(v)), 1)} × 10{raised}"


def _sentence(measured: Mapping[str, Sequence[float]], change: Settings) -> str:
    gain, depth = float(change.get("gain", GAIN)), int(change.get("depth", DEPTH))
    found = measured[f"{gain:.1f}"]
    return (
        f"Weights {num(gain, 1)} times as large as He's: after {depth} "
        f"{'layer' if depth == 1 else 'layers'} the formula says {_power(gain ** (2 * depth))} "
        f"of the variance, and the run finds {_power(found[depth - 1] / found[0] * gain**2)}."
    )


def depth_figure(measured: Mapping[str, Sequence[float]]) -> Picture:
    """The variance of the signal layer by layer, for first weights of several sizes.

    measured: size as "0.8" -> the variance after each of 32 layers, that of the first layer first. Raises
    ValueError if one is missing.
    """
    gains = [float(key) for key in measured]
    if any(len(curve) != DEPTH for curve in measured.values()) or f"{GAIN:.1f}" not in measured:
        raise ValueError(f"give {DEPTH} variances for every size, {GAIN} among them")
    changes: list[Settings] = [{}, {"gain": 1.0}, {"gain": max(gains)}, {"gain": min(gains), "depth": 8}]
    changes += [{"depth": 1}]
    rounded = {key: [float(f"{value:.4g}") for value in curve] for key, curve in measured.items()}
    return figure(
        "depth",
        "Depth multiplies the initial scale",
        "Make the weights a tenth smaller or larger than He's. What is left after 32 layers?",
        [
            slider("gain", "Size of the weights", min(gains), max(gains), 0.1, GAIN),
            slider("depth", "Layers", 1, DEPTH, 1, DEPTH),
        ],
        asset("ch01/depth.js"),
        {"measured": rounded},
        says=[(change, _sentence(rounded, change)) for change in changes],
        height=280,
    )
