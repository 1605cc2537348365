"""The still pictures of chapter 5: rows of digits, and batches over time."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from ...interactive import Picture
from ...plotting import COLORS, show
from ..ch02.pictures import ink, tiles


def digit_row(pixels: NDArray, words: Sequence[str], *, title: str, alt: str, caption: str) -> Picture:
    """Digits (N, 64) in a row, each with a word below; ink beyond the range from 0 to 1 is cut."""
    fig, axis = plt.subplots(figsize=(680 / 72, 100 / 72))
    tiles(axis, [ink(one.clip(0, 1)) for one in pixels], words)
    return show(fig, title=title, alt=alt, caption=caption)


def batches_over_time(
    clients: int, sizes: Sequence[int], seconds: Sequence[float], until: float, gap: float = 0.002
) -> list[tuple[float, float, int]]:
    """Start, end and size of every batch of a worker that takes what waits, computed.

    Client i asks first after i gaps, and again as soon as it has its answer. sizes, seconds: how long
    batches of some sizes take; between them it is interpolated.
    """
    asks, free = [i * gap for i in range(clients)], 0.0
    batches: list[tuple[float, float, int]] = []
    while free < until:
        start = max(free, min(asks))
        waiting = [i for i, at in enumerate(asks) if at <= start][: max(sizes)]
        free = start + float(np.interp(len(waiting), sizes, seconds))
        batches.append((start, free, len(waiting)))
        for i in waiting:
            asks[i] = free
    return batches


def batches_picture(
    crowds: Sequence[int], sizes: Sequence[int], seconds: Sequence[float], until: float
) -> Picture:
    """Batches over time for some crowds, from the measured seconds of batches."""
    fig, axes = plt.subplots(1, len(crowds), sharey=True, figsize=(680 / 72, 240 / 72))
    told = []
    for axis, clients in zip(axes, crowds, strict=True):
        batches = batches_over_time(clients, sizes, seconds, until)
        for start, end, size in batches:
            axis.bar(start, size, end - start, align="edge", color=COLORS["a"], alpha=0.6, edgecolor="white")
        axis.set_xlim(0, until)
        axis.set_title(f"{clients} clients")
        axis.set_xlabel("seconds")
        told.append(f"{clients} clients: batches of {', '.join(str(size) for *_, size in batches[:6])}")
    axes[0].set_ylabel("questions in the batch")
    return show(
        fig,
        title="Nobody sets the size of a batch: it grows with the crowd",
        alt="Bars over time, each a batch, as high as it is large. " + "; ".join(told) + ".",
        caption="Computed from the times measured above, without patience. A wide bar takes long; while it "
        "runs, the next batch gathers.",
    )
