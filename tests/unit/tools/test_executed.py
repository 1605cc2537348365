"""Cells that no kernel has run are counted."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.executed import main


def write(path: Path, *counts: int | None) -> None:
    """A notebook of text, an empty cell, and cells with these numbers."""
    cells = [new_code_cell("1", execution_count=count) for count in counts]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("text"), new_code_cell(""), *cells]), path)


@pytest.mark.parametrize(
    ("counts", "status", "line"),
    [([1, 2], 0, "2 of    2"), ([1, None], 1, "1 of    2"), ([], 1, "0 of    0"), (None, 1, "0 of    0")],
    ids=["all", "one not", "no cell", "never executed"],
)
def test_a_chapter_is_counted(counts, status: int, line: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: notebooks/01_one\n")
    write(tmp_path / "notebooks" / "01_one.ipynb", None)
    if counts is not None:
        write(tmp_path / "_build" / "executed" / "01_one.ipynb", *counts)
    assert main(tmp_path) == status
    assert line in capsys.readouterr().out
