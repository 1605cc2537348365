"""The still pictures of chapter 1: the two blocks, and four ways to share a model among two processes."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...interactive import Picture
from ...plotting import COLORS, show

BLOCKS = {
    "GPT-2": ("LayerNorm", "attention\n(+ positions at the start)", "LayerNorm", "two matrices, GELU"),
    "Llama": ("RMSNorm", "attention, q and k turned", "RMSNorm", "three matrices, a gate"),
}


def _box(axis: Axes, x: float, y: float, words: str, color: str) -> None:
    look = {"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": COLORS[color]}
    axis.text(x, y, words, ha="center", va="center", bbox=look, fontsize=13)


def block_picture() -> Picture:
    """A block of GPT-2 and one of Llama: the stream, and what adds to it."""
    fig, axes = plt.subplots(1, 2, figsize=(680 / 72, 290 / 72))
    for axis, (name, parts) in zip(axes, BLOCKS.items(), strict=True):
        axis.annotate(
            "", (0, 5.1), (0, -0.4), arrowprops={"arrowstyle": "-|>", "color": COLORS["a"], "linewidth": 3}
        )
        for half in (0, 1):
            low = 2.5 * half
            _box(axis, 1.6, low + 0.3, parts[2 * half], "mute")
            _box(axis, 1.6, low + 1.4, parts[2 * half + 1], "b")
            for start, end in (((0, low - 0.1), (0.8, low + 0.3)), ((0.35, low + 1.8), (0, low + 2.1))):
                axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": COLORS["mute"]})
            axis.text(-0.35, low + 2.0, "+", fontsize=18, ha="center", va="center", color=COLORS["a"])
        axis.set_title(name)
        axis.set(xlim=(-0.7, 3.2), ylim=(-0.5, 5.2))
        axis.axis("off")
    return show(
        fig,
        title="One plan, two styles: each half reads a normalised copy and adds to the stream",
        alt="Two diagrams. "
        + ". ".join(f"{name}: the stream goes up past {', '.join(parts)}" for name, parts in BLOCKS.items())
        + ". Each half adds its result to the stream.",
        caption="The blue arrow is the stream. Nothing ever replaces it: a block can only add. So a gradient "
        "has a free way from the loss to the first layer.",
    )


def cuts_picture(held: Mapping[str, tuple[float, float]]) -> Picture:
    """What two processes hold of a model of four layers, for each way to share it.

    held: way -> the share of all weights in each process.
    """
    drawn = {
        "data": ((1, 1, 1, 1), (1, 1, 1, 1)),
        "layers, pipeline": ((1, 1, 0, 0), (0, 0, 1, 1)),
        "tensor": ((0.5,) * 4, (0.5,) * 4),
        "hybrid": ((1, 0.5, 0.5, 0.5), (1, 0.5, 0.5, 0.5)),
    }
    fig, axes = plt.subplots(1, 4, figsize=(680 / 72, 210 / 72))
    for axis, (name, processes) in zip(axes, drawn.items(), strict=True):
        for process, layers in enumerate(processes):
            for layer, width in enumerate(layers):
                place = (1.2 * process + (0.5 if process and width == 0.5 else 0), layer)
                color = COLORS["ab"[process]]
                axis.add_patch(Rectangle(place, width, 0.8, color=color, alpha=0.75))
            share = held[name][process]
            axis.text(1.2 * process + 0.5, -0.5, f"{100 * share:.0f} %", ha="center", color=COLORS["ink"])
        axis.set_title(name, fontsize=13)
        axis.set(xlim=(-0.1, 2.3), ylim=(-0.9, 4))
        axis.axis("off")
    return show(
        fig,
        title="Data parallelism copies the model; the other ways cut it",
        alt="Four drawings of a model of four layers in two processes. "
        + ". ".join(f"{way}: {100 * one:.0f} % and {100 * two:.0f} %" for way, (one, two) in held.items())
        + ".",
        caption="Each rectangle is a layer, bottom to top; blue is process 1, orange process 2. The number "
        "is its share of all weights; embedding and head stay whole in two of the ways.",
    )
