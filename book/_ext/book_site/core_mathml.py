"""A formula's TeX as the MathML that browsers draw by themselves (MathML Core, https://w3c.github.io/mathml-core).

latex2mathml reads the TeX. Its MathML uses what browsers do not know (mathvariant). TeX puts spaces by
the kind of a symbol (The TeXbook, chapter 18), MathML by a dictionary of operators: the functions below
write the characters that are shown, and the spaces that differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element

from latex2mathml import exceptions
from latex2mathml.converter import Converter

THIN = "0.1667em"
BASED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}  # their first child is what they are of
# Their limits stand below and above in display; sum and product.
LIMITS = {"max", "min", "argmax", "argmin", "sup", "inf", "lim", "\u2211", "\u220f"}
OPEN, CLOSE, BARS = set("([{\u27e8\ue000\ue002"), set(")]}\u27e9\ue001\ue003"), set("|\u2016")
SIGNS = set("+\u2212\u00b1")
LETTERS = set("\u2202\u2207\u221e\u2026\u22a4\u22a5\u2205\u2200\u2203./")  # no operators: they bring no space
ACCENTS = {"^": "^", "~": "~", "\u00af": "\u203e"}
TALL = {"mfrac", "mtable", "munderover"}  # the font has roots for a line of letters (math_font.py)
# What latex2mathml forgets: which of two bars opens, and two names.
BEFORE = {
    r"\\lVert(?![a-zA-Z])": "\ue000",
    r"\\rVert(?![a-zA-Z])": "\ue001",
    r"\\lvert(?![a-zA-Z])": "\ue002",
    r"\\rvert(?![a-zA-Z])": "\ue003",
    r"\\arg(?![a-zA-Z])": r"\\operatorname{arg}",
    r"\{aligned\}": "{align*}",
}
BAR = {"\ue000": "\u2016", "\ue001": "\u2016", "\ue002": "|", "\ue003": "|"}
ERRORS = tuple(e for e in vars(exceptions).values() if isinstance(e, type) and issubclass(e, Exception))


class FormulaError(ValueError):
    """A formula that cannot be written; the message says what in it."""


def prepared(tex: str) -> str:
    r"""The TeX in words that latex2mathml knows; `\text{of $x$ here}` becomes text, formula, text."""
    for old, new in BEFORE.items():
        tex = re.sub(old, new, tex)
    return re.sub(r"\\text\{[^{}]*\}", lambda text: re.sub(r"\$([^$]*)\$", r"} \1 \\text{", text[0]), tex)


def styled(character: str, variant: str) -> str:
    """The character of a mathematical alphabet: E in double-struck is 𝔼."""
    style = {"double-struck": "DOUBLE-STRUCK", "script": "SCRIPT", "bold": "BOLD"}.get(variant)
    plain = unicodedata.name(character).replace("LATIN ", "").replace("GREEK ", "").replace("LETTER ", "")
    for name in (f"MATHEMATICAL {style} {plain}", f"{style} {plain}"):
        try:
            return unicodedata.lookup(name)
        except KeyError:
            continue
    raise FormulaError(f"no character for {character} in {variant}")


def only(element: Element) -> Element:
    """The element, or what is alone in it where it is a row of one."""
    return only(element[0]) if element.tag == "mrow" and len(element) == 1 else element


def flatten(element: Element) -> None:
    """Take away rows of one, and rows in a row. Firefox breaks the lines of a `math` without a row."""
    for child in element:
        flatten(child)
    element[:] = [only(child) for child in element]
    if element.tag in ("mtd", "msqrt", "mstyle") and len(element) == 1 and element[0].tag == "mrow":
        element[:] = list(element[0])


def letters(element: Element) -> None:
    """Write the text of one element in the characters that it is shown in."""
    text = unescape(element.text or "").replace(r"\|", "\u2016")
    variant = element.attrib.pop("mathvariant", "")
    if element.tag == "mtext":
        text = re.sub(r"\\([_%$#&{}])", r"\1", text)
    elif variant and variant != "normal":
        text = "".join(styled(character, variant) for character in text)
    if "\\" in text or "&" in text:
        raise FormulaError(f"unknown: {text}")
    if text in LETTERS and element.tag == "mo" and "minsize" not in element.attrib:
        element.tag = "mi"
    if element.tag == "mi" and len(text) > 1:  # log
        element.tag = "mo"
    if (
        element.tag == "mi"
        and len(text) == 1
        and (variant == "normal" or text in LETTERS or "\u0391" <= text <= "\u03a9")
    ):
        element.set("mathvariant", "normal")  # a single letter leans otherwise
    element.text = {"*": "\u2217"}.get(text, text) if element.tag == "mo" else text


def words(row: Element) -> None:
    """Make one name of the upright letters of a row: KL."""
    upright = [child.tag == "mi" and child.get("mathvariant") == "normal" for child in row]
    if len(row) > 1 and all(upright) and all((child.text or "").isalpha() for child in row):
        row.tag, row.text = "mi", "".join(child.text or "" for child in row)
        row[:] = []


def core(element: Element) -> Element:
    """What an element with limits or scripts is of."""
    return core(element[0]) if element.tag in BASED and len(element) else element


def is_name(element: Element) -> bool:
    """Say whether it is a function's name, as log, or a large operator."""
    text = element.text or ""
    return text in LIMITS or (element.tag == "mo" and len(text) > 1 and text.replace("\u2009", "").isalpha())


