"""Whatever a class hands in is collected under the right name with its answers, or named with what to do."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from deepseek_book_utils.exercises import collect
from deepseek_book_utils.exercises.hand_ins import HandIn
from deepseek_book_utils.exercises.rebuilding import NotANotebook, id_of, read_cells, rebuild
from tests.exercises.classroom import filled, named, open_course, solutions
from tools.sync import ROOT

SOURCE = ROOT / "notebooks" / "exercises" / "04_r1_zero.ipynb"
NAME = SOURCE.stem


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """What students get."""
    room = open_course(tmp_path_factory.mktemp("class"), SOURCE)
    return nbformat.read(room.course.parent / "student" / SOURCE.name, as_version=4)


@pytest.fixture(scope="module")
def right(released: NotebookNode) -> NotebookNode:
    """Every answer, named `ada`."""
    return named(filled(released, solutions(SOURCE)), "ada")


def text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook)


def answers(notebook: NotebookNode) -> dict[str, str]:
    return {id_of(c): c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution")}


def test_the_newest_of_two_counts_and_the_other_is_named(released: NotebookNode, right: NotebookNode) -> None:
    old, new = text(released).encode(), text(right).encode()
    for first, second in (
        (f"ada_{NAME}.ipynb", f"ada_{NAME} (1).ipynb"),
        (f"lovelaceada_1_2_{NAME}.ipynb", f"lovelaceada_LATE_1_3_{NAME}-1.ipynb"),
        (
            f"4_ada_attempt_2026-11-27-09-00-00_{NAME}.ipynb",
            f"4_ada_attempt_2026-11-28-09-00-00_{NAME}.ipynb",
        ),
    ):
        files = [HandIn(second, new, 0.0), HandIn(first, old, 0.0)]
        for order in (files, files[::-1]):
            found = collect.collect(released, NAME, order, {})
            [notebook] = found.notebooks.values()
            assert answers(notebook) == answers(right)
            assert any(f"{second} is the newest; left aside: {first}" in line for line in found.report)


def test_a_damaged_newest_file_does_not_hide_the_one_before(
    released: NotebookNode, right: NotebookNode
) -> None:
    whole = text(right).encode()
    files = [HandIn(f"ada_{NAME}.ipynb", whole, 0.0), HandIn(f"ada_{NAME} (1).ipynb", whole[:5000], 1.0)]
    found = collect.collect(released, NAME, files, {})
    assert answers(found.notebooks["ada"]) == answers(right)
    assert f"ada: the file is damaged (ada_{NAME} (1).ipynb). Fix: ask for it again." in found.report


def test_a_roster_gives_every_name_its_student(
    tmp_path: Path, released: NotebookNode, right: NotebookNode
) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("id,name,mail\nal815,Ada Lovelace,ada@example.com\ngh1,Grace Hopper,\n", "utf-8-sig")
    roster = collect.read_roster(path)
    data = text(right).encode()
    files = [
        HandIn(f"Ada LOVELACE_1_assignsubmission_file_/{NAME}.ipynb", data, 0.0),
        HandIn(f"eve_{NAME}.ipynb", data, 0.0),
    ]
    found = collect.collect(released, NAME, files, roster)
    assert list(found.notebooks) == ["al815"]
    assert "gh1: nothing was collected." in found.report
    assert any("'eve' is not in the roster. Fix:" in line for line in found.report)
    path.write_text("id,name\na,Ada\nb,Ada\n")
    with pytest.raises(ValueError, match="'ada' stands for a and b: drop one of them"):
        collect.read_roster(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "cp1252"])
def test_every_encoding_is_read(encoding: str, released: NotebookNode, right: NotebookNode) -> None:
    notebook = copy.deepcopy(right)
    known = "é" if encoding == "cp1252" else "优势"
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells[3].source = f"# {known}\n{notebook.cells[3].source}"
    data = json.dumps(notebook, ensure_ascii=False).encode(encoding, "replace")
    assert known in read_cells(data)[3].source
    file = HandIn(f"ada_{NAME}.ipynb", data, 0.0)
    assert list(collect.collect(released, NAME, [file], {}).notebooks) == ["ada"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>sign in", "the file is a web page"),
        (b'{"cells": [', "the file is damaged"),
        (b'{"cells": null}', "the file has no cells"),
        (b"[1, 2]", "the file has no cells"),
        (b'{"cells": [1, 2], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "the file is no notebook"),
        (b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "the file is no notebook"),
    ],
)
def test_what_is_no_notebook_is_named(data: bytes, says: str, released: NotebookNode) -> None:
    with pytest.raises(NotANotebook, match=says):
        read_cells(data)
    found = collect.collect(released, NAME, [HandIn(f"ada_{NAME}.ipynb", data, 0.0)], {})
    assert found.notebooks == {} and len(found.report) == 1 and "Fix: ask for it again" in found.report[0]


def test_a_notebook_of_the_third_version_is_read(right: NotebookNode) -> None:
    old = nbformat.convert(copy.deepcopy(right), 3)
    cells = read_cells(nbformat.writes(old, version=3).encode())
    assert answers(right)["group-advantages-answer"] in [cell.source for cell in cells]


# --- notebooks ---


def without_marks(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata, cell.id = NotebookNode(), f"x{id(cell)}"


def other_ids(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id += "-copy"


def no_ids(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = ""


def copied_cell(notebook: NotebookNode) -> None:
    notebook.cells.insert(8, copy.deepcopy(answer(notebook)))


def split_cell(notebook: NotebookNode) -> None:
    whole = answer(notebook)
    second = copy.deepcopy(whole)
    lines = whole.source.split("\n")
    whole.source, second.source = "import math as student_math", "\n".join(lines)
    notebook.cells.insert(notebook.cells.index(whole) + 1, second)


def tampered(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            cell.source, cell.metadata.nbgrader.points = "print('passed')", 100


def changed_imports(notebook: NotebookNode) -> None:
    [imports] = [cell for cell in notebook.cells if id_of(cell) == "imports"]
    imports.source = "import numpy as np\n" + imports.source


def answer(notebook: NotebookNode) -> NotebookNode:
    [found] = [cell for cell in notebook.cells if id_of(cell) == "group-advantages-answer"]
    return found


HARMS: dict[Callable[[NotebookNode], None], str] = {
    without_marks: "",
    other_ids: "",
    no_ids: "",
    copied_cell: "`group-advantages-answer` stands in 2 cells; they were joined",
    split_cell: "`group-advantages-answer` stands in 2 cells; they were joined",
    tampered: "read-only cells were changed and put back (",
    changed_imports: "read-only cells were changed and put back (imports)",
}


@pytest.mark.parametrize("harm", HARMS)
def test_no_harm_to_a_notebook_costs_an_answer(
    harm: Callable[[NotebookNode], None], released: NotebookNode, right: NotebookNode
) -> None:
    notebook = copy.deepcopy(right)
    harm(notebook)
    rebuilt = rebuild(released, read_cells(text(notebook).encode()))
    assert any(HARMS[harm] in odd for odd in rebuilt.odd) or (HARMS[harm], rebuilt.odd) == ("", [])
    graded = {id_of(cell): cell for cell in released.cells if id_of(cell)}
    for cell in rebuilt.notebook.cells:
        if id_of(cell) and not cell.metadata.nbgrader.solution:
            assert cell == graded[id_of(cell)]
    code = {id_of(c): c.source for c in right.cells if id_of(c) in answers(right) and c.cell_type == "code"}
    got = answers(rebuilt.notebook)
    assert all(code[name] in got[name] for name in code)


def test_what_stands_beside_the_name_is_kept(released: NotebookNode, right: NotebookNode) -> None:
    notebook = copy.deepcopy(right)
    [name] = [cell for cell in notebook.cells if cell.source.startswith("STUDENT")]
    name.source = f"import numpy as np\n{name.source}"
    rebuilt = rebuild(released, read_cells(text(notebook).encode()))
    sources = [cell.source for cell in rebuilt.notebook.cells]
    assert sources.index("import numpy as np") < sources.index(answer(right).source)
    assert 'STUDENT = "ada"' in [source.replace("'", '"') for source in sources]


def test_an_answer_below_its_cell_stands_before_its_check(
    released: NotebookNode, right: NotebookNode
) -> None:
    notebook = copy.deepcopy(right)
    whole = answer(notebook)
    notebook.cells.insert(notebook.cells.index(whole) + 1, nbformat.v4.new_code_cell(whole.source))
    whole.source = "pass"
    rebuilt = rebuild(released, read_cells(text(notebook).encode()))
    places = [id_of(cell) or cell.source for cell in rebuilt.notebook.cells]
    at = places.index("group-advantages-answer")
    assert places[at + 1] == answer(right).source and places[at + 2] == "group-advantages-check"


def test_the_students_own_cells_stay_before_the_answer_that_they_precede(
    released: NotebookNode, right: NotebookNode
) -> None:
    notebook = copy.deepcopy(right)
    helper = nbformat.v4.new_code_cell("def my_helper():\n    return 1")
    notebook.cells.insert(notebook.cells.index(answer(notebook)), helper)
    rebuilt = rebuild(released, read_cells(text(notebook).encode()))
    sources = [cell.source for cell in rebuilt.notebook.cells]
    assert sources.index(helper.source) + 1 == sources.index(answer(right).source)
    assert len(sources) == len(released.cells) + 1
    assert ["1 code cells of the student's own were kept" in odd for odd in rebuilt.odd] == [True]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('STUDENT = "ada"', "ada"),
        ("STUDENT = 'ada'  # me", "ada"),
        ("STUDENT = ada", "ada"),
        ("STUDENT = 4815", "4815"),
        ('STUDENT = "your-id"', ""),
        ("", ""),
    ],
)
def test_student_is_never_missing(line: str, name: str, released: NotebookNode, right: NotebookNode) -> None:
    notebook = copy.deepcopy(right)
    for cell in notebook.cells:
        cell.source = cell.source.replace('STUDENT = "ada"', line)
    rebuilt = rebuild(released, read_cells(text(notebook).encode()))
    assert rebuilt.name == name
    file = HandIn(f"Grace Hopper_1_assignsubmission_file_/{NAME}.ipynb", text(notebook).encode(), 0.0)
    [collected] = collect.collect(released, NAME, [file], {}).notebooks.values()
    assert [c.source for c in collected.cells if c.source.startswith("STUDENT")] == [
        f"STUDENT = {(name or 'Grace-Hopper')!r}"
    ]
