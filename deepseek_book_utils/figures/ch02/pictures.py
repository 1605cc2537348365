"""The still pictures of chapter 2: a computation graph, digits and the weights that read them, a pole
that falls, and what a sampled policy gradient is like.

Each takes numbers of the chapter's own run.
"""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ...interactive import Picture, num
from ...plotting import COLORS, show

# --- a graph ------------------------------------------------------------------------------------------------

PLACES = {"w": (0, 2), "x": (0, 1), "b": (0, 0), "wx": (1, 1.5), "y": (2, 0.9), "L": (3, 0.9)}
ARROWS = (("w", "wx"), ("x", "wx"), ("wx", "y"), ("b", "y"), ("y", "L"))
MEANINGS = {"wx": "w · x", "y": "y = w x + b", "L": "(y − 4)²"}


def _box(axis: Axes, place: tuple[float, float], name: str, wide: float = 0.3) -> None:
    x, y = place
    axis.add_patch(
        Rectangle((x - wide, y - 0.29), 2 * wide, 0.58, facecolor="none", edgecolor=COLORS["mute"])
    )
    axis.text(x, y + 0.36, name, ha="center", fontsize=13)


def _arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float], wide: float = 0.3) -> None:
    (x, y), (u, v) = start, end
    look = {"arrowstyle": "-|>", "color": COLORS["mute"], "shrinkA": 4, "shrinkB": 4, "linewidth": 1.5}
    axis.annotate("", (u - wide, v), (x + wide, y), arrowprops=look)


def graph_picture(values: Mapping[str, float], gradients: Mapping[str, float] | None = None) -> Picture:
    """The graph of L = (w x + b - 4)^2: the value of each node and, if given, the gradient of L there.

    Both by the names of `PLACES`.
    """
    fig, axis = plt.subplots(figsize=(680 / 72, 230 / 72))
    for source, target in ARROWS:
        _arrow(axis, PLACES[source], PLACES[target])
    for name, (x, y) in PLACES.items():
        _box(axis, (x, y), MEANINGS.get(name, name))
        at = y + 0.06 if gradients else y - 0.09
        axis.text(x, at, num(values[name], 0), ha="center", color=COLORS["a"], weight="bold")
        if gradients:
            axis.text(x, y - 0.22, num(gradients[name], 0), ha="center", color=COLORS["b"], fontsize=13)
    axis.set_xlim(-0.45, 3.45)
    axis.set_ylim(-0.4, 2.7)
    axis.axis("off")
    parts = {name: f"{name}: value {num(values[name], 0)}" for name in PLACES}
    if gradients:
        parts = {name: f"{part}, gradient {num(gradients[name], 0)}" for name, part in parts.items()}
    title = "Values go forward: every box remembers the boxes that made it"
    caption = "In each box: its value, for w = 3, x = 2 and b = −1. The arrows say what each box was made of."
    if gradients:
        title = "Gradients come back along the same arrows"
        caption = (
            "In each box: the value above (blue), and the gradient of the loss below (orange). "
            "The sweep starts at the loss with 1 and ends at the leaves on the left."
        )
    return show(
        fig,
        title=title,
        alt="A graph of six boxes. w and x lead to their product, the product and b to y, y to the loss. "
        f"{'; '.join(parts.values())}.",
        caption=caption,
    )


def dueling_picture() -> Picture:
    """The two streams of a dueling network."""
    places = {
        "in": (0.0, 0.9),
        "shared": (1.1, 0.9),
        "value": (2.2, 1.6),
        "added": (2.2, 0.2),
        "out": (3.3, 0.9),
    }
    names = {
        "in": "state s",
        "shared": "shared",
        "value": "worth of s",
        "added": "what a adds",
        "out": "both",
    }
    words = {
        "in": "4",
        "shared": "128",
        "value": "V(s)",
        "added": "A(s, a)",
        "out": "Q(s, a)",
    }
    fig, axis = plt.subplots(figsize=(680 / 72, 190 / 72))
    for source, target in (
        ("in", "shared"),
        ("shared", "value"),
        ("shared", "added"),
        ("value", "out"),
        ("added", "out"),
    ):
        _arrow(axis, places[source], places[target], wide=0.42)
    for name, place in places.items():
        _box(axis, place, names[name], wide=0.42)
        axis.text(place[0], place[1] - 0.09, words[name], ha="center", fontsize=13)
    axis.set_xlim(-0.5, 3.8)
    axis.set_ylim(-0.2, 2.25)
    axis.axis("off")
    return show(
        fig,
        title="A dueling network asks first how good the state is",
        alt="Boxes from left to right: the state's 4 numbers, shared layers, then two streams, V of the "
        "state and A of each action, which join in Q.",
        caption="Every step teaches V, whichever action was taken; A only has to learn the difference.",
    )


