"""The reacting figure on gradients through time: how much of one is left so many steps back."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

Curves = Mapping[str, Sequence[Sequence[float]]]  # name -> a curve (T,) for each seed, the last step 1


def _sentence(name: str, plain: str, middle: Mapping[str, list[float]], rate: float) -> str:
    back = len(middle[plain]) - 1
    return (
        f"{back} steps back, 10 to the power {num(middle[plain][0], 1)} of the gradient is left in the plain "
        f"network, and 10 to the power {num(middle[name][0], 1)} with this remedy: {name}. A factor of "
        f"{num(rate)} at each step would leave 10 to the power {num(back * math.log10(rate), 1)}."
    )


def remedies_figure(curves: Curves, plain: str, start: str) -> Picture:
    """Gradient norms through time of the plain network and of one remedy, as powers of ten.

    Raises ValueError if there are fewer than two curves, or their lengths differ.
    """
    if len(curves) < 2 or len({len(seed) for seeds in curves.values() for seed in seeds}) != 1:
        raise ValueError("Give the plain network and a remedy at least, all of one length.")
    logs = {
        name: [[math.log10(max(v, 1e-30)) for v in seed] for seed in seeds] for name, seeds in curves.items()
    }
    bands = {
        name: [[round(f(step), 2) for step in zip(*seeds, strict=True)] for f in (min, median, max)]
        for name, seeds in logs.items()
    }
    middle = {name: band[1] for name, band in bands.items()}
    names = [name for name in curves if name != plain]
    says: list[tuple[Settings, str]] = [({}, _sentence(start, plain, middle, 0.7))]
    says += [({"remedy": name}, _sentence(name, plain, middle, 0.7)) for name in names if name != start]
    says += [({"rate": 0.95}, _sentence(start, plain, middle, 0.95))]
    return figure(
        "remedies",
        "A gradient dies geometrically through time, and some remedies hold it",
        "Which remedy keeps the gradient? And which factor a step fits the plain network?",
        [choice("remedy", "Remedy", names, start), slider("rate", "Factor a step", 0.5, 1, 0.01, 0.7)],
        asset("ch03/remedies.js"),
        {"plain": plain, "bands": bands},
        says=says,
        height=310,
    )
