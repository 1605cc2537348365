"""How many code cells of each chapter the last build executed: `make executed`, after `make book`.

A book whose pages are made from a cache can stay green although nothing runs any more. From an empty cache
every code cell must carry the number that its kernel gave it.
"""

import sys
from pathlib import Path

import nbformat

from tools.build import ROOT, chapters


def executed(root: Path, name: str) -> tuple[int, int]:
    """The code cells of a chapter that a kernel has run, and all of them but empty ones."""
    path = root / "_build" / "executed" / f"{Path(name).name}.ipynb"
    if not path.is_file():
        return 0, 0
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    cells = [cell for cell in cells if cell.source.strip()]
    return sum(cell.execution_count is not None for cell in cells), len(cells)


def main(root: Path = ROOT) -> int:
    """Print a line for each chapter; 1 if a cell was not run, or a chapter has none."""
    missing = 0
    for name in chapters(root):
        ran, cells = executed(root, name)
        print(f"{name:32} {ran:4} of {cells:4} code cells")
        missing += ran < cells or not cells
    if missing:
        print(
            f"make executed: {missing} chapters did not run as a whole. Fix: make clean book", file=sys.stderr
        )
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())