def neighbour(row: list[Element], place: int, step: int) -> Element | None:
    """The next element of a row that is no space."""
    place += step
    while 0 <= place < len(row):
        if row[place].tag != "mspace":
            return core(row[place]) if step > 0 or row[place].tag in BASED else row[place]
        place += step
    return None


def gap(other: Element | None, after: bool) -> str:
    """The space between a function's name and its neighbour: none to brackets and operators."""
    if other is None:
        return "0"
    text = other.text or ""
    if other.tag == "mo" and not is_name(other) and not (text in SIGNS and (after or other.get("form"))):
        return THIN if text in BARS or (text in CLOSE and not after) else "0"
    return THIN


def space(row: list[Element], inside: bool) -> None:
    """Write the spaces of a row's operators that differ from MathML's; inside of scripts TeX puts none."""
    for place, child in enumerate(row):
        one = core(child)
        if one.tag != "mo":
            continue
        text = one.text = {"~": "\u223c"}.get(one.text or "", one.text or "")
        before, behind = neighbour(row, place, -1), neighbour(row, place, 1)
        if is_name(one):
            one.attrib |= {"lspace": gap(before, False), "rspace": gap(behind, True)}
        elif text in OPEN | CLOSE | BARS | set("/"):
            one.attrib |= {"lspace": "0", "rspace": "0"}
            if text in OPEN | CLOSE:
                one.set("form", "prefix" if text in OPEN else "postfix")
        elif text in SIGNS and (before is None or (before.tag == "mo" and before.text not in CLOSE | BARS)):
            one.set("form", "prefix")
        elif inside:
            one.attrib |= {"lspace": "0", "rspace": "0"}


def grouped(row: Element) -> None:
    """Make the script of a large bracket that of all from its partner on: brackets grow in a row only."""
    for place, child in enumerate(list(row)):
        if child.tag in BASED and child[0].get("minsize"):
            mates = [one.get("minsize") == child[0].get("minsize") for one in row[:place]]
            if True not in mates:
                raise FormulaError(f"no partner of the large {child[0].text}")
            first = place - 1 - mates[::-1].index(True)
            group = Element("mrow")
            group[:] = [*row[first:place], child[0]]
            child[0] = group
            row[first:place] = []
            return grouped(row)


def below(element: Element) -> None:
    """Let limits stand below and above their operator where there is room: displayed, not in a line."""
    if element.tag in BASED and is_name(base := core(element)) and (base.text or "") in LIMITS:
        base.set("movablelimits", "true")
        element.tag = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}.get(
            element.tag, element.tag
        )


def accent(element: Element) -> None:
    """Say which marks are accents, and which braces keep their size; refuse a root that would be too low."""
    if element.tag == "mover" and element[1].tag == "mo" and element[1].text in ACCENTS:
        element.set("accent", "true")
        element[1].text = ACCENTS[element[1].text or ""]
        element[1].attrib = {"stretchy": "false"}
    if element.tag == "msqrt" and any(one.tag in TALL for one in element.iter()):
        raise FormulaError("a root around something tall: write a power")
    if element.tag == "munder" and element[1].text == "\u23df":
        element.set("accentunder", "true")


def finish(element: Element, inside: bool = False) -> None:
    """Mend an element and all that is in it; `inside` says that it is a script."""
    grouped(element)
    below(element)
    accent(element)
    if element.tag not in BASED | {"mfrac", "mroot", "mtable", "mtr"}:
        space(list(element), inside)
    for place, child in enumerate(element):
        finish(child, inside or (element.tag in BASED and place > 0))
    element.attrib.pop("fence", None)
    if element.tag == "mo" and element.text in BAR:
        element.text = BAR[element.text]
        element.set("stretchy", "false")


def leaves(element: Element) -> Iterator[Element]:
    """The elements with text."""
    yield from (one for one in element.iter() if len(one) == 0)


def mathml(tex: str, display: str) -> Element:
    """The formula as a `math` element; `display` is inline or block. Raises FormulaError: what is unknown."""
    try:
        formula = Converter(display=display).convert_to_element(prepared(tex))
    except ERRORS as error:
        raise FormulaError(f"cannot be read ({type(error).__name__})") from error
    del formula.attrib["xmlns"]
    if display == "inline":
        del formula.attrib["display"]
    for leaf in list(leaves(formula)):
        if leaf.text in BAR:
            leaf.tag = "mo"
        letters(leaf)
    flatten(formula)
    for row in list(formula.iter("mrow")):
        words(row)
    finish(formula)
    return formula
