"""Files of a class that are odd as files: encodings, formats, marks, names; and the score of each."""

import copy
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from deepseek_book_utils.exercises.rebuilding import id_of

FULL, NONE, BUT_FIRST, ABSENT = "all points", "no point", "all but the first exercise's", "not collected"
FIRST = "group-advantages"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Oddity:
    """What one student hands in, and what must become of it."""

    what: str
    files: Callable[[str, NotebookNode], Files]  # (student, the right notebook) -> path and content
    score: str = FULL
    says: str = ""  # in a line on this student, of collecting or of the report; "": no such line
    names: tuple[str, ...] = ()  # what else the platform calls the student


def text(notebook: NotebookNode) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def cell_at(notebook: NotebookNode, place: str) -> NotebookNode:
    [found] = [cell for cell in notebook.cells if id_of(cell) == place]
    return found


def marks(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]


def changed(what: str, change: Callable[[NotebookNode], object], *rest: str) -> Oddity:
    """A notebook that somebody has changed in place; rest: score, says."""

    def files(student: str, notebook: NotebookNode) -> Files:
        name = path_of(student, notebook)
        change(notebook)
        return {name: text(notebook).encode()}

    return Oddity(what, files, *rest)


def stored(what: str, data: Callable[[str], bytes], *rest: str, ending: str = ".ipynb") -> Oddity:
    """The text of the right notebook, stored in an odd way."""

    def files(student: str, notebook: NotebookNode) -> Files:
        return {path_of(student, notebook).removesuffix(".ipynb") + ending: data(text(notebook))}

    return Oddity(what, files, *rest)


def path_of(student: str, notebook: NotebookNode) -> str:
    return f"{student}_{notebook.metadata.assignment}.ipynb"


def called(what: str, path: str, *names: str) -> Oddity:
    """The right notebook under a platform's name; {who} is the student, {name} the assignment."""

    def files(student: str, notebook: NotebookNode) -> Files:
        name = notebook.metadata.assignment
        slug = name.replace("_", "-")
        return {path.format(who=student, name=name, slug=slug): text(notebook).encode()}

    return Oddity(what, files, FULL, "", names)


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def locked_zip(content: str) -> bytes:
    """An archive that says that it is encrypted."""
    whole = bytearray(zipped({"x_04_r1_zero.ipynb": content.encode()}))
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    whole[6] |= 1
    return bytes(whole)


def two(first: str, second: str) -> Callable[[str, NotebookNode], Files]:
    """Two hand-ins of one student: the older one blank, the newer one right."""

    def files(student: str, notebook: NotebookNode) -> Files:
        blank = copy.deepcopy(notebook)
        for cell in blank.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = "pass"
        name = notebook.metadata.assignment
        old, new = (path.format(who=student, name=name) for path in (first, second))
        return {old: text(blank).encode(), new: text(notebook).encode()}

    return files


def old_one_whole(student: str, notebook: NotebookNode) -> Files:
    whole, name = text(notebook).encode(), f"{student}_{notebook.metadata.assignment}"
    return {f"{name}.ipynb": whole, f"{name} (1).ipynb": whole[:4000]}


# --- changes of a notebook ---


def each_mark(**values: object) -> Callable[[NotebookNode], None]:
    return lambda nb: [mark.update(values) for mark in marks(nb)] and None


def each_cell(change: Callable[[NotebookNode], object]) -> Callable[[NotebookNode], None]:
    return lambda nb: [change(cell) for cell in nb.cells] and None


def renamed(nb: NotebookNode) -> None:
    for mark in marks(nb):
        mark.grade_id += "-copy"


def drop(part: str) -> Callable[[NotebookNode], None]:
    return lambda nb: nb.cells.remove(cell_at(nb, FIRST + part))


def twice(part: str) -> Callable[[NotebookNode], None]:
    return lambda nb: nb.cells.insert(3, copy.deepcopy(cell_at(nb, FIRST + part)))


def split(nb: NotebookNode) -> None:
    whole = cell_at(nb, f"{FIRST}-answer")
    head = copy.deepcopy(whole)
    head.source = "import math as my_math"
    nb.cells.insert(nb.cells.index(whole), head)


def elsewhere(nb: NotebookNode) -> None:
    """The answer stands in a cell of its own, below the one that was meant for it."""
    whole = cell_at(nb, f"{FIRST}-answer")
    nb.cells.insert(nb.cells.index(whole) + 1, new_code_cell(whole.source))
    whole.source = "def group_advantages(rewards, group_size):\n    raise NotImplementedError()"


def tests_say_passed(nb: NotebookNode) -> None:
    for mark, cell in zip(marks(nb), (c for c in nb.cells if "nbgrader" in c.metadata), strict=True):
        if mark.grade and cell.cell_type == "code":
            cell.source, mark.points = "print('passed')", 100