# --- digits -------------------------------------------------------------------------------------------------


def tiles(axis: Axes, pictures: Sequence[NDArray], labels: Sequence[str]) -> None:
    """Pictures (8, 8, 4) in a row, each with a word below; one image, so that the page stays light."""
    row = np.zeros((8, 10 * len(pictures) - 2, 4))
    for place, tile in enumerate(pictures):
        row[:, 10 * place : 10 * place + 8] = tile
    axis.imshow(row, interpolation="none")
    for place, label in enumerate(labels):
        axis.text(10 * place + 3.5, 10.2, label, ha="center", fontsize=13)
    axis.set_ylim(11, -0.5)
    axis.axis("off")


def ink(pixels: NDArray) -> NDArray:
    """A digit (64,) as a picture (8, 8, 4): grey ink, as opaque as it is dark."""
    grey = np.full((8, 8, 4), 0.5)
    grey[..., 3] = 0.08 + 0.92 * pixels.reshape(8, 8)
    return grey


def signs(weights: NDArray) -> NDArray:
    """Weights (64,) as a picture (8, 8, 4): blue above zero, orange below, opaque where large."""
    grid = weights.reshape(8, 8)
    picture = np.empty((8, 8, 4))
    picture[..., :3] = np.where(grid[..., None] > 0, to_rgb("#2a8fd6"), to_rgb("#d9701f"))
    picture[..., 3] = np.abs(grid) / np.abs(grid).max()
    return picture


def digits_picture(pixels: NDArray, labels: NDArray) -> Picture:
    """The first digits of the set: pixels (N, 64) from 0 to 1, labels (N,)."""
    fig, axis = plt.subplots(figsize=(680 / 72, 100 / 72))
    tiles(axis, [ink(one) for one in pixels], [str(label) for label in labels])
    return show(
        fig,
        title="What the network sees: 64 numbers, each from 0 to 1",
        alt=f"{len(labels)} handwritten digits of 8 by 8 pixels, with their labels: "
        f"{', '.join(map(str, labels))}.",
        caption="Below each picture stands its label, the right answer.",
    )


def reading_picture(
    shown: NDArray, weights: NDArray, names: Sequence[str], misread: NDArray, said: Sequence[str]
) -> Picture:
    """Digits (K, 64), the first-layer weights (K, 64) that spoke most for them, and misread digits (M, 64).

    `names` says what the digits are, `said` what the network made of those that it misread.
    """
    fig, axes = plt.subplots(3, 1, figsize=(680 / 72, 330 / 72))
    tiles(axes[0], [ink(one) for one in shown], names)
    tiles(axes[1], [signs(one) for one in weights], [""] * len(names))
    tiles(axes[2], [ink(one) for one in misread], said)
    titles = ("Read right", "The unit that spoke most for the answer", "Misread (truth → answer)")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=13)
    return show(
        fig,
        title="One unit weighs all 64 pixels: some speak for it, some against",
        alt="Three rows of pictures of 8 by 8 pixels. Digits that were read right: "
        f"{', '.join(names)}. Below each, the 64 weights of one hidden unit: blue where ink speaks for the "
        f"unit, orange where ink speaks against it. Digits that were misread: {', '.join(said)}.",
        caption="Middle row: 64 weights that lead to one hidden unit. Ink on blue excites the unit, ink on "
        "orange silences it. Last row: test digits that the network misreads.",
    )


# --- the cart-pole ------------------------------------------------------------------------------------------


def cart_pole_frames(observations: NDArray, every: int) -> Picture:
    """Every so many frames of an episode of CartPole-v1, observations (T + 1, 4), its end as the last one."""
    kept = sorted({*range(0, len(observations) - 1, every), len(observations) - 1})
    fig, axis = plt.subplots(figsize=(680 / 72, 130 / 72))
    for place, frame in enumerate(kept):
        position, _, angle, _ = observations[frame]
        x = 1.6 * place + position
        axis.add_patch(Rectangle((x - 0.3, -0.2), 0.6, 0.2, color=COLORS["ink"], linewidth=0))
        axis.plot([x, x + np.sin(angle)], [0, np.cos(angle)], color=COLORS["a"], linewidth=5, linestyle="-")
        axis.text(1.6 * place, -0.62, f"{frame}", ha="center", fontsize=13)
    axis.axhline(-0.22, color=COLORS["mute"], linewidth=1)
    axis.set_aspect("equal")
    axis.set_xlim(-0.9, 1.6 * (len(kept) - 1) + 0.9)
    axis.set_ylim(-0.7, 1.1)
    axis.axis("off")
    last, lean = len(observations) - 1, num(abs(math.degrees(observations[-1][2])), 0)
    return show(
        fig,
        title=f"Pushed by chance, the cart keeps its pole up for {last} steps",
        alt=f"Frames of one episode with random pushes, at steps {', '.join(map(str, kept))}. "
        f"The pole stands upright at first and leans by {lean} degrees at the end.",
        caption="Your run: frames of one episode, with the step below each. An episode ends when the pole "
        "leans more than 12 degrees, when the cart leaves the track, or after 500 steps.",
    )


