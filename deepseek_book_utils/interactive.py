"""Figures that react without a kernel, a library or a network: on the page, in JupyterLab and in Colab.

A figure is one piece of HTML: a drawing (SVG), a live sentence, native controls, and a script that draws
again when a control moves. The head of `figures/figure.js` lists the tools that a drawing may use.
"""

import html
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from IPython.display import display

Settings = Mapping[str, float | str]  # values of controls by their key


class HasHtml(Protocol):
    """Anything that can show itself as HTML."""

    def _repr_html_(self) -> str: ...


@dataclass(frozen=True)
class Picture:
    """A figure as a cell displays it: HTML, and plain text where there is no HTML."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Control:
    """A native input: key in `s`, name, start value, HTML, and whether the drawing drags it."""

    key: str
    label: str
    value: float | str
    html: str
    drag: bool = False


def slider(
    key: str,
    label: str,
    lo: float,
    hi: float,
    step: float,
    value: float,
    drag: bool = False,
    play: float = 0,
) -> Control:
    """A number from `lo` to `hi`. With `drag`, a knob in the drawing moves it; the slider shows on focus.

    With `play`, a button beside it moves it from `lo` to `hi` in so many seconds; it never starts by itself.
    """
    if not lo <= value <= hi or step <= 0:
        raise ValueError(
            f"slider {key!r}: needs lo <= value <= hi and step > 0, got {lo}, {value}, {hi}, {step}"
        )
    if play < 0:
        raise ValueError(f"slider {key!r}: play is the seconds from lo to hi, 0 for no button, got {play}")
    hidden = " class=dv-h" if drag else ""
    field = f'<input type=range name="{key}" min={lo} max={hi} step={step} value={value}>'
    name = f"{html.escape(label)} <span class=dv-o aria-hidden=true>{value}</span>"
    shown = f"<label{hidden}>{name}{field}</label>"
    if play:
        title = f'aria-label="Play: {html.escape(label)}"'
        button = f'<button type=button data-play="{key}" data-seconds={play} {title}>Play</button>'
        shown = f"<div class=dv-p>{shown}{button}</div>"
    return Control(key, label, value, shown, drag)


def choice(key: str, label: str, options: Sequence[str], value: str, resets: bool = False) -> Control:
    """One of several strings. With `resets`, choosing puts every dragged control back to its start."""
    if value not in options:
        raise ValueError(f"choice {key!r}: the start value {value!r} is not among {list(options)}")
    items = "".join(f"<option{' selected' * (o == value)}>{html.escape(o)}</option>" for o in options)
    field = f'<select name="{key}"{" data-resets" * resets}>{items}</select>'
    return Control(key, label, value, f"<label>{html.escape(label)} {field}</label>")


def num(x: float, digits: int = 2, plus: bool = False) -> str:
    """A number as `g.num` writes it in a drawing: halves rounded up, a true minus, a plus sign if wanted.

    The nudge of 1e-9, here and there, lifts halves that sums of floats left a little low.
    """
    size = Decimal(abs(x) + 1e-9).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = "−" if x < 0 else "+" if plus else ""
    return f"{sign if size else ''}{size}"


@cache
def asset(name: str) -> str:
    """A file of `figures/`, without comment lines and indentation."""
    lines = (files("deepseek_book_utils") / "figures" / name).read_text("utf-8").splitlines()
    return "\n".join(
        line.strip() for line in lines if line.strip() and not re.match(r"\s*(//|/\*.*\*/$)", line)
    )


def _as_json(name: str, data: Any) -> str:
    try:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ValueError(
            f"{name}: data holds NaN or infinity, which a page cannot read: drop those points"
        ) from error
    except TypeError as error:
        raise TypeError(
            f"{name}: data may hold lists, dicts, numbers and strings; use .tolist() ({error})"
        ) from error
    return text.replace("<", "\\u003c")  # `</script>` and `<!--` in data must not end the script


def _check(name: str, controls: Sequence[Control], draw: str, says: Sequence[tuple[Settings, str]]) -> None:
    if not re.fullmatch("[a-z][a-z0-9-]*", name):
        raise ValueError(
            f"{name!r}: a figure's name has small letters, digits and hyphens, as in 'clip-ratio'"
        )
    if "</" in draw:
        raise ValueError(f"{name}: draw holds '</', which would end the script: write '<' + '/'")
    if not says:
        raise ValueError(
            f"{name}: says is empty: give [({{}}, sentence at the start), (settings, sentence), ...]"
        )
    keys = [control.key for control in controls]
    if len(set(keys)) < len(keys):
        raise ValueError(f"{name}: two controls share a key: {keys}")
    if sum(not control.drag for control in controls) > 3:
        raise ValueError(
            f"{name}: more than three controls: keep the question's, or let the reader drag the rest"
        )
    for key in {key for settings, _ in says for key in settings}:
        if key not in keys:
            raise ValueError(f"{name}: says sets {key!r}, but the controls are {keys}")


def figure(
    name: str,
    title: str,
    ask: str,
    controls: Sequence[Control],
    draw: str,
    data: Any = None,
    *,
    says: Sequence[tuple[Settings, str]],
    still: str = "",
    height: int = 300,
    panel: bool = False,
    kb: int = 60,
) -> Picture:
    """A figure that reacts. `title` is its finding, `ask` the question that the controls answer.

    draw: body of a JavaScript function of (s, d, g) that draws and returns the sentence.
    says: (settings of controls, sentence) pairs, computed by the package, the start `({}, ...)` first: the
      text alternative, and what the browser test expects of `draw`.
    still: SVG marks in a 680 x `height` box, for readers without scripts. kb: most kilobytes of HTML.
    panel: `draw` also writes text below the picture, which takes a height that only the drawing knows.
    Raises ValueError or TypeError, saying what to change: bad name, controls or data, or too much data.
    """
    _check(name, controls, draw, says)
    blob, esc, i = _as_json(name, data), html.escape, f"dv-{name}"
    rows, labels = "", {control.key: control.label for control in controls}
    for settings, sentence in says:
        label = "; ".join(f"{labels[key]}: {value}" for key, value in settings.items()) or "Start"
        cells = f"<td>{esc(label)}</td><td>{esc(sentence)}</td>"
        rows += f'<tr data-set="{esc(_as_json(name, settings))}">{cells}</tr>'
    below = " data-panel" * panel
    page = f'''<figure class="dv mathjax_ignore" data-dv="{name}"{below} aria-labelledby="{i}-t">
<style>{asset("figure.css")}</style>
<p class="dv-t" id="{i}-t">{esc(title)}</p>
<svg viewBox="0 0 680 {height}" role="img" aria-labelledby="{i}-t {i}-s">{still}</svg>
<p class="dv-s" id="{i}-s">{esc(says[0][1])}</p>
<fieldset class="dv-c" hidden><legend>{esc(ask)}</legend>{"".join(c.html for c in controls)}</fieldset>
<div class="dv-x"></div>
<details class="dv-a" open><summary>Text version</summary><table><tbody>{rows}</tbody></table></details>
<script type="application/json">{blob}</script><script>{asset("figure.js")}</script>
<script>DV("{name}",(s,d,g)=>{{{draw}}})</script></figure>'''
    size, most = len(page.encode()), 1024 * kb
    if size > most:
        share = f"{size // 1024} kB, {len(blob.encode()) // 1024} of them data, limit {kb}"
        raise ValueError(f"{name}: too large ({share}): round the numbers or keep fewer points")
    return Picture(page, f"{title}. {says[0][1]}")


def live(widget: Any, fallback: HasHtml) -> None:
    """Show an ipywidgets widget where a kernel answers, and `fallback` where none does, as on the page."""
    bundle = {
        "text/plain": repr(fallback),
        "text/html": fallback._repr_html_(),
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": widget.model_id,
        },
    }
    if "google.colab" in sys.modules:  # there a kernel always answers
        del bundle["text/html"]
    display(bundle, raw=True)
    if hasattr(widget, "_handle_displayed"):  # ipywidgets 7 tells the widget that it is on show
        widget._handle_displayed()
