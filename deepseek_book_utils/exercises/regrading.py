"""Replaces what the tests of an executed notebook say by the verdicts of a fresh process (`fresh`)."""

import hashlib
import re
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import is_grade, is_locked, is_solution

ODD = "graded_odd"  # in the metadata of the graded notebook: sentences for `course_report`
STOPPED = "graded_stopped"  # there: why its own kernel did not run all cells
SHARE = "graded_share"  # in the metadata of a test that failed: the share of its points that is earned
NO_ANSWER_NEEDS = re.compile(  # ways to what grades, in the student's own code
    r"\b(f_back|f_globals|f_locals|__globals__|__closure__|__code__|__subclasses__|_getframe|getsignal"
    r"|signal\.signal|setitimer|get_referrers|get_objects|ctypes)\b"
)
PACKAGE = Path(__file__).parents[1]


def is_test(cell: NotebookNode) -> bool:
    """Whether nbgrader scores this cell by running it."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


def errors_of(cell: NotebookNode) -> list[NotebookNode]:
    """The errors among a cell's outputs."""
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


def regrade(notebook: NotebookNode) -> None:
    """Give every test the output that it has in a fresh process; note in the metadata what was odd."""
    from .fresh import ENDED, verdicts  # which needs torch: nbgrader's other commands do without its seconds

    cells = [as_cell(cell) for cell in notebook.cells if cell.cell_type == "code"]
    found, stopped = verdicts(cells)
    own = "\n".join(cell["source"] for cell in cells if cell["kind"] == "own")
    named = ", ".join(f"`{name}`" for name in sorted(set(NO_ANSWER_NEEDS.findall(own))))
    odd = [f"the code names {named}, which no answer needs"] if named else []
    whole = STOPPED not in notebook.metadata
    if not whole:
        odd.append(notebook.metadata.pop(STOPPED))
    for cell in filter(is_test, notebook.cells):
        place, passed = cell.metadata.nbgrader["grade_id"], not errors_of(cell)
        verdict = found.get(place)
        cell.metadata.pop(SHARE, None)
        if stopped:
            error = ["NotGraded", f"The fresh process that grades could not be used: {stopped}"]
            cell.outputs = [as_error(*error)]
        elif verdict is None:
            cell.outputs = [as_error(*ENDED)]
        else:
            cell.outputs = [new_output("stream", name="stdout", text=verdict["printed"])]
            cell.outputs += [as_error(*verdict["error"])] if verdict["error"] else []
            cell.metadata[SHARE] = verdict["share"]
            odd += verdict["odd"]
        if passed and errors_of(cell) and whole and not stopped:
            odd.append(f"`{place}` passed in the notebook, and not in a fresh process, which counts")
        elif not passed and whole and not errors_of(cell):
            odd.append(f"`{place}` passed in a fresh process, which counts, and not in the notebook")
    notebook.metadata[ODD] = [f"not graded: {stopped}"] if stopped else list(dict.fromkeys(odd))


def as_cell(cell: NotebookNode) -> dict[str, str]:
    """A code cell as the fresh process takes it; magics of IPython become calls."""
    marks = cell.metadata.get("nbgrader", {})
    kind = "test" if is_test(cell) else "locked" if is_locked(cell) else "own"
    source = cell.source if kind != "own" else TransformerManager().transform_cell(cell.source)
    return {"place": str(marks.get("grade_id") or cell.get("id", "")), "kind": kind, "source": source}


def as_error(name: str, message: str) -> NotebookNode:
    """An error's output without a traceback."""
    shown = message if name in ("NotPassed", "NotGraded") else f"{name}: {message}"
    return new_output("error", ename=name, evalue=message, traceback=shown.split("\n"))


def digest_of_package() -> str:
    """A digest of the package's source files."""
    together: Any = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        together.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return str(together.hexdigest())
