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
    taken: dict[int, str] = {}  # cell of the hand-in -> the answer that it holds
    for place, target in answers_of(rebuilt.notebook).items():
        found = matching(place, target, cells, taken)
        if not found:
            rebuilt.odd.append(f"no answer to `{place}` was found; it counts as not written")
            continue
        if len(found) > 1:
            rebuilt.odd.append(f"`{place}` stands in {len(found)} cells; they were joined in their order")
        taken |= dict.fromkeys(found, place)
        target.source = "\n\n".join(cells[i].source for i in found)
    known = {beside_name(cell) for cell in released.cells}
    rebuilt.name = give_name(rebuilt.notebook, cells, rebuilt.odd)
    own = [
        i
        for i, cell in enumerate(cells)
        if i not in taken and cell.cell_type == "code" and beside_name(cell) not in known | {""}
    ]
    locked = {id_of(cell): cell for cell in released.cells if id_of(cell)}
    edited = {
        i: name for i in own if (name := place_of(cells[i])) in locked and name not in answers_of(released)
    }
    if edited:
        names = ", ".join(sorted(set(edited.values())))
        rebuilt.odd.append(f"read-only cells were changed and put back ({names})")
    texts = {i: beside_name(cells[i]) for i in own if i not in edited}
    for i, name in edited.items():
        if not locked[name].metadata.nbgrader.grade:  # an import in the imports, say
            before = set(locked[name].source.split("\n"))
            added = "\n".join(line for line in cells[i].source.split("\n") if line not in before)
            texts |= {i: added} if added.strip() else {}
    if texts:
        rebuilt.odd.append(f"{len(texts)} code cells of the student's own were kept in their places")
        keep(rebuilt.notebook, cells, texts, taken)
    return rebuilt


def beside_name(cell: NotebookNode) -> str:
    """The text of a cell without the line that binds STUDENT."""
    return NAMED.sub("", cell.source).strip()


def place_of(cell: NotebookNode) -> str:
    """What a cell of a hand-in calls itself."""
    return str(cell.metadata["place"] or cell.metadata["cell_id"])


def id_of(cell: NotebookNode) -> str:
    """The grade_id of a released cell; "" for a plain one."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def answers_of(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """grade_id -> cell, for all that a student writes."""
    return {id_of(cell): cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")}


def matching(place: str, target: NotebookNode, cells: list[NotebookNode], taken: dict[int, str]) -> list[int]:
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


def keep(
    notebook: NotebookNode, cells: list[NotebookNode], texts: dict[int, str], taken: dict[int, str]
) -> None:
    """Put the student's own code where it stood: before the released cell that followed it."""
    released = {
        key: cell for cell in notebook.cells for key in (cell.source.strip(), cell.id, id_of(cell)) if key
    }
    places = {i: released[place] for i, place in taken.items()}
    for i, cell in enumerate(cells):
        keys = (cell.metadata["place"], cell.metadata["cell_id"], cell.source.strip())
        known = [released[key] for key in keys if key in released]
        if i not in texts and known:
            places.setdefault(i, known[0])
    for i in sorted(texts, reverse=True):
        after = next((places[j] for j in sorted(places) if j > i), None)
        at = next((k for k, cell in enumerate(notebook.cells) if cell is after), len(notebook.cells))
        notebook.cells.insert(at, nbformat.v4.new_code_cell(texts[i]))
