"""Plots as SVG: the page's colours, two widths, the same text each time."""

import re
import warnings
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from deepseek_book_utils import plotting


def a_figure(columns: int = 1) -> Figure:
    plotting.use_book_style()
    fig, axes = plt.subplots(1, columns, squeeze=False, sharey=True)
    for ax in axes[0]:
        ax.plot([0, 1, 2], [0.123456, 1, 4], label="学习")
        ax.scatter([1], [2], color=plotting.COLORS["mute"])
        ax.set_xlabel("steps <think>")
        ax.legend()
    return fig


def drawings(picture: plotting.Picture) -> list[str]:
    return re.findall(r"<svg.*?</svg>", picture.html)


def test_a_plot_wears_the_colours_of_the_page() -> None:
    html = plotting.show(a_figure(), title="Loss < 1", alt='A "line" rises', caption="Ours & theirs").html
    for svg in drawings(plotting.show(a_figure(), title="t", alt="a")):
        assert "var(--a)" in svg and "var(--mute)" in svg
        assert not re.search("#[0-9a-f]{6}", svg)
        assert "<text" in svg and "学习" in svg  # text stays text
        assert "font-family" not in svg and "<style" not in svg  # a style there would reach the whole page
        ElementTree.fromstring(svg)
    assert "Loss &lt; 1" in html and "Ours &amp; theirs" in html
    assert html.count('role="img" aria-label="A &quot;line&quot; rises"') == 2
    assert len(html) < 60_000


def test_a_plot_is_the_same_text_each_time_and_shares_no_id() -> None:
    first, second = (plotting.show(a_figure(), title="t", alt="a").html for _ in range(2))
    assert first == second
    other = plotting.show(a_figure(2), title="t", alt="a").html
    ids = [set(re.findall(r' id="(.*?)"', text)) for text in (*drawings(plotting.Picture(first, "")), other)]
    assert all(ids) and not ids[0] & ids[1] and not ids[0] & ids[2]
    for text in (first, other):
        assert set(re.findall(r"url\(#(.*?)\)|href=\"#(.*?)\"", text)) > set()
        for pair in re.findall(r"url\(#(.*?)\)|href=\"#(.*?)\"", text):
            assert f'id="{"".join(pair)}"' in text


def test_side_by_side_panels_stack_on_a_phone() -> None:
    boxes = [
        [float(x) for x in re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[0]]
        for svg in drawings(plotting.show(a_figure(2), title="t", alt="a"))
    ]
    assert boxes == [[680, 300], [320, 600]]
    assert not plt.get_fignums()  # closed


def test_no_warning_about_fonts_that_only_the_reader_needs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.show(a_figure(), title="t", alt="a")


def test_a_plot_needs_its_words() -> None:
    for title, alt in (("", "a"), ("t", " ")):
        with pytest.raises(ValueError, match="needs a title"):
            plotting.show(a_figure(), title=title, alt=alt)
    plt.close("all")


def test_a_logarithmic_axis_keeps_its_curve_and_has_plain_labels() -> None:
    plotting.use_book_style()
    fig, axis = plt.subplots()
    axis.plot([1, 2, 3], [0.001, 0.1, 10.0], color=plotting.COLORS["a"])
    axis.set_yscale("log")
    axis.set_title("Curve")
    page = plotting.show(fig, title="t", alt="a")._repr_html_()
    wide = page[page.index("<svg") : page.index("</svg>")]
    labels = re.findall(r"<text[^>]*>([^<]*)</text>", wide)
    assert {"0.01", "1", "Curve"} <= set(labels) and "<tspan" not in wide
    assert wide.count("var(--a)") == 1 and "DejaVu" not in wide
