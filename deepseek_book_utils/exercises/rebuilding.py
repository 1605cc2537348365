"""A hand-in that nbgrader can grade, whatever became of the file: the released notebook with the answers.

What a student may change is taken from the hand-in, all else from the release: read-only cells, marks and
points cannot be lost, copied or edited. Answers are found by their id, or by what they define.
"""

import ast
import copy
import json
import re
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

NAMED = re.compile(r"^STUDENT\s*=\s*(.+?)\s*(?:#.*)?$", flags=re.MULTILINE)
PLACEHOLDER = re.compile(r"raise NotImplementedError\(\)|YOUR ANSWER HERE")


class NotANotebook(ValueError):
    """The file holds no notebook; the message says what it is."""


@dataclass
class Rebuilt:
    """The notebook to grade, the name that stood in it, and what was odd about the file."""

    notebook: NotebookNode
    name: str = ""
    odd: list[str] = field(default_factory=list)


def read_cells(data: bytes) -> list[NotebookNode]:
    """The cells of a notebook in any encoding and of any version.

    Raises NotANotebook for everything else.
    """
    pairs = all(len(run) % 2 == 0 for run in re.findall(rb"[\x80-\xff]+", data))  # as Chinese letters come
    for encoding in ("utf-8-sig", "utf-16", "utf-32", "gb18030" if pairs else "cp1252", "latin-1"):
        try:
            content = json.loads(data.decode(encoding))
            break
        except (UnicodeError, json.JSONDecodeError, RecursionError):
            continue
    else:
        kind = "empty" if not data.strip() else "a web page" if b"<html" in data[:2000].lower() else "damaged"
        raise NotANotebook(f"the file is {kind}")
    if not isinstance(content, dict) or not (content.get("cells") or content.get("worksheets")):
        raise NotANotebook("the file has no cells")
    try:
        notebook = nbformat.convert(nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, **content}), 4)
        return [cell_of(cell) for cell in notebook.cells]
    except (AttributeError, KeyError, TypeError, ValueError, nbformat.ValidationError) as error:
        raise NotANotebook(f"the file is no notebook ({type(error).__name__}: {error})") from error


def cell_of(cell: dict) -> NotebookNode:
    """A cell with its type, its text and its marks, and nothing else of the file."""
    source = cell.get("source") or ""
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    make = nbformat.v4.new_code_cell if cell.get("cell_type") == "code" else nbformat.v4.new_markdown_cell
    made = make(text.replace("\r\n", "\n").replace("\0", ""))
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    made.metadata["place"] = str(marks.get("grade_id") or "") if isinstance(marks, dict) else ""
    made.metadata["cell_id"] = str(cell.get("id") or "")
    return made


def rebuild(released: NotebookNode, cells: list[NotebookNode]) -> Rebuilt:
    """The released notebook with the answers that stand in these cells."""
    rebuilt = Rebuilt(copy.deepcopy(released))
    taken: set[int] = set()
    for place, target in answers_of(rebuilt.notebook).items():
        found = matching(place, target, cells, taken)
        if not found:
            rebuilt.odd.append(f"no answer to `{place}` was found; it counts as not written")
            continue
        if len(found) > 1:
            rebuilt.odd.append(f"`{place}` stands in {len(found)} cells; they were joined in their order")
        taken |= set(found)
        target.source = "\n\n".join(cells[i].source for i in found)
    known = {cell.source.strip() for cell in released.cells}
    rebuilt.name = give_name(rebuilt.notebook, cells, rebuilt.odd)
    own = [
        i
        for i, cell in enumerate(cells)
        if i not in taken
        and cell.cell_type == "code"
        and cell.source.strip()
        and cell.source.strip() not in known
        and not NAMED.search(cell.source)
    ]
    locked = {id_of(cell) for cell in released.cells if id_of(cell)} - set(answers_of(released))
    edited = [
        i for i in own if cells[i].metadata["place"] in locked or cells[i].metadata["cell_id"] in locked
    ]
    if edited:
        names = ", ".join(
            sorted({cells[i].metadata["place"] or cells[i].metadata["cell_id"] for i in edited})
        )
        rebuilt.odd.append(f"read-only cells were changed and put back ({names})")
    own = [i for i in own if i not in edited]
    if own:
        rebuilt.odd.append(
            f"{len(own)} code cells of the student's own were kept, before the answers they precede"
        )
        keep(rebuilt.notebook, cells, own, taken)
    return rebuilt


def id_of(cell: NotebookNode) -> str:
    """The grade_id of a released cell; "" for a plain one."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def answers_of(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """grade_id -> cell, for all that a student writes."""
    return {id_of(cell): cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")}


def matching(place: str, target: NotebookNode, cells: list[NotebookNode], taken: set[int]) -> list[int]:
    """The cells that hold this answer: by grade_id, by the cell's id, by what the released cell defines."""
    free = [i for i, cell in enumerate(cells) if i not in taken and cell.cell_type == target.cell_type]
    for same in (
        [i for i in free if cells[i].metadata["place"] == place],
        [i for i in free if cells[i].metadata["cell_id"] in (place, target.id)],
    ):
        if same:
            return same
    wanted = defined(target.source)
    return [i for i in free if wanted and wanted & defined(cells[i].source)]


def defined(source: str) -> set[str]:
    """The functions, classes and capital names that a cell binds at its top level; also of broken code."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return set(re.findall(r"^(?:def|class)\s+(\w+)", source, flags=re.MULTILINE))
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def give_name(notebook: NotebookNode, cells: list[NotebookNode], odd: list[str]) -> str:
    """Put the student's own STUDENT into the notebook and return it; "" where there is none."""
    named = [match[1] for cell in cells for match in NAMED.finditer(cell.source) if cell.cell_type == "code"]
    name = named[-1].strip("\"'") if named else ""
    if name in ("", "your-id"):
        odd.append("STUDENT was not set; the name of the hand-in was taken")
        return ""
    if named[-1] != repr(name) and named[-1] != f'"{name}"':
        odd.append(f"STUDENT = {named[-1]} was taken for the text {name!r}")
    set_name(notebook, name)
    return name


def set_name(notebook: NotebookNode, name: str) -> None:
    """Write STUDENT into the cell that the release has for it."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and NAMED.search(cell.source):
            cell.source = NAMED.sub(lambda _: f"STUDENT = {name!r}", cell.source)


def keep(notebook: NotebookNode, cells: list[NotebookNode], own: list[int], taken: set[int]) -> None:
    """Put the student's own code cells before the answer that followed them."""
    answers = {cell.source: i for i, cell in enumerate(notebook.cells) if id_of(cell) in answers_of(notebook)}
    for i in reversed(own):
        after = [answers[cells[j].source] for j in sorted(taken) if j > i and cells[j].source in answers]
        notebook.cells.insert(
            after[0] if after else len(notebook.cells), nbformat.v4.new_code_cell(cells[i].source)
        )
