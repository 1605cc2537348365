"""A lighter SVG draws the same: every mark, label and line stays, with the style that reaches it."""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from deepseek_book_utils import plotting
from deepseek_book_utils.drawing import lighten

DEFAULTS = {"stroke-dashoffset": "0"}
OF_TEXT = {**DEFAULTS, "fill": "var(--ink)", "font-size": "14px"}  # figure.css paints each text itself


def full_figure() -> Figure:
    """Lines, marks, bars, an area, a legend, turned labels, two panels."""
    plotting.use_book_style()
    fig, axes = plt.subplots(1, 2)
    axes[0].plot([0, 1, 2], [0.1, 1, 4], "o--", label="a <b> & c", color=plotting.COLORS["a"])
    axes[0].plot([1] * 3, [1, 2, 3], "s", alpha=0.5, color=plotting.COLORS["b"])
    axes[0].fill_between([0, 1, 2], [0, 1, 1], [1, 2, 3], alpha=0.2)
    axes[0].text(1, 1, "words", color=plotting.COLORS["d"])
    axes[0].set(ylabel="学习", yscale="log")
    axes[0].legend()
    for place in range(3):
        axes[1].bar(place, 1 + place, 1.5, alpha=0.6, edgecolor="white")
    axes[1].set_title("Bars")
    return fig


def style_of(element: Element) -> dict[str, str]:
    parts = (part.split(":") for part in element.get("style", "").split(";") if part.strip())
    return {name.strip(): value.strip() for name, value in parts}


def drawn(root: Element) -> Iterator[tuple]:
    """Each leaf with the style that reaches it, the clips around it, and where it stands."""
    marks = {element.get("id"): element for element in root.iter()}

    def walk(parent: Element, style: dict[str, str], clips: tuple[str, ...]) -> Iterator[tuple]:
        for child in parent:
            assert child.tag != "g" or "opacity" not in style_of(child)  # would blend a group as one
            given = style | style_of(child)
            around = clips + ((child.get("clip-path"),) if child.get("clip-path") else ())
            if child.tag in ("defs", "clipPath"):
                continue
            if child.tag in ("g", "text") and len(child):
                yield from walk(child, given, around)
                continue
            if child.tag == "text":
                given = OF_TEXT | {k: v for k, v in style.items() if k != "fill"} | style_of(child)
            if child.tag == "use":
                given |= style_of(marks[child.get("href")[1:]])
            if child.tag in ("path", "use", "text") and given != {"fill": "none"}:
                place = [round(float(child.get(name, 0)), 1) for name in "xy"]
                look = sorted((DEFAULTS | given).items())
                yield child.tag, look, around, place, child.get("d"), child.get("transform"), child.text

    return walk(root, {}, ())


def test_a_lighter_drawing_is_the_same_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy: list[str] = []
    monkeypatch.setattr(plotting, "lighten", lambda svg: heavy.append(svg) or lighten(svg))
    plotting.show(full_figure(), title="t", alt="a")
    assert len(heavy) == 2
    for svg in heavy:
        light = lighten(svg)
        before, after = (sorted(map(repr, drawn(ElementTree.fromstring(text)))) for text in (svg, light))
        assert len(before) > 50 and before == after
        assert len(light) < 0.6 * len(svg)


def test_what_lies_above_stays_above() -> None:
    """Only the parts of an axis are sorted: the lines of a plot keep their order."""
    svg = (
        '<svg><g id="axes_1"><path d="M1" style="stroke: red"/><path d="M2" style="stroke: blue"/>'
        '<path d="M3" style="stroke: red"/></g><g id="matplotlib.axis_1"><path d="M4" style="stroke: red"/>'
        '<text x="1.26" style="fill: var(--ink)">a</text><path d="M5" style="stroke: red"/></g></svg>'
    )
    light = ElementTree.fromstring(lighten(svg))
    assert [path.get("d") for path in light.iter("path")] == ["M1", "M2", "M3", "M4", "M5"]
    assert [element.tag for element in light] == ["path", "path", "path", "g", "text"]
    assert light[4].attrib == {"x": "1.3"}
