"""The font of the formulas: of STIX Two Math the characters that the pages show, inside of their style sheet.

Inside, because Firefox loads no font file for a page that is read from a disk, and because a font that comes
later than its formula would move the text. STIX Two Math (SIL Open Font License 1.1) comes with ziamath.
"""

from __future__ import annotations

import io
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# A single letter of a formula leans: browsers show a character of these ranges in its place.
ITALIC = [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D715)]
LEANING = {unicodedata.normalize("NFKC", chr(code)): code for code in ITALIC} | {
    letter: 0x1D716 + place for place, letter in enumerate("\u03f5\u03d1\u03f0\u03d5\u03f1\u03d6")
}
FONT = "ziamath/fonts/STIXTwoMath-Regular.ttf"
PRIME, ROOT = 0x2032, 0x221A
RULES = """@font-face { font-family: "Book Math"; src: url("data:font/woff;base64,%s") format("woff"); }
math { font-family: "Book Math", math; }
"""


class FontError(ValueError):
    """A character that the font lacks; the message names it."""


def mend(font: TTFont) -> None:
    """Mend primes and roots in Chromium: it asks for no script forms and leaves room for the largest root."""
    for table in font["cmap"].tables:
        table.cmap |= {PRIME: "minute.ssty"} if PRIME in table.cmap else {}
    sizes = font["MATH"].table.MathVariants
    root = sizes.VertGlyphConstruction[sizes.VertGlyphCoverage.glyphs.index(font.getBestCmap()[ROOT])]
    root.GlyphAssembly, root.MathGlyphVariantRecord = None, root.MathGlyphVariantRecord[:1]


def woff(characters: Iterable[str]) -> bytes:
    """The font with these characters, upright and leaning, in every size that brackets grow to.

    A root has one size, enough for letters with hats and exponents. Raises FontError for a character that
    the font lacks.
    """
    wanted = {ord(one) for one in characters if not one.isspace()}
    font = TTFont(Path(distribution("ziamath").locate_file(FONT)))
    if missing := [chr(code) for code in sorted(wanted) if code not in font.getBestCmap()]:
        raise FontError(f"STIX Two Math has no {', '.join(missing)}: write the formula without it")
    mend(font)
    leaning = {LEANING[chr(code)] for code in wanted if chr(code) in LEANING}
    options = subset.Options(
        flavor="woff", layout_features=["ssty", "dtls", "kern"], hinting=False, notdef_outline=True
    )
    options.name_IDs = [0, 1, 2, 13, 14]  # whose it is, and the licence
    part = subset.Subsetter(options)
    part.populate(unicodes=wanted | leaning | {0x20, 0xA0, ROOT})
    part.subset(font)
    font.flavor, out = "woff", io.BytesIO()
    font.save(out)
    return out.getvalue()


def sheet(characters: Iterable[str]) -> str:
    """The style sheet of the formulas with their font."""
    return RULES % b64encode(woff(characters)).decode()
