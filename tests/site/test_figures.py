"""Every figure of every page: it says what the package computed, answers every control, is never empty."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ElementHandle

from deepseek_book_utils import interactive
from tests.site.conftest import Visit, laid_out, wait_until

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
FIGURES = [
    (page.relative_to(SITE).as_posix(), name)
    for page in sorted(SITE.rglob("*.html"))
    for name in sorted(set(re.findall(r'<figure[^>]*data-dv="([^"]+)"', page.read_text(encoding="utf8"))))
]
PAGES = sorted(
    page.relative_to(SITE).as_posix()
    for page in SITE.rglob("*.html")
    if re.search(r'<figure[^>]*class="dv\b', page.read_text(encoding="utf8"))
)
every_figure = pytest.mark.parametrize(("page", "name"), FIGURES)

# A figure that is asked draws in the next frame, before this is called.
FRAME = "() => new Promise(requestAnimationFrame)"
# Put every control to its start, then set `settings`; answers with the sentence, one frame later.
SET = """async (figure, settings) => {
  const box = figure.querySelector('fieldset'), inputs = [...box.elements].filter(i => i.name);
  const put = (input, value) => {
    input.value = value; input.dispatchEvent(new Event('input', {bubbles: true}));
  };
  const choices = inputs.filter(i => i.type != 'range'), sliders = inputs.filter(i => i.type == 'range');
  for (const i of choices) put(i, [...i.options].find(o => o.defaultSelected).value);
  for (const i of sliders) put(i, i.defaultValue);
  for (const i of [...choices, ...sliders]) if (i.name in settings) put(i, settings[i.name]);
  await new Promise(requestAnimationFrame);
  return figure.querySelector('.dv-s').textContent;
}"""
HANDLES = "f => [...new Set([...f.querySelectorAll('[data-drag]')].map(h => h.dataset.drag))]"
# The box of a handle in the middle of the window, once the figure stands still: coming near it may lay
# out what stands around it, and draw it anew.
GRASPED = """async (figure, key) => {
  const handle = () => figure.querySelector(`[data-drag="${key}"]`);
  for (let step = 0; step < 4; step++) {
    handle().scrollIntoView({block: 'center', behavior: 'instant'});
    await new Promise(requestAnimationFrame);
  }
  return handle().getBoundingClientRect().toJSON();
}"""


@pytest.fixture
def figure(name: str, desk: Visit) -> ElementHandle:
    """The figure `name` on `page`, at the width of a desktop."""
    return desk.page.query_selector(f'[data-dv="{name}"]')


def test_there_are_figures(site: Path) -> None:
    assert FIGURES and PAGES, "no chapter has a figure that reacts"


ROWS = "f => [...f.querySelectorAll('tr[data-set]')].map(r => [r.dataset.set, r.cells[1].textContent])"


@every_figure
def test_it_says_what_the_package_computed(figure: ElementHandle) -> None:
    rows = figure.evaluate(ROWS)
    assert len(rows) >= 2, "give at least two settings in says: the start and another"
    for settings, sentence in rows:
        assert figure.evaluate(SET, json.loads(settings)) == sentence, settings


# What has the focus: its kind, its name, whether it lies in the figure, whether one sees it.
FOCUS = """figure => {
  const i = document.activeElement, style = getComputedStyle(i), box = i.getBoundingClientRect();
  return {tag: i.type == 'range' ? 'slider' : i.tagName.toLowerCase(), name: i.name || i.dataset.play || '',
    inside: figure.contains(i), ring: style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 20 && box.height > 10, value: i.value, open: i.parentNode.open};
}"""
# What a key changed: the value of what has the focus, the sentence, the drawing; one frame later.
CHANGED = """async figure => {
  await new Promise(requestAnimationFrame);
  const part = name => figure.querySelector(name), drawing = part('svg').innerHTML + part('.dv-x').innerHTML;
  return [document.activeElement.value, part('.dv-s').textContent, drawing];
}"""
# Every second of these keys changes a control of its kind, and the others change it back or on.
KEYS = {
    "slider": ("Home", "ArrowRight", "End", "ArrowLeft"),
    "select": ("ArrowDown", "ArrowUp", "End", "Home"),
}


@every_figure
def test_a_walk_by_keyboard(figure: ElementHandle, desk: Visit) -> None:
    page = desk.page
    figure.evaluate(SET, {})
    figure.evaluate("f => { f.tabIndex = -1; f.focus() }")
    met: list[tuple[str, str]] = []
    page.keyboard.press("Tab")
    while (at := figure.evaluate(FOCUS))["inside"]:
        met.append((at["tag"], at["name"]))
        assert len(met) < 30 and at["ring"] and at["seen"], f"{at}: a trap, or a focus that one cannot see"
        figure.evaluate(SET, {})
        values, said, drawn = {at["value"]}, set(), set()
        for key in KEYS.get(at["tag"], ()):
            page.keyboard.press(key)
            value, sentence, drawing = figure.evaluate(CHANGED)
            values.add(value)
            said.add(sentence)
            drawn.add(drawing)
        if at["tag"] in KEYS:
            assert len(values) > 1 and len(drawn) > 1, f"{at}: the keys change nothing"
            assert len(said) > 1, f"{at}: the sentence stays as it was"
        if at["tag"] == "summary":
            page.keyboard.press("Enter")
            assert figure.evaluate(FOCUS)["open"]
            page.keyboard.press("Space")
            assert not figure.evaluate(FOCUS)["open"]
        if at["tag"] == "button":
            button = figure.query_selector(f"[data-play={at['name']}]")
            page.keyboard.press("Enter")
            assert button.text_content() == "Pause"
            page.keyboard.press("Space")
            assert button.text_content() == "Play"
        page.keyboard.press("Tab")
    order = "f => [...f.querySelectorAll('fieldset [name]')].map(i => i.name)"
    assert [name for tag, name in met if tag in KEYS] == figure.evaluate(order)
    assert met[-1][0] == "summary"
    page.keyboard.press("Shift+Tab")
    assert figure.evaluate(FOCUS)["tag"] == "summary", "the way back leads into the figure"


@every_figure
def test_every_handle_can_be_dragged(figure: ElementHandle, desk: Visit) -> None:
    figure.evaluate(SET, {})
    mouse = desk.page.mouse
    for key in figure.evaluate(HANDLES):
        control = figure.query_selector(f'[name="{key}"]')
        box = figure.evaluate(GRASPED, key)
        assert min(box["width"], box["height"]) >= 24, f"handle {key} is too small for a finger"
        x, y, values = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, set()
        mouse.move(x, y)
        mouse.down()
        for dx, dy in ((60, -60), (-60, 60), (60, 60), (-60, -60)):
            mouse.move(x + dx, y + dy, steps=3)
            values.add(control.input_value())
        mouse.up()
        assert len(values) > 1, f"dragging handle {key} changes nothing"


# What is wrong with the figures on paper, and where no script runs.
PAPER = """() => [...document.querySelectorAll('[data-dv]')].flatMap(f => {
  const svg = f.querySelector('svg'), sentence = f.querySelector('.dv-s').innerText.trim();
  return [!svg.childElementCount && 'draws nothing', svg.getBoundingClientRect().height <= 50 && 'is flat',
    !sentence && 'says nothing'].filter(Boolean).map(what => `${f.dataset.dv} ${what}`);
})"""
BARE = """() => [...document.querySelectorAll('[data-dv]')].flatMap(f => {
  const seen = name => {
    const e = f.querySelector(name);
    return e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().height > 0;
  };
  return [(!seen('.dv-s') || !f.querySelector('.dv-s').textContent.trim()) && 'says nothing',
    !seen('.dv-a table') && 'hides its text version', seen('fieldset') && 'shows controls that do nothing',
  ].filter(Boolean).map(what => `${f.dataset.dv} ${what}`);
})"""


@pytest.mark.parametrize("page", sorted({page for page, _ in FIGURES}))
def test_no_figure_is_empty_on_paper_or_without_scripts(desk: Visit, still: Visit) -> None:
    desk.page.emulate_media(media="print")
    desk.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert desk.page.evaluate(PAPER) == []
    assert still.page.evaluate(BARE) == []


@pytest.mark.parametrize("page", PAGES)
def test_text_in_drawings_is_readable_on_a_phone(page: str, server: str, visit: Callable) -> None:
    seen = visit(server + page, width=375)
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws them all
    small: list[Any] = (
        seen.page.evaluate("""() => [...document.querySelectorAll('figure.dv svg text')].map(t => {
      const box = t.getBoundingClientRect(), svg = t.ownerSVGElement;
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return [t.textContent, box.width ? parseFloat(getComputedStyle(t).fontSize) * scale : 99];
    }).filter(([, size]) => size < 11.99)""")
    )
    assert small == []


# Texts that leave their drawing, and by how many pixels: a line's box holds air above and below its letters.
OUTSIDE = """figure => [...figure.querySelectorAll('svg')].flatMap(svg => {
  const room = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].map(t => {
    const box = t.getBoundingClientRect(), high = Math.max(room.top - box.top, box.bottom - room.bottom) - 3;
    return [t.textContent, box.width ? Math.max(room.left - box.left, box.right - room.right, high) : 0];
  }).filter(([, over]) => over > 2);
})"""


@pytest.mark.parametrize("width", (390, 1440))
@pytest.mark.parametrize("page", PAGES)
def test_texts_stay_in_their_drawings(page: str, width: int, server: str, visit: Callable) -> None:
    seen, outside = visit(server + page, width=width), []
    with laid_out(seen.page):
        seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws them all
        for one in seen.page.query_selector_all("figure.dv"):
            title = one.query_selector(".dv-t").text_content()
            for settings, _ in one.evaluate(ROWS) or [("", "")]:
                if settings:
                    one.evaluate(SET, json.loads(settings))
                found = one.evaluate(OUTSIDE)
                outside += [f"{title} {settings}: {text} by {over:.0f}" for text, over in found]
    assert not outside, "\n".join(outside)


# Count how often each figure is drawn, from the first script on.
COUNT = """window.drawn = {}; let start;
Object.defineProperty(window, 'DV', {get: () => start, set: (theirs) => { start = (name, draw) =>
  theirs(name, (...all) => { drawn[name] = (drawn[name] ?? 0) + 1; return draw(...all); }); }})"""
HEIGHTS = "() => [...document.querySelectorAll('[data-dv]')].map(f => [f.dataset.dv, f.offsetHeight])"
# A figure is near for six of these steps and drawn in the third frame.
WALK = """async () => { for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
  scrollTo({top: y, behavior: 'instant'});
  await new Promise(requestAnimationFrame); } }"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", sorted({page for page, _ in FIGURES}))
