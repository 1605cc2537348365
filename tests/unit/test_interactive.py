"""Reacting figures as text; tests/site runs them in a browser."""

import html
import json
import re
import sys
from typing import Any

import pytest

from deepseek_book_utils import interactive
from deepseek_book_utils.interactive import Picture, choice, figure, num, slider

X = slider("x", "Place", 0, 10, 0.5, 3, drag=True)
SAYS = [({}, "x is 3"), ({"x": 4}, "x is <4>")]


def make(**changes: Any) -> Picture:
    settings = {
        "name": "demo",
        "title": "A < B",
        "ask": "Where?",
        "controls": [X, choice("c", "Colour", ["red", "<blue>"], "red", resets=True)],
        "draw": "return 'x is ' + s.x",
        "data": {"text": "</script><!-- <think> 学", "list": [1, 2.5]},
        "says": SAYS,
    }
    return figure(**(settings | changes))


def test_data_arrives_whole_and_cannot_end_the_script() -> None:
    page = make().html
    blob = re.search(r'<script type="application/json">(.*?)</script>', page)
    assert blob and json.loads(blob[1]) == {"text": "</script><!-- <think> 学", "list": [1, 2.5]}
    assert page.count("</script>") == 3 and "<!--" not in page


def test_a_figure_is_complete_without_its_script() -> None:
    page = make(still='<rect width="9"/>').html
    assert (
        '<svg viewBox="0 0 680 300" role="img" aria-labelledby="dv-demo-t dv-demo-s"><rect width="9"/></svg>'
        in page
    )
    assert '<p class="dv-s" id="dv-demo-s">x is 3</p>' in page
    assert '<fieldset class="dv-c" hidden><legend>Where?</legend>' in page  # no dead controls
    assert "<details" in page and "open><summary>" in page  # the script closes it
    rows = [json.loads(html.unescape(row)) for row in re.findall(r'data-set="(.*?)"', page)]
    assert rows == [{}, {"x": 4}]
    assert "<td>Start</td><td>x is 3</td>" in page and "<td>Place: 4</td><td>x is &lt;4&gt;</td>" in page
    assert "A &lt; B" in page and "&lt;blue&gt;" in page
    assert repr(make()) == "A < B. x is 3"


def test_a_figure_asks_nobody_and_is_the_same_text_each_time() -> None:
    assert make().html == make().html
    assert not re.search(r"https?://|//[a-z]+\.[a-z]", make().html)
    assert len(make().html) < 12_000  # style and runtime


def test_controls_are_native_and_named() -> None:
    assert 'type=range name="x" min=0 max=10 step=0.5 value=3' in X.html
    assert "class=dv-h" in X.html and X.drag
    shown = choice("c", "A & B", ["a", "b"], "b", resets=True).html
    assert "A &amp; B" in shown and "<option selected>b" in shown and "data-resets" in shown


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "My figure"}, "small letters"),
        ({"draw": "el('</b>')"}, "would end the script"),
        ({"says": []}, "says is empty"),
        ({"says": [({}, "a"), ({"y": 1}, "b")]}, "says sets 'y', but the controls are"),
        ({"controls": [X, X]}, "share a key"),
        ({"controls": [slider(k, k, 0, 1, 1, 0) for k in "abcx"]}, "more than three controls"),
        ({"data": [0.5, float("nan")]}, "NaN or infinity"),
        ({"data": list(range(20_000))}, r"too large \(\d+ kB, \d+ of them data, limit 60\)"),
    ],
)
def test_bad_figures_say_what_to_change(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_bad_controls_and_types_say_what_to_change() -> None:
    with pytest.raises(TypeError, match="tolist"):
        make(data={1, 2})
    with pytest.raises(ValueError, match="lo <= value <= hi"):
        slider("x", "X", 0, 1, 0.1, 2)
    with pytest.raises(ValueError, match="is not among"):
        choice("c", "C", ["a"], "b")


@pytest.mark.parametrize(
    ("x", "digits", "plus", "text"),
    [
        (1.206, 2, True, "+1.21"),
        (-0.724, 2, True, "−0.72"),
        (-0.001, 2, True, "0.00"),
        (0.625, 2, True, "+0.63"),
        (2.5, 0, False, "3"),
    ],
)
def test_numbers_are_written_as_in_the_page(x: float, digits: int, plus: bool, text: str) -> None:
    assert num(x, digits, plus) == text


class Widget:
    """What `live` needs of a widget, of ipywidgets 7 and 8."""

    model_id = "abc"
    displayed = False

    def _handle_displayed(self) -> None:
        self.displayed = True


def test_a_live_widget_leaves_a_figure_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(interactive, "display", lambda bundle, raw: seen.append(bundle))
    widget = Widget()
    interactive.live(widget, Picture("<p>still</p>", "still"))
    view = {"version_major": 2, "version_minor": 0, "model_id": "abc"}
    assert seen == [
        {"text/plain": "still", "text/html": "<p>still</p>", "application/vnd.jupyter.widget-view+json": view}
    ]
    assert widget.displayed
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    interactive.live(widget, Picture("<p>still</p>", "still"))
    assert "text/html" not in seen[1]


def test_a_slider_that_plays_has_a_button_of_its_own() -> None:
    time = slider("time", "Time & place", 0, 10, 0.02, 4, play=10)
    assert time.html.startswith("<div class=dv-p><label>") and not time.drag
    button = 'data-play="time" data-seconds=10 aria-label="Play: Time &amp; place">Play</button></div>'
    assert time.html.endswith(f"<button type=button {button}")
    assert time.html.index("</label>") < time.html.index("<button")  # a label names one control, the slider
    assert "<button" not in slider("x", "X", 0, 1, 0.1, 1).html
    assert 'name="time"' in make(controls=[time], says=[({}, "start"), ({"time": 2}, "two")]).html
    with pytest.raises(ValueError, match="seconds from lo to hi"):
        slider("x", "X", 0, 1, 0.1, 1, play=-1)


def test_a_figure_with_a_panel_says_so_to_the_script() -> None:
    assert " data-panel" in make(panel=True).html and " data-panel" not in make().html.split("<script")[0]