# --- the policy gradient ------------------------------------------------------------------------------------


def policy_gradient_picture(
    probs: NDArray, rewards: NDArray, exact: NDArray, errors: Mapping[str, Mapping[int, float]]
) -> Picture:
    """An exact policy gradient beside the error of its samples.

    probs, rewards, exact (A,): what each action's chance, reward and derivative are. errors: for each
    way to weight, the mean distance from the exact gradient by the number of samples.
    """
    fig, axes = plt.subplots(1, 2, figsize=(680 / 72, 270 / 72))
    places = np.arange(len(probs))
    axes[0].bar(places - 0.2, probs, 0.36, color=COLORS["mute"], label="probability π(a)")
    axes[0].bar(places + 0.2, exact, 0.36, color=COLORS["a"], label="gradient")
    axes[0].axhline(0, color=COLORS["mute"], linewidth=1)
    axes[0].set_xticks(places, [f"R = {num(reward, 0)}" for reward in rewards])
    axes[0].set_title("Where the gradient pushes", fontsize=13)
    axes[0].set_ylim(min(exact.min(), 0) * 1.2, 1.05)
    axes[0].legend(loc="upper right", fontsize=13)
    for way, by_count in errors.items():
        axes[1].plot(list(by_count), list(by_count.values()), marker="o", label=way)
    axes[1].set_xscale("log")
    axes[1].set_yscale("log")
    axes[1].set_title("Error of a sampled gradient", fontsize=13)
    axes[1].set_xlabel("actions drawn")
    axes[1].legend(loc="lower left", fontsize=13)
    ticks = (0.01, 0.03, 0.1, 0.3, 1)
    axes[1].set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes[1].minorticks_off()
    told = "; ".join(
        f"{way}, " + ", ".join(f"{count} draws: {error:.3f}" for count, error in by_count.items())
        for way, by_count in errors.items()
    )
    return show(
        fig,
        title="The average of many draws is the gradient; a baseline needs fewer of them",
        alt="Three actions with rewards "
        f"{', '.join(num(r, 0) for r in rewards)}, probabilities {', '.join(num(p) for p in probs)} and "
        f"gradients {', '.join(num(g, 2, True) for g in exact)}. Mean error of the sampled gradient: {told}.",
        caption="Three actions of one state. The gradient lifts the action that pays more than the average, "
        "and lowers the others. The error falls as one over the root of the number of draws.",
    )


# --- games --------------------------------------------------------------------------------------------------


def payoffs_picture(tables: Mapping[str, NDArray], title: str, caption: str) -> Picture:
    """Tables (A, A) of two agents' payoffs side by side, agent 0 choosing the row; the darker, the larger."""
    fig, axes = plt.subplots(1, len(tables), figsize=(680 / 72, 190 / 72))
    most = max(float(np.abs(table).max()) for table in tables.values())
    for axis, (name, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        for row, payments in enumerate(table):
            for column, paid in enumerate(payments):
                cell = Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, linewidth=0)
                cell.set_facecolor(COLORS["a" if paid >= 0 else "b"])
                cell.set_alpha(0.08 + 0.5 * abs(float(paid)) / most)
                axis.add_patch(cell)
                digits = 0 if float(paid).is_integer() else 1
                axis.text(column, row + 0.08, num(float(paid), digits), ha="center", weight="bold")
        axis.set_xlim(-0.5, table.shape[1] - 0.5)
        axis.set_ylim(table.shape[0] - 0.5, -0.5)
        axis.set_xticks(range(table.shape[1]))
        axis.set_yticks(range(table.shape[0]))
        axis.grid(visible=False)
        axis.set_title(name, fontsize=13)
        axis.set_xlabel("agent 1")
        axis.set_ylabel("agent 0")
    told = "; ".join(
        f"{name}: " + ", ".join(" ".join(num(float(paid), 1) for paid in row) for row in table)
        for name, table in tables.items()
    )
    alt = f"Tables of payoffs, by row of agent 0: {told}."
    return show(fig, title=title, alt=alt, caption=caption)
