"""`python -m tools.readme_picture`: draws the README's picture from the record of R1-Zero.

It is the picture that opens the book's front page, in the page's colours, on a background of its own, for
light and for dark screens. `make sync` draws it too.
"""

import re
from pathlib import Path

from tools.front_pictures import journey_picture

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path("book", "_static", "readme.svg")
MARGIN = 28


def style(css: str) -> str:
    """The style of sketches and the colours of both themes, from the book's style sheet.

    Raises ValueError where the style sheet has no longer what is looked for.
    """
    rules = re.findall(r"^\.sketch .*$", css, re.M)
    colours = re.search(r"^html \{([^}]*light-dark[^}]*)\}", css, re.M)
    if not rules or colours is None:
        raise ValueError("book.css needs rules that begin with `.sketch`, and `html { ... light-dark(...) }`")
    return re.sub(r"\s+", " ", f"svg {{{colours[1]}}} {' '.join(rules)}")


def picture(root: Path = ROOT) -> str:
    """The README's picture as the text of an SVG file."""
    inner = journey_picture(wide=True)
    width, height = (int(found) for found in re.findall(r'(?:width|height)="(\d+)"', inner)[:2])
    alt = re.search(r'aria-label="([^"]*)"', inner)
    size = f"0 0 {width + 2 * MARGIN} {height + 2 * MARGIN}"
    css = style((root / "book" / "_static" / "book.css").read_text(encoding="utf8"))
    place = inner.replace("<svg ", f'<svg x="{MARGIN}" y="{MARGIN}" ', 1).replace('role="img" ', "")
    head = (
        f'xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img" aria-label="{alt[1] if alt else ""}"'
    )
    return (
        f"<svg {head}>"
        f'<style>{css}</style><rect width="100%" height="100%" rx="12" fill="var(--paper)"/>{place}</svg>\n'
    )


def main(root: Path = ROOT) -> int:
    """Command line; returns the exit status."""
    path = root / TARGET
    path.write_text(picture(root), encoding="utf8")
    print(f"the README's picture: {TARGET}, {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
