"""The still pictures of chapter 3: how far a word is from the loss, the parts of the Transformer, and the two
places of a norm.
"""

from matplotlib.axes import Axes
from matplotlib.pyplot import subplots
from matplotlib.text import Text

from ...interactive import Picture
from ...plotting import COLORS, show


def _box(axis: Axes, x: float, y: float, text: str, color: str) -> Text:
    look = {"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": COLORS[color]}
    return axis.text(x, y, text, ha="center", va="center", bbox=look)


def _arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float], bend: float = 0.0) -> None:
    look = {"arrowstyle": "-|>", "color": COLORS["mute"], "linewidth": 1.5}
    axis.annotate("", end, start, arrowprops=look | {"connectionstyle": f"arc3,rad={bend}"})


def _connect(axis: Axes, start: Text, end: Text) -> None:
    """An arrow from the edge of one box to the edge of another, whatever the width of the drawing."""
    look = {"arrowstyle": "-|>", "color": COLORS["mute"], "linewidth": 1.5}
    ends = {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
    axis.annotate("", end.get_position(), start.get_position(), arrowprops=look | ends)


def chain_picture() -> Picture:
    """A recurrent network, unrolled: one factor between two states."""
    fig, axis = subplots(figsize=(680 / 72, 130 / 72))
    boxes = [_box(axis, t, 0, f"h{t + 1}", "b") for t in range(5)] + [_box(axis, 5, 0, "loss", "ink")]
    for t in range(5):
        axis.text(t, -0.75, f"x{t + 1}", ha="center", color=COLORS["mute"])
        _connect(axis, boxes[t], boxes[t + 1])
        if t < 4:
            axis.text(t + 0.5, 0.3, "× J", ha="center", color=COLORS["b"])
    axis.set(xlim=(-0.5, 5.5), ylim=(-1, 0.8))
    axis.axis("off")
    return show(
        fig,
        title="Every step back multiplies the gradient once more",
        alt="Five states in a row, h1 to h5, then the loss. A factor J stands on each arrow between them.",
        caption="J is the derivative of a state by the state before it. Between the loss and h1 stand "
        "four factors J. Sixty steps have 59.",
    )


def look_picture() -> Picture:
    """Attention: from the last word straight to each word."""
    fig, axis = subplots(figsize=(680 / 72, 170 / 72))
    for t in range(5):
        _box(axis, t, 0, f"x{t + 1}", "a")
        _arrow(axis, (5, 0.3), (t + 0.05, 0.3), 0.12 + 0.05 * (5 - t))
    _box(axis, 5, 0, "x6", "b")
    axis.set(xlim=(-0.5, 5.5), ylim=(-0.6, 2.3))
    axis.axis("off")
    return show(
        fig,
        title="With attention every word is one step away",
        alt="Six words in a row. From the sixth word an arrow leads straight to each of the five others.",
        caption="The last word looks at all words at once. No product of factors stands between them.",
    )


def transformer_picture() -> Picture:
    """Encoder and decoder with their parts."""
    fig, axis = subplots(figsize=(680 / 72, 300 / 72))
    parts = {
        0.0: ("source words", "attention:\nleft and right", "each word alone", "memory"),
        1.6: (
            "words so far",
            "attention:\nwords before",
            "attention:\nthe memory",
            "each word alone",
            "next word",
        ),
    }
    boxes: dict[str, Text] = {}
    for x, names in parts.items():
        for y, name in enumerate(names):
            edge = y in (0, len(names) - 1)
            boxes[name] = _box(axis, x, y, name, "mute" if edge else "a" if x == 0 else "b")
            if y:
                _arrow(axis, (x, y - 0.62), (x, y - 0.38))
    _connect(axis, boxes["memory"], boxes["attention:\nthe memory"])
    axis.text(0, 4.1, "encoder", ha="center", weight="bold")
    axis.text(1.6, 5.1, "decoder", ha="center", weight="bold")
    axis.set(xlim=(-0.6, 2.2), ylim=(-0.5, 5.4))
    axis.axis("off")
    return show(
        fig,
        title="The encoder reads once; the decoder looks at it for every word",
        alt="Two stacks. The encoder: source words, attention left and right, a network on each word alone, "
        "memory. The decoder: words so far, attention to the words before, attention to the memory, a "
        "network on each word alone, next word. An arrow leads from the memory to the "
        "decoder's second attention.",
        caption="One layer of either stack. Each part adds to the stream, with a norm beside it. Only the "
        "decoder has a second attention: it looks at the memory.",
    )


def norms_picture() -> Picture:
    """Pre-norm and post-norm: where the stream is normalised."""
    fig, axis = subplots(figsize=(680 / 72, 210 / 72))
    rows = ((1.0, "pre-norm", ("norm", "part", "+")), (0.0, "post-norm", ("part", "+", "norm")))
    for y, name, boxes in rows:
        axis.text(-0.6, y + 0.42, name, weight="bold")
        for x, box in enumerate(boxes):
            _box(axis, x, y, box, "c" if box == "norm" else "a")
            if x:
                _arrow(axis, (x - 0.72, y), (x - 0.28, y))
        _arrow(axis, (-0.6, y), (-0.3, y))
        _arrow(axis, (2.28, y), (2.7, y))
        _arrow(axis, (-0.45, y - 0.05), (boxes.index("+"), y - 0.2), 0.25)
    axis.set(xlim=(-0.7, 2.8), ylim=(-0.9, 1.7))
    axis.axis("off")
    return show(
        fig,
        title="Pre-norm leaves the stream alone; post-norm squeezes it in every layer",
        alt="Two rows. Pre-norm: norm, part, plus; the stream goes around norm and part. Post-norm: "
        "part, plus, norm; the stream goes around the part, and the norm takes the sum.",
        caption="The curved arrow is the residual path. With pre-norm it goes on to the next layer without a "
        "norm.",
    )
