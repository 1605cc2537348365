"""The same drawing in fewer bytes: matplotlib repeats in its SVG what can be said once.

`figure.css` says what holds where a drawing is silent: ink for text, 14 px, round joints, butt ends.
"""

import re
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

SILENT = {"fill": "var(--ink)", "font-size": "14px"}  # of text
Look = tuple[str, str, str]


def _style(element: Element) -> dict[str, str]:
    """The style of an element, word by word."""
    pairs = (part.partition(":") for part in element.get("style", "").split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _look(element: Element) -> Look:
    """What neighbours may share: tag, clip and style; no two other elements look alike."""
    style = element.get("style", "")
    shares = element.tag in ("path", "use", "text") and not element.get("id")
    # Opacity is no style that a group hands down, and figure.css paints text wherever it stands.
    if not shares or re.search(r"(^|;)opacity:", style) or (element.tag == "text" and "fill:" in style):
        return "", "", str(id(element))
    return element.tag, element.get("clip-path", ""), style


def _join(run: list[Element], look: Look) -> list[Element]:
    """Neighbours that look alike as one group, which says once how they look."""
    if len(run) < 2 or not any(look[1:]):
        return run
    said = {"clip-path": look[1], "style": look[2]}
    group = Element("g", {name: value for name, value in said.items() if value})
    for element in run:
        for name in group.attrib:
            del element.attrib[name]
    group.extend(run)
    return [group]


def _merge(parent: Element, used: set[str]) -> None:
    """Take out of `parent`, in place, what says nothing, and join what looks alike.

    The parts of an axis (grid, marks, labels) do not overlap, so they may be sorted first.
    """
    is_axis = parent.get("id", "").startswith("matplotlib.axis")
    if parent.get("id") not in used:
        parent.attrib.pop("id", None)
    children: list[Element] = []
    for child in parent:
        _merge(child, used)
        if child.tag in ("g", "defs") and not len(child):
            continue
        if child.tag == "path" and child.get("style") == "fill:none" and not child.get("id"):
            continue
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    looks = [_look(child) for child in children]
    if is_axis:
        children.sort(key=lambda child: looks.index(_look(child)))
    joined = [one for look, run in groupby(children, _look) for one in _join(list(run), look)]
    only = joined[0] if len(joined) == 1 and joined[0].tag == parent.tag == "g" else None
    if only is not None and not only.attrib.keys() & parent.attrib.keys():
        parent.attrib.update(only.attrib)
        joined = list(only)
    parent[:] = joined


def lighten(svg: str) -> str:
    """matplotlib's `<svg>` without what it repeats; positions to a tenth of a unit.

    Raises ParseError where the text is no XML.
    """
    root = ElementTree.fromstring(svg)
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    marks = {element.get("id"): _style(element) for element in root.iter() if element.get("id") in used}
    for element in root.iter():
        style = _style(element)
        if style.get("stroke-dashoffset") == "0":
            del style["stroke-dashoffset"]
        if element.tag == "use":  # what a mark says of itself is not its user's to say
            mark = marks[element.get("href", "")[1:]]
            style = {name: value for name, value in style.items() if name not in mark}
        if element.tag == "text":
            style = {name: value for name, value in style.items() if SILENT.get(name) != value}
        element.attrib.pop("style", None)
        if style:
            element.set("style", ";".join(f"{name}:{value}" for name, value in style.items()))
        for place in ("x", "y"):
            if element.tag in ("use", "text") and place in element.attrib:
                element.set(place, f"{round(float(element.attrib[place]), 1):g}")
    _merge(root, used)
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")
