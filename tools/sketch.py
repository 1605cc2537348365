"""Small drawings of recorded numbers, for the front page and the README: plain SVG.

A drawing says what a mark is (`la` a line of ours, `lb` a rival's, `soft` a quiet word). `book.css` says how
it looks, in the light and in the dark. Its text is never smaller than 13 pixels at its own width.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

Curve = Sequence[float]


@dataclass(frozen=True)
class Frame:
    """The rectangle of a plot: its edges in pixels, and the numbers at these edges."""

    left: float
    right: float
    top: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: float) -> float:
        """The pixel of a number on the horizontal axis."""
        return self.left + (x - self.x[0]) / (self.x[1] - self.x[0]) * (self.right - self.left)

    def down(self, y: float) -> float:
        """The pixel of a number on the vertical axis."""
        return self.bottom - (y - self.y[0]) / (self.y[1] - self.y[0]) * (self.bottom - self.top)


def line(frame: Frame, points: Iterable[tuple[float, float]], mark: str) -> str:
    """A line through points."""
    places = " ".join(f"{frame.across(x):.1f},{frame.down(y):.1f}" for x, y in points)
    return f'<polyline class="{mark}" points="{places}"/>'


def mean(curves: Sequence[Curve]) -> list[float]:
    """The mean of several curves, place by place; raises ValueError where they differ in length."""
    return [sum(column) / len(column) for column in zip(*curves, strict=True)]


def fan(frame: Frame, curves: Sequence[Curve], look: str, xs: Sequence[float] | None = None) -> str:
    """One pale line a seed, and their mean over them; `look` is a or b, `xs` the places (0, 1, ...)."""
    places = xs if xs is not None else range(len(curves[0]))
    pale = "".join(line(frame, zip(places, curve, strict=True), f"s{look}") for curve in curves)
    return pale + line(frame, zip(places, mean(curves), strict=True), f"l{look}")


def dot(frame: Frame, x: float, y: float, look: str) -> str:
    """A dot of the colour a or b."""
    return f'<circle class="p{look}" cx="{frame.across(x):.1f}" cy="{frame.down(y):.1f}" r="4.5"/>'


def text(x: float, y: float, words: str, mark: str = "", end: bool = False) -> str:
    """Words that begin at a point, or end there."""
    kind = f' class="{mark}"' if mark else ""
    anchor = ' text-anchor="end"' if end else ""
    return f'<text{kind} x="{x:.0f}" y="{y:.0f}"{anchor}>{escape(words)}</text>'


def level(frame: Frame, y: float, mark: str = "axis") -> str:
    """A line across the frame at one height."""
    return line(frame, [(frame.x[0], y), (frame.x[1], y)], mark)


def drawing(width: int, height: int, alt: str, marks: Iterable[str], look: str = "") -> str:
    """The marks as one picture, which `alt` describes in words; `look` is a further class.

    Raises ValueError without `alt`.
    """
    if not alt.strip():
        raise ValueError("a drawing needs alt: what it shows, in words")
    head = (
        f'class="{f"sketch {look}".strip()}" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    )
    return f'<svg {head} role="img" aria-label="{escape(alt)}">{"".join(marks)}</svg>'


def percent(share: float) -> str:
    """A share as whole per cents, with the narrow blank that keeps number and sign together."""
    return f"{round(100 * share)}\u202f%"
