"""Accessibility by axe, at a desk in both themes and on a phone; of elements that look the same, the contrast
of three is measured.
"""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
# The rules that see a theme: colours, and the images that one theme shows and the other hides.
THEMED = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "image-alt", "svg-img-alt"]}
SAME_COLOURS = {"color-contrast": {"enabled": False}, "link-in-text-block": {"enabled": False}}
LOOKS: dict[str, tuple[str, int, dict[str, Any]]] = {  # theme, pixels, what axe is asked
    "light": ("light", 1280, {"runOnly": ALL}),
    "dark": ("dark", 1280, {"runOnly": THEMED}),
    "phone": ("light", 390, {"runOnly": ALL, "rules": SAME_COLOURS}),
}

# axe parses the colours of all ancestors of every text: a minute for a chapter, where most texts look like
# others. They do if tag, classes and computed colours are the same, and those of all ancestors too. Three are
# measured, since axe says nothing of a text that something covers. What is hidden, cut off by a box that
# scrolls, or a sign, stands for no others. A single letter is left out, since axe passes over it: formulas
# have hundreds.
MARK = r"""() => {
  const known = new Map(), ids = new Map(), PARTS = ['color', 'backgroundColor', 'backgroundImage', 'opacity',
    'fontSize', 'fontWeight', 'textShadow', 'filter', 'mixBlendMode', 'visibility', 'position', 'fill'];
  const look = e => {
    if (!e) return {id: 0, left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity};
    if (known.has(e)) return known.get(e);
    const above = look(e.parentElement), style = getComputedStyle(e), box = {...above};
    const text = [above.id, e.tagName, e.getAttribute('class'), ...PARTS.map(p => style[p])].join('|');
    if (!ids.has(text)) ids.set(text, ids.size + 1);
    box.id = ids.get(text);
    if (style.overflowX != 'visible' || style.overflowY != 'visible') {
      const own = e.getBoundingClientRect();
      for (const side of ['left', 'top']) box[side] = Math.max(box[side], own[side]);
      for (const side of ['right', 'bottom']) box[side] = Math.min(box[side], own[side]);
    }
    known.set(e, box);
    return box;
  };
  const shown = new Map();
  for (const e of document.querySelectorAll('body *')) {
    e.removeAttribute('data-look');
    const own = [...e.childNodes].filter(n => n.nodeType == Node.TEXT_NODE).map(n => n.data).join(' ').trim();
    if (own.length < 2 || !e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const box = look(e), at = e.getBoundingClientRect(), others = shown.get(box.id) || 0;
    const whole = at.width && at.height && at.left >= box.left && at.right <= box.right
      && at.top >= box.top && at.bottom <= box.bottom;
    if (whole && others == 3) continue;
    e.setAttribute('data-look', '');
    if (whole && /\w\w/.test(own)) shown.set(box.id, others + 1);
  }
}"""
# Have the scripts seen all that scrolls?
MEASURED = """() => [...document.querySelectorAll('pre, .math')].every((one) => !one.checkVisibility()
  || one.scrollWidth <= one.clientWidth + 1 || one.tabIndex == 0)"""
TEXTS = "[data-look], input, select, textarea, button"
OF_EACH_LOOK = f"axe.configure({{rules: [{{id: 'color-contrast', selector: '{TEXTS}'}}]}})"


def violations(page: Page, look: str) -> list[tuple[str, list[str]]]:
    """What axe finds on a page that has this look and is laid out: the rule, and the first places."""
    axe = Axe()
    axe.axe_script = f"{axe.axe_script};{OF_EACH_LOOK}"
    # to describe what passes costs as much again
    options = {**LOOKS[look][2], "resultTypes": ["violations"]}
    for _ in range(20):
        page.wait_for_timeout(400)
        if page.evaluate(MEASURED):
            break
    page.evaluate(MARK)
    found = axe.run(page, options=options).response["violations"]
    return [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in found]
