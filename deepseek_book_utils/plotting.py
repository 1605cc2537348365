"""One look for the book's plots: matplotlib draws them, the page's own colours paint them.

`show` writes a figure as SVG twice, wide and narrow, and replaces its colours by the variables of the
reacting figures: dark mode, print and forced colours follow, and text stays readable on a phone.
"""

import hashlib
import html
import io
import re
import warnings
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, NullFormatter

from deepseek_book_utils.drawing import lighten
from deepseek_book_utils.interactive import Picture, asset

# a ours, right, English, student; b rival, wrong, Chinese, teacher; c third; d limit; mute the paper
COLORS = {
    "a": "#0070b8",
    "b": "#c04a00",
    "c": "#0b5a3c",
    "d": "#5a2f68",
    "mute": "#67707a",
    "ink": "#1b1f24",
    "grid": "#d5d9de",
}
WIDE, NARROW = 680, 320  # widths in CSS pixels; a page shows the wide drawing from 560 pixels on
STYLE: dict[Any, Any] = {
    "figure.dpi": 72,  # one point is one pixel
    "figure.figsize": (WIDE / 72, 300 / 72),
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "axes.edgecolor": COLORS["mute"],
    "axes.labelcolor": COLORS["ink"],
    "axes.prop_cycle": cycler(color=[COLORS[k] for k in "abcd"]) + cycler(linestyle=["-", "--", ":", "-."]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "grid.color": COLORS["grid"],
    "grid.linewidth": 1,
    "font.size": 14,
    "xtick.labelsize": 13,
    "ytick.labelsize": 13,
    "xtick.color": COLORS["mute"],
    "ytick.color": COLORS["mute"],
    "xtick.labelcolor": COLORS["ink"],
    "ytick.labelcolor": COLORS["ink"],
    "text.color": COLORS["ink"],
    "lines.linewidth": 2.5,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "deepseek-book",
}


def use_book_style() -> None:
    """Make the book's look matplotlib's default: call it once, before the first plot."""
    mpl.rcParams.update(STYLE)


def _svg(fig: Figure) -> str:
    """The figure as one bare `<svg>` that is the same text each time and shares no id with another."""
    file = io.StringIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from"
        )  # the reader's browser has the fonts
        # one drawing; `savefig` makes two, the first of them for the layout alone
        FigureCanvasSVG(fig).print_svg(file, metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", text, flags=re.S)
    for name, color in COLORS.items():
        text = text.replace(color, f"var(--{name})")
    text = re.sub(r"\s+", " ", text).replace("> <", "><").replace("xlink:href", "href")
    text = re.sub(r"font-family: 'DejaVu Sans'[^;\"]*;? ?| transform=\"rotate\(-0 .*?\"", "", text)
    text = re.sub(r"\d+\.\d{3,}", lambda m: f"{float(m[0]):.4g}", text)
    text = re.sub(r'd="(M [-\d.]+ [-\d.]+(?: L [-\d.]+ [-\d.]+)+)( z)? ?"', _short_polyline, text)
    text = lighten(re.sub(r"^<svg.*?(viewBox=\S+ \S+ \S+ \S+?)[ >].*?(?=<)", r"<svg \1>", text))
    mark = "v" + hashlib.sha256(text.encode()).hexdigest()[:8]
    names = {name: f"{mark}-{i}" for i, name in enumerate(re.findall(r' id="([^"]+)"', text))}
    return re.sub(r'(id="|url\(#|href="#)([^")]+)', lambda m: m[1] + names[m[2]], text)


def _short_polyline(path: re.Match[str]) -> str:
    """`d="M x y L x y ..."` as moves from point to point, to a tenth of a unit: a third of the text."""
    tenths = [round(10 * float(number)) for number in re.findall(r"-?[\d.]+", path[1])]
    points = list(zip(tenths[::2], tenths[1::2], strict=True))
    moves = [(x - u, y - v) for (u, v), (x, y) in zip(points, points[1:], strict=False)]
    text = " ".join(f"{x / 10:g} {y / 10:g}" for x, y in moves)
    text = re.sub(r"\b0\.", ".", text).replace(" -", "-")  # 0.5 -3 is .5-3
    return f'd="M{points[0][0] / 10:g} {points[0][1] / 10:g}l{text}{"z" if path[2] else ""}"'


def _stack(fig: Figure) -> int:
    """Put panels that stand side by side under each other; returns how many times the height has grown."""
    panels = [(ax, spec) for ax in fig.axes if (spec := ax.get_subplotspec()) is not None]
    columns = max((spec.get_gridspec().ncols for _, spec in panels), default=1)
    if columns == 1 or len({spec.get_gridspec() for _, spec in panels}) > 1:
        return 1
    tall = fig.add_gridspec(len(panels), 1)
    for row, (ax, _) in enumerate(panels):
        ax.set_subplotspec(tall[row])
        ax.tick_params(labelleft=True, labelbottom=True)
    return columns


def _plain_log_labels(fig: Figure) -> None:
    """0.01 in place of a power of ten, whose exponent would be too small to read; set labels stay."""
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if axis.get_scale() == "log" and isinstance(axis.get_major_formatter(), LogFormatter):
                axis.set_major_formatter("{x:g}")
                axis.set_minor_formatter(NullFormatter())


def show(fig: Figure, *, title: str, alt: str, caption: str = "") -> Picture:
    """A matplotlib figure for the page. `title` is its finding, `alt` says in words what the picture shows.

    The figure is drawn 680 and 320 pixels wide at its own height, and closed; on the narrow drawing, panels
    that stand side by side are stacked. Raises ValueError if title or alt is missing.
    """
    if not title.strip() or not alt.strip():
        raise ValueError(
            "show needs a title (the finding, as a sentence) and alt (what the picture shows, in words)"
        )
    _plain_log_labels(fig)
    height = fig.get_figheight()
    drawings = []
    for css, width in (("dv-w", WIDE), ("dv-n", NARROW)):
        fig.set_size_inches(width / 72, height * (_stack(fig) if width == NARROW else 1))
        head = f'<svg class="{css}" role="img" aria-label="{html.escape(alt)}"'
        drawings.append(_svg(fig).replace("<svg", head, 1))
    plt.close(fig)
    foot = f'<figcaption class="dv-s">{html.escape(caption)}</figcaption>' if caption else ""
    page = f"""<figure class="dv mathjax_ignore"><style>{asset("figure.css")}</style>
<p class="dv-t">{html.escape(title)}</p>{"".join(drawings)}{foot}</figure>"""
    return Picture(page, f"{title}. {alt}")
