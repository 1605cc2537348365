"""Collects what a class has handed in, whatever its files look like, for `nbgrader autograde`.

    python -m deepseek_book_utils.exercises.collect 04_r1_zero downloaded/04_r1_zero --roster roster.csv

in the course directory. Every hand-in becomes `submitted/STUDENT/04_r1_zero/04_r1_zero.ipynb`: the released
notebook with the student's answers (`rebuilding`), so that no file can stop the others or lose its marks.
Downloads are only read. What could not be collected is named, with what to do; so is who handed in nothing.
"""

import argparse
import csv
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .hand_ins import HandIn, hand_ins
from .rebuilding import NotANotebook, read_cells, rebuild, set_name

ENDINGS = (".ipynb", ".json", ".txt", "")  # platforms and mail programs rename


@dataclass
class Collected:
    """Student -> notebook, and one sentence for everything that a person should know."""

    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    report: list[str] = field(default_factory=list)


def collect(
    released: NotebookNode, assignment: str, files: Iterable[HandIn | str], roster: dict[str, str]
) -> Collected:
    """The hand-ins of one assignment, rebuilt.

    roster: anything a platform may call a student (id, name, e-mail) -> the student's id; where it is empty,
    the student's id is what the platform writes.
    """
    found, by_student = Collected(), dict[str, list[HandIn]]()
    for file in files:
        if isinstance(file, str):
            found.report.append(file)
        elif student := student_of(file, assignment, roster, found.report):
            by_student.setdefault(student, []).append(file)
    for student, own in sorted(by_student.items()):
        own.sort(key=lambda file: file.age(assignment), reverse=True)
        for number, file in enumerate(own):
            try:
                rebuilt = rebuild(released, read_cells(file.data))
            except NotANotebook as error:
                found.report.append(f"{student}: {error} ({file.path}). Fix: ask for it again.")
                continue
            if not rebuilt.name:
                set_name(rebuilt.notebook, student)
            found.notebooks[student] = rebuilt.notebook
            found.report += [f"{student}: {odd} ({file.path})." for odd in rebuilt.odd]
            if older := [other.path for other in own[number + 1 :]]:
                found.report.append(f"{student}: {file.path} is the newest; left aside: {', '.join(older)}.")
            break
    missing = sorted(set(roster.values()) - set(found.notebooks))
    found.report += [f"{student}: nothing was collected." for student in missing]
    return found


def student_of(file: HandIn, assignment: str, roster: dict[str, str], report: list[str]) -> str:
    """The student's id; "" with a sentence in the report where the file is not one of this assignment."""
    if Path(file.path).suffix.lower() not in ENDINGS or b'"cells"' not in squeezed(file.data):
        if Path(file.path).suffix.lower() == ".ipynb":
            who = file.who(assignment) or "nobody known"
            report.append(f"{file.path}: no notebook, from {who}. Fix: ask for it again.")
        else:
            report.append(f"{file.path}: not collected, since it is no notebook.")
        return ""
    who = file.who(assignment) or name_in(file.data)
    if not who:
        report.append(f"{file.path}: whose is it? Fix: name it STUDENT_{assignment}.ipynb.")
        return ""
    known = roster.get(folded(who))
    if roster and known is None:
        report.append(
            f"{file.path}: {who!r} is not in the roster. Fix: add that name to a line of the roster."
        )
        return ""
    return known or re.sub(r"[^\w.@-]+", "-", who).strip("-.") or "unnamed"


def squeezed(data: bytes) -> bytes:
    """The bytes without the zeros that UTF-16 and UTF-32 write between letters."""
    return data.replace(b"\0", b"")


def name_in(data: bytes) -> str:
    """What the notebook binds to STUDENT; "" where that says nothing."""
    try:
        cells = read_cells(data)
    except NotANotebook:
        return ""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    match = re.search(r"^STUDENT\s*=\s*[\"']?([^\"'#\n]+)", text, flags=re.MULTILINE)
    return "" if match is None or match[1].strip() == "your-id" else match[1].strip()


def folded(name: str) -> str:
    """A name as it is compared: without case, spaces and punctuation; é in one sign, as not every system."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def read_roster(path: Path) -> dict[str, str]:
    """Everything in a line of the CSV file -> its first column, the student's id.

    Raises ValueError where one name stands for two students.
    """
    known: dict[str, str] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in list(csv.reader(file))[1:]:
            for name in filter(None, map(folded, row)):
                if known.setdefault(name, row[0]) != row[0]:
                    raise ValueError(
                        f"{path}: {name!r} stands for {known[name]} and {row[0]}: drop one of them"
                    )
    return known


def main(arguments: list[str] | None = None) -> int:
    """Collect one assignment; the exit status is 1 where a person should look at something."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("assignment", help="as in release/ASSIGNMENT")
    parser.add_argument("folder", type=Path, help="what the platform gave: files, folders, archives")
    parser.add_argument(
        "--roster", type=Path, help="a CSV file with a head: id, then names, e-mail, in any order"
    )
    options = parser.parse_args(arguments)
    release = Path("release", options.assignment, f"{options.assignment}.ipynb")
    if not release.is_file():
        print(f"There is no {release}. Fix: run `nbgrader generate_assignment {options.assignment}` here.")
        return 2
    if not options.folder.is_dir():
        print(f"There is no folder {options.folder}. Fix: put what your platform gave into it.")
        return 2
    roster = read_roster(options.roster) if options.roster else {}
    released = nbformat.read(release, as_version=4)
    found = collect(released, options.assignment, hand_ins(options.folder), roster)
    for student, notebook in found.notebooks.items():
        target = Path("submitted", student, options.assignment, release.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
    print(*found.report, f"{len(found.notebooks)} hand-ins collected.", sep="\n")
    return 1 if found.report else 0


if __name__ == "__main__":
    sys.exit(main())
