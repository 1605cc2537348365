"""Which chapter takes what from which: what its reader should know, and which code of another one it runs.

The first stands in `book/chapters.yml`, the second in the notebooks themselves: a name that a chapter
imports, and that another chapter shows in a synced cell, is code of that other chapter.
"""

import ast
import json
import re
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import yaml

from tools.build import chapters
from tools.sketch import drawing, text
from tools.sync import header_of, symbols_of

FILE = Path("book", "chapters.yml")
KINDS = ("needs", "helps")
PACKAGE = "deepseek_book_utils"
ROW = 56  # pixels from chapter to chapter in the figure


@dataclass(frozen=True)
class Need:
    """What the reader of a chapter takes from another one, `giver`; `kind` is needs or helps."""

    giver: str
    kind: str
    what: str


@dataclass(frozen=True)
class Chapter:
    """One entry of `book/chapters.yml`, with the chapter's title from its notebook."""

    chapter: str
    title: str
    short: str
    builds: str
    finding: str
    skip: str
    takes: tuple[Need, ...]

    @cached_property
    def number(self) -> str:
        """The number that its title begins with, as in 4b."""
        return self.title.split()[0]


def cells(root: Path, chapter: str, kind: str) -> list[str]:
    """The sources of a chapter's cells of one kind, `code` or `markdown`."""
    notebook = json.loads((root / f"{chapter}.ipynb").read_text(encoding="utf8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def headings(root: Path, chapter: str) -> list[str]:
    """The headings of a chapter, its title first."""
    found = (re.findall(r"^#+ (.*)$", source, re.M) for source in cells(root, chapter, "markdown"))
    return [heading.strip() for some in found for heading in some]


def read_chapter(root: Path, entry: dict[str, object]) -> Chapter:
    """One entry of `book/chapters.yml`; raises ValueError for wrong keys or an unknown kind."""
    names = {field.name for field in fields(Chapter)} - {"title"}
    if set(entry) != names:
        raise ValueError(f"{FILE}: {entry.get('chapter')} must have exactly the keys {sorted(names)}")
    given, takes = {name: str(entry[name]) for name in names - {"takes"}}, []
    for one in entry["takes"] if isinstance(entry["takes"], list) else ():
        if set(one) != {"from", "kind", "what"} or one["kind"] not in KINDS:
            raise ValueError(f"{FILE}: {given['chapter']} takes {one}; write from, kind ({KINDS}) and what")
        takes.append(Need(one["from"], one["kind"], one["what"]))
    return Chapter(title=headings(root, given["chapter"])[0], takes=tuple(takes), **given)


def load_chapters(root: Path) -> list[Chapter]:
    """All chapters of `book/chapters.yml`.

    Raises ValueError where they are not those of the table of contents, in its order, or where one takes
    something from a chapter that does not exist.
    """
    entries = yaml.safe_load((root / FILE).read_text(encoding="utf8"))
    contents = chapters(root)
    if [entry.get("chapter") for entry in entries] != contents:
        raise ValueError(f"{FILE} must have the chapters of _toc.yml, in its order: {contents}")
    found = [read_chapter(root, entry) for entry in entries]
    for one in found:
        unknown = [
            need.giver for need in one.takes if need.giver not in contents or need.giver == one.chapter
        ]
        if unknown:
            raise ValueError(
                f"{FILE}: {one.chapter} takes something from {unknown}, which is no other chapter"
            )
    return found


def shared_code(root: Path) -> dict[str, dict[str, list[str]]]:
    """Taker -> giver -> the names of code that the giver shows and the taker imports."""
    names = chapters(root)
    home: dict[str, str] = {}
    for chapter in names:
        for source in cells(root, chapter, "code"):
            header = header_of(source)
            for symbol in symbols_of(header) if header and header.startswith(PACKAGE) else ():
                home.setdefault(symbol, chapter)
    found: dict[str, dict[str, list[str]]] = {chapter: {} for chapter in names}
    for chapter in names:
        for source in cells(root, chapter, "code"):
            for node in ast.walk(ast.parse(source)):
                if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(PACKAGE):
                    continue
                for alias in node.names:
                    giver = home.get(f"{node.module}.{alias.name}", chapter)
                    if giver != chapter and alias.name not in found[chapter].setdefault(giver, []):
                        found[chapter][giver].append(alias.name)
    return {taker: dict(sorted(givers.items())) for taker, givers in found.items()}


def arc(x: float, start: float, end: float, reach: float, mark: str) -> str:
    """An arrow from one row to another, bowed to the side by `reach` pixels; its head points inwards."""
    inward = -1 if reach > 0 else 1
    tip, bow = x - 2 * inward, x + reach
    path = f"M{x:.0f},{start:.0f}C{bow:.0f},{start:.0f} {bow:.0f},{end:.0f} {tip - 7 * inward:.0f},{end:.0f}"
    head = f"{tip:.0f},{end:.0f} {tip - 9 * inward:.0f},{end - 5:.0f} {tip - 9 * inward:.0f},{end + 5:.0f}"
    return f'<path class="l{mark}" d="{path}"/><polygon class="p{mark}" points="{head}"/>'


def figure_alt(found: list[Chapter]) -> str:
    """The figure of dependencies in words."""
    number = {one.chapter: one.number for one in found}
    told = []
    for kind, word in (("needs", "needs"), ("helps", "is helped by")):
        for one in found:
            givers = [number[need.giver] for need in one.takes if need.kind == kind]
            if givers:
                told.append(f"{one.number} {word} {' and '.join(givers)}")
    free = [one.number for one in found if not any(need.kind == "needs" for need in one.takes)]
    return f"Arrows between chapters. {'; '.join(told)}. Without any need: {', '.join(free)}."


def dependency_figure(found: list[Chapter], wide: bool) -> str:
    """The chapters below each other; arrows on the left for what is needed, on the right for what helps."""
    width, left, right = (680, 200, 480) if wide else (320, 60, 262)
    row = {one.chapter: place for place, one in enumerate(found)}
    marks = [text(left - 8, 14, "is needed for", "ta", end=True), text(right + 8, 14, "helps with", "tb")]
    if not wide:
        marks = [text(0, 14, "is needed for", "ta"), text(width, 14, "helps with", "tb", end=True)]
    for one in found:
        y = 36 + ROW * row[one.chapter]
        marks.append(f'<rect class="box" x="{left}" y="{y}" width="{right - left}" height="36" rx="8"/>')
        marks.append(text(left + 12, y + 23, one.number, "ta"))
        marks.append(text(left + 40, y + 23, one.short))
        for need in one.takes:
            side, edge, mark = (-1, left, "a") if need.kind == "needs" else (1, right, "b")
            down = 1 if row[need.giver] < row[one.chapter] else -1
            start, end = 54 + ROW * row[need.giver] + 8 * down, y + (10 if down > 0 else 18)
            span = abs(row[need.giver] - row[one.chapter])
            reach = side * min((24 + 34 * span) if wide else (14 + 15 * span), 190 if wide else 78)
            marks.append(arc(edge, start, end, reach, mark))
    height = 36 + ROW * (len(found) - 1) + 44
    return drawing(width, height, figure_alt(found), marks, "wide" if wide else "narrow")