def test_figures_are_drawn_once_near_the_reader_in_the_room_that_was_kept(
    page: str, width: int, server: str, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    seen = context.new_page()
    seen.add_init_script(COUNT)
    seen.goto(server + page)
    seen.wait_for_timeout(300)
    # The contents on the right arrive last and make a long page narrower: what loading draws counts once.
    seen.evaluate("for (const name in drawn) drawn[name] = 1")
    before, drawn = dict(seen.evaluate(HEIGHTS)), seen.evaluate("drawn")
    assert len(drawn) < len(before), "all are drawn before the reader comes near"
    seen.evaluate(WALK)
    seen.wait_for_timeout(100)
    panels = {one.get_attribute("data-dv") for one in seen.locator("[data-panel]").all()}
    again = {name: times for name, times in seen.evaluate("drawn").items() if times > 1}
    assert seen.evaluate("drawn").keys() == before.keys()
    assert again.keys() <= panels, "drawn again, though its width is the same"
    higher = {name for name, height in seen.evaluate(HEIGHTS) if height != before[name]}
    assert higher <= panels, "its room was not kept"
    context.close()


@pytest.mark.parametrize("page", PAGES)
def test_figures_are_light(page: str) -> None:
    html = (SITE / page).read_text(encoding="utf8")
    figures = re.findall(r'<figure[^>]*class="dv\b.*?</figure>', html, re.S)
    sizes = [len(figure.encode()) for figure in figures]
    assert max(sizes) <= 60 * 1024, f"one figure of {max(sizes) // 1024} kB"
    reacting = sum(size for size, figure in zip(sizes, figures, strict=True) if "data-dv=" in figure)
    assert reacting <= 250 * 1024, f"reacting figures of {reacting // 1024} kB on one page"


def test_play_moves_the_slider_and_can_be_paused(tmp_path: Path, visit: Callable) -> None:
    draw = "g.el('text', {y: 50}, s.x); g.until.x = 80; return 'x is ' + s.x"
    pictures = [
        interactive.figure(
            f"player-{i}",
            "It plays",
            "When?",
            [interactive.slider("x", "Time", 0, 100, 1, 20, play=20)],
            draw,
            says=[({}, "x is 20")],
        )
        for i in (1, 2)
    ]
    (tmp_path / "players.html").write_text("".join(picture.html for picture in pictures), encoding="utf8")
    page = visit((tmp_path / "players.html").as_uri()).page
    one, two = page.locator("[name=x]").all()
    play, other = page.locator("[data-play]").all()
    page.evaluate(FRAME)
    words = [button.text_content() for button in (play, other)]
    assert words == ["Play", "Play"] and one.input_value() == "20", "nothing starts by itself"

    def moved(past: int) -> None:
        wait_until(page, f"+document.querySelector('[name=x]').value > {past}")

    play.focus()
    play.press("Enter")
    moved(20)
    assert play.text_content() == "Pause" and play.get_attribute("aria-label") == "Pause: Time"
    play.press("Enter")
    value = one.input_value()
    for _ in range(30):
        page.evaluate(FRAME)
    assert one.input_value() == value and play.text_content() == "Play", "a second press pauses"

    play.click()
    moved(int(value))
    other.click()
    assert play.text_content() == "Play" and other.text_content() == "Pause", "only one figure plays"
    two.press("Home")
    assert other.text_content() == "Play", "a reader who moves the slider takes over"

    one.evaluate("i => { i.value = 79; i.dispatchEvent(new Event('input', {bubbles: true})) }")
    play.click()
    wait_until(page, "document.querySelector('[data-play]').textContent == 'Play'")
    assert one.input_value() == "80", "playing ends where the drawing says"
    play.click()
    wait_until(page, "+document.querySelector('[name=x]').value < 70")
    assert play.text_content() == "Pause", "and begins again from the start"
