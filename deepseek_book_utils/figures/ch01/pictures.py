"""The still pictures of chapter 1: the two blocks, four ways to share a model among two processes, and three
places for new weights.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...interactive import Picture
from ...plotting import COLORS, show

Point = tuple[float, float]
BLOCKS = {
    "GPT-2": ("LayerNorm", "attention\n(+ positions at the start)", "LayerNorm", "two matrices, GELU"),
    "Llama": ("RMSNorm", "attention, q and k turned", "RMSNorm", "three matrices, a gate"),
}


def _box(axis: Axes, low: float, high: float, words: str, color: str) -> None:
    """A box on the way beside the stream, from `low` to `high`."""
    box = Rectangle((0.6, low), 2.4, high - low, facecolor="none", edgecolor=COLORS[color], linewidth=1.2)
    axis.add_patch(box)
    axis.text(1.8, (low + high) / 2, words, ha="center", va="center", fontsize=13)


def _arrow(axis: Axes, start: Point, end: Point, color: str, **look: float) -> None:
    """An arrow that ends in its points; `look` can keep its ends away from them."""
    style = {"arrowstyle": "-|>", "color": COLORS[color], "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", end, start, arrowprops={**style, **look})


def block_picture() -> Picture:
    """A block of GPT-2 and one of Llama: the stream, and what adds to it."""
    fig, axes = plt.subplots(1, 2, figsize=(680 / 72, 340 / 72))
    for axis, (name, parts) in zip(axes, BLOCKS.items(), strict=True):
        for half in (0, 1):
            low = 2.6 * half
            _box(axis, low + 0.3, low + 0.8, parts[2 * half], "mute")
            _box(axis, low + 1.1, low + 1.85, parts[2 * half + 1], "b")
            axis.plot((0, 1.8), (low, low), "-", color=COLORS["mute"], linewidth=1.2)
            _arrow(axis, (1.8, low), (1.8, low + 0.3), "mute")
            _arrow(axis, (1.8, low + 0.8), (1.8, low + 1.1), "mute")
            axis.plot((1.8, 1.8), (low + 1.85, low + 2.15), "-", color=COLORS["mute"], linewidth=1.2)
            _arrow(axis, (1.8, low + 2.15), (0, low + 2.15), "mute", shrinkB=9)
            for sign, size in (("o", 17), ("+", 9)):  # the sum, on the stream
                axis.plot(0, low + 2.15, sign, markersize=size, color=COLORS["a"], fillstyle="none", mew=1.5)
            below = -0.4 if half == 0 else 2.15
            _arrow(axis, (0, below), (0, low + 2.15), "a", linewidth=2.5, shrinkA=9 * half, shrinkB=9)
        _arrow(axis, (0, 4.75), (0, 5.5), "a", linewidth=2.5, shrinkA=9)
        axis.set_title(name)
        axis.set(xlim=(-0.4, 3.2), ylim=(-0.5, 5.6))
        axis.axis("off")
    return show(
        fig,
        title="One plan, two styles: each half reads a normalised copy and adds to the stream",
        alt="Two diagrams. "
        + ". ".join(f"{name}: the stream goes up past {', '.join(parts)}" for name, parts in BLOCKS.items())
        + ". Each half adds its result to the stream.",
        caption="The blue line is the stream. Nothing ever replaces it: a block can only add. So a gradient "
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


def places_picture() -> Picture:
    """Where LoRA, an adapter and a prefix put their new weights."""
    fig, axes = plt.subplots(1, 3, figsize=(680 / 72, 215 / 72))
    for axis, name in zip(axes, ("LoRA", "adapter", "prefix"), strict=True):
        axis.set_title(name, fontsize=13)
        axis.set(xlim=(0, 6), ylim=(0, 5.6))
        axis.axis("off")

    def part(axis: Axes, x: float, y: float, width: float, height: float, new: bool, words: str = "") -> None:
        color = COLORS["b" if new else "mute"]
        axis.add_patch(Rectangle((x, y), width, height, facecolor=color, alpha=0.75 if new else 0.3))
        middle = (x + width / 2, y + height / 2)
        axis.text(*middle, words, ha="center", va="center", color=COLORS["ink"], fontsize=13)

    def arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
        axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": COLORS["a"]})

    lora, adapter, prefix = axes
    part(lora, 0.2, 1.4, 2.1, 2.8, False, "W")
    part(lora, 3.0, 1.4, 0.45, 2.8, True, "B")
    part(lora, 3.6, 3.75, 2.1, 0.45, True, "A")
    lora.text(2.65, 2.8, "+", ha="center", va="center", fontsize=18, color=COLORS["ink"])
    part(adapter, 0.6, 0.9, 3.4, 1.0, False, "attention")
    part(adapter, 1.5, 2.6, 1.6, 0.7, True, "narrow")
    arrow(adapter, (2.3, 0.1), (2.3, 0.8))
    arrow(adapter, (2.3, 1.95), (2.3, 2.55))
    arrow(adapter, (2.3, 3.35), (2.3, 4.6))
    adapter.plot((2.3, 4.6, 4.6, 2.3), (2.2, 2.2, 4.0, 4.0), color=COLORS["a"], linewidth=1.2)
    adapter.text(4.75, 3.1, "a way\naround", va="center", fontsize=13, color=COLORS["ink"])
    for place in range(6):
        for row in (0, 1):
            part(prefix, 0.2 + 0.95 * place, 1.5 + 1.3 * row, 0.75, 1.0, place < 2)
    for x, y, words in ((0.95, 4.4, "prefix"), (3.8, 4.4, "the text"), (3.0, 0.7, "keys and values")):
        prefix.text(x, y, words, ha="center", va="center", fontsize=13, color=COLORS["ink"])
    return show(
        fig,
        title="Three places for new weights: beside a matrix, behind a half of a block, before the text",
        alt="Three drawings. LoRA: beside the frozen matrix W stand two thin ones, B as tall and A as wide. "
        "Adapter: a narrow network behind the attention, with a way around it. Prefix: two trained keys and "
        "values stand before those of the text.",
        caption="Orange is new and trained, grey is frozen. Each way adds few weights and keeps the old.",
    )