def with_numpy(nb: NotebookNode) -> None:
    cell_at(nb, "imports").source += "\nimport numpy as np"
    answer = cell_at(nb, f"{FIRST}-answer")
    answer.source = answer.source.replace("    ", "    np.zeros(1)\n    ", 1)


def as_version_3(content: str) -> bytes:
    return nbformat.writes(nbformat.convert(nbformat.reads(content, 4), 3), version=3).encode()


def edit(**values: object) -> Callable[[str], bytes]:
    return lambda content: json.dumps(json.loads(content) | values).encode()


def student_line(line: str) -> Callable[[NotebookNode], None]:
    def change(nb: NotebookNode) -> None:
        [cell] = [cell for cell in nb.cells if cell.source.startswith("STUDENT")]
        cell.source = line

    return change


OWN = "code cells of the student's own were kept"
TAKEN = "was taken for the text"
ODD_FILES: dict[str, Oddity] = {
    # encodings and formats
    "plain": stored("as it should be", str.encode),
    "bom": stored("a byte order mark", lambda t: t.encode("utf-8-sig")),
    "utf16": stored("UTF-16", lambda t: t.encode("utf-16")),
    "utf16be": stored(
        "UTF-16, big end first", lambda t: "\ufeff".encode("utf-16-be") + t.encode("utf-16-be")
    ),
    "utf32": stored("UTF-32", lambda t: t.encode("utf-32")),
    "gb": stored("GB 18030", lambda t: t.encode("gb18030")),
    "cp1252": stored("Windows' Latin letters", lambda t: t.encode("cp1252", "replace")),
    "crlf": stored("lines that end as on Windows", lambda t: t.replace("\\n", "\\r\\n").encode()),
    "escaped": stored("letters as \\u", lambda t: json.dumps(json.loads(t)).encode()),
    "version3": stored("the third version of the format", as_version_3),
    "minor2": stored("no cell ids", edit(nbformat_minor=2)),
    "nometa": stored("no metadata", edit(metadata={})),
    "nokernel": stored("no kernel of that name", edit(metadata={"kernelspec": {"name": "r"}})),
    "unknown": stored("keys that nobody knows", edit(extra=[1, 2])),
    "asjson": stored("called .json", str.encode, ending=".json"),
    "astext": stored("called .ipynb.txt", str.encode, ending=".ipynb.txt"),
    "capitals": stored("called .IPYNB", str.encode, ending=".IPYNB"),
    "nooutputs": changed("outputs: null", each_cell(lambda c: c.update(outputs=None))),
    "counts": changed("execution counts in words", each_cell(lambda c: c.update(execution_count="one"))),
    "nosource": changed("a cell without source", lambda nb: nb.cells[-1].update(source=None)),
    "image": changed("an output of 4 MB", lambda nb: nb.cells[-1].update(outputs=["x" * 2**22])),
    # no notebooks
    "empty": stored("an empty file", lambda t: b"", ABSENT, "no notebook, from empty. Fix: ask for it again"),
    "cut": stored("half a file", lambda t: t[: len(t) // 2].encode(), ABSENT, "the file is damaged"),
    "nocells": stored('"cells": null', edit(cells=None), ABSENT, "the file has no cells"),
    "html": stored("a page that asks to sign in", lambda t: b"<html>sign in", ABSENT, "no notebook, from"),
    "pdf": stored("a PDF", lambda t: b"%PDF-1.7\n\x80\xff", ABSENT, "not collected", ending=".pdf"),
    "program": stored("a program", lambda t: b"x = 1", ABSENT, "not collected", ending=".py"),
    "list": stored("JSON of another kind", lambda t: b'[{"cells": 1}]', ABSENT, "the file has no cells"),
    "numbers": stored("cells that are numbers", edit(cells=[1, 2]), ABSENT, "the file is no notebook"),
    # archives
    "zip": Oddity("a ZIP file", lambda s, nb: {f"{s}.zip": zipped({path_of(s, nb): text(nb).encode()})}),
    "zipzip": Oddity(
        "a ZIP file in a ZIP file",
        lambda s, nb: {f"{s}.zip": zipped({"in.zip": zipped({path_of(s, nb): text(nb).encode()})})},
    ),
    "renamedzip": stored("a ZIP file called .ipynb", lambda t: zipped({"x.ipynb": t.encode()})),
    "badzip": stored(
        "a damaged ZIP file", lambda t: zipped({"a": b"b"})[:-20], ABSENT, "cannot be opened", ending=".zip"
    ),
    "lockedzip": stored(
        "a ZIP file with a password", locked_zip, ABSENT, "cannot be unpacked", ending=".zip"
    ),
    "rar": stored("another archive", lambda t: b"Rar!\x1a\x07", ABSENT, "cannot be opened", ending=".rar"),
    "mac": Oddity(
        "a ZIP file of macOS",
        lambda s, nb: {f"{s}.zip": zipped({path_of(s, nb): text(nb).encode(), "__MACOSX/._a.ipynb": b"x"})},
    ),
    # second hand-ins
    "again": Oddity(
        "a second hand-in", two("{who}_{name}.ipynb", "{who}_{name} (1).ipynb"), FULL, "is the newest"
    ),
    "late": Oddity(
        "a late one on Canvas",
        two("{who}_1_2_{name}.ipynb", "{who}_LATE_1_3_{name}-1.ipynb"),
        FULL,
        "is the newest; left aside",
    ),
    "secondcut": Oddity("a damaged second one", old_one_whole, FULL, "the file is damaged"),
    # marks and cells
    "stripped": changed("no metadata in cells", each_cell(lambda c: c.update(metadata={}))),
    "renamed": changed("all cells renamed", renamed),
    "noids": changed("empty grade ids", each_mark(grade_id="")),
    "sameids": changed("one grade id for all", each_mark(grade_id=f"{FIRST}-check")),
    "samecells": changed("one cell id for all", each_cell(lambda c: c.update(id="x"))),
    "points": changed("points in words", each_mark(points="many")),
    "unlocked": changed("everything unlocked", each_mark(locked=False)),
    "copied": changed("a copied answer", twice("-answer"), FULL, "stands in 2 cells; they were joined"),
    "split": changed("a split answer", split, FULL, "stands in 2 cells; they were joined"),
    "copiedtest": changed("a copied test", twice("-check")),
    "notest": changed("a deleted test", drop("-check")),
    "nohidden": changed("a deleted hidden test", drop("-hidden")),
    "nostatement": changed("a deleted statement", drop("")),
    "noanswer": changed(
        "a deleted answer", drop("-answer"), BUT_FIRST, "no answer to `group-advantages-answer`"
    ),
    "elsewhere": changed("an answer below its cell", elsewhere, FULL, "1 code cells of the student's own"),
    "reversed": changed("cells in reverse", lambda nb: nb.cells.reverse()),
    "locked": changed("numpy in the read-only imports", with_numpy, FULL, "put back (imports)"),
    "passed": changed("tests that print passed", tests_say_passed, FULL, "read-only cells were changed"),
    # STUDENT
    "noname": changed(
        "no STUDENT", student_line("pass"), FULL, "STUDENT was not set; the name of the hand-in"
    ),
    "unquoted": changed("STUDENT without quotes", student_line("STUDENT = unquoted"), FULL, TAKEN),
    "number": changed("a number as STUDENT", student_line("STUDENT = 4815"), FULL, TAKEN),
    "yourid": changed("STUDENT as it was", student_line('STUDENT = "your-id"'), FULL, "STUDENT was not set"),
    "asked": changed("STUDENT = input()", student_line("STUDENT = input()"), FULL, TAKEN),
    "chinese": changed("a name in Chinese", student_line('STUDENT = "爱达"')),
    "single": changed("STUDENT in single quotes", student_line("STUDENT = 'single'  # me")),
    "beside": changed(
        "an import beside STUDENT", student_line("import numpy as np\nSTUDENT = 'b'"), FULL, OWN
    ),
    "twin1": changed(
        "another's STUDENT", student_line('STUDENT = "twin"'), FULL, 'the same STUDENT = "twin"'
    ),
    "twin2": changed("the same", student_line('STUDENT = "twin"'), FULL, 'the same STUDENT = "twin"'),
    # platforms
    "moodle": called("Moodle", "Ada Lovelace_48_assignsubmission_file_/{name}.ipynb", "Ada Lovelace"),
    "moodle4": called(
        "Moodle, no folders", "Zoe\u0308 B_49_assignsubmission_file_{name}.ipynb", "Zo\u00eb B"
    ),
    "canvas": called("Canvas", "{who}_16_23_{name}-2.ipynb"),
    "blackboard": called("Blackboard", "Exercises 4_{who}_attempt_2026-11-28-17-05-59_{name}.ipynb"),
    "brightspace": called("Brightspace", "12-7 - Grace H - Nov 28, 2026 505 PM/{name}.ipynb", "Grace H"),
    "gradescope": called("Gradescope", "export/submission_4815/{name}.ipynb", "submission_4815"),
    "github": called("GitHub Classroom", "{slug}-{who}/notebooks/{name}.ipynb"),
    "drive": called("Google Classroom, Drive", "Kurt G - Copy of {name} (2).ipynb", "Kurt G"),
    "folder": called("a folder for each", "{who}/{name}.ipynb"),
}
