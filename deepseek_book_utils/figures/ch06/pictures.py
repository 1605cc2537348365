"""The still pictures of chapter 6: one answer at several temperatures, who writes and who is told, and the
words of a text with a number for each.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch

from ...interactive import Picture, num
from ...plotting import COLORS, show


def temperatures_picture(logits: Sequence[float], temperatures: Sequence[float]) -> Picture:
    """The softmax of these logits at each temperature, a panel each."""
    fig, axes = plt.subplots(1, len(temperatures), sharey=True, figsize=(680 / 72, 170 / 72))
    told = []
    for axis, temperature in zip(axes, temperatures, strict=True):
        shares = (torch.tensor(logits) / temperature).softmax(dim=0).tolist()
        axis.bar(range(len(shares)), shares, 0.7, color=COLORS["b"], alpha=0.8)
        axis.set_xticks(range(len(shares)))
        axis.set_ylim(0, 1.05)
        axis.set_title(f"T = {temperature:g}")
        told.append(f"T = {temperature:g}: " + ", ".join(f"{i} {num(p)}" for i, p in enumerate(shares)))
    return show(
        fig,
        title="The same answer at three temperatures",
        alt="Bars of the probabilities of ten digits. " + ". ".join(told) + ".",
        caption="Made-up logits of a picture of a 4. At T = 1 one class is all that one sees. At T = 4 the "
        "likeness to 9 and 7 comes out. At T = 16 little is left of any difference.",
    )


def whose_text_picture() -> Picture:
    """Off-policy and on-policy distillation: who writes, who reads, what flows back."""
    fig, axis = plt.subplots(figsize=(680 / 72, 240 / 72))
    rows = (
        (1.0, "off-policy", ("teacher\nwrites", "its text", "student\nreads"), ("b", "mute", "a")),
        (0.0, "on-policy", ("student\nwrites", "its text", "teacher\nscores"), ("a", "mute", "b")),
    )
    for y, name, words, colors in rows:
        axis.text(-0.42, y + 0.36, name, weight="bold")
        for x, (word, color) in enumerate(zip(words, colors, strict=True)):
            look = {"boxstyle": "round,pad=0.5", "facecolor": "none", "edgecolor": COLORS[color]}
            axis.text(x, y, word, ha="center", va="center", bbox=look)
        for x in (0, 1):
            arrow = {"arrowstyle": "-|>", "color": COLORS["mute"], "linewidth": 1.5}
            axis.annotate("", (x + 0.68, y), (x + 0.32, y), arrowprops=arrow)
    axis.plot((2, 2, 0), (-0.3, -0.62, -0.62), "-", color=COLORS["b"], linewidth=1.5)
    back = {"arrowstyle": "-|>", "color": COLORS["b"], "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", (0, -0.3), (0, -0.62), arrowprops=back)
    axis.text(1, -0.86, "a distribution for every word", ha="center", color=COLORS["b"])
    axis.set(xlim=(-0.45, 2.4), ylim=(-1.0, 1.5))
    axis.axis("off")
    return show(
        fig,
        title="Who writes decides what the student can learn",
        alt="Two rows of boxes. Off-policy: the teacher writes a text, and the student reads it. On-policy: "
        "the student writes a text, the teacher scores it, and a distribution for every word goes back to "
        "the student.",
        caption="Off-policy the student sees good text only. On-policy it sees its own mistakes, and what "
        "the teacher would say after each of them.",
    )


def words_picture(
    words: Sequence[str],
    values: Sequence[float],
    marked: Sequence[bool],
    *,
    title: str,
    unit: str,
    caption: str,
) -> Picture:
    """A number for each word of a text; some words are marked. The alternative says them all."""
    fig, axis = plt.subplots(figsize=(680 / 72, 230 / 72))
    colors = [COLORS["b" if mark else "a"] for mark in marked]
    axis.bar(range(len(words)), values, 0.8, color=colors, alpha=0.8)
    axis.set_xticks(range(len(words)), words, rotation=90, fontsize=13)
    axis.set_ylabel(unit)
    told = ", ".join(f"{word} {num(value, 1)}" for word, value in zip(words, values, strict=True))
    return show(
        fig, title=title, alt=f"Bars in {unit}, one for each word of a text: {told}.", caption=caption
    )
