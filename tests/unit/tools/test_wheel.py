"""Downloads install the wheel that stands beside the site, and nothing else of them changes."""

from pathlib import Path

import nbformat

from tools.sync import main
from tools.wheel import install_from

ADDRESS = "deepseek-book-utils @ https://example.org/site/wheels/deepseek_book_utils-1.2.0-py3-none-any.whl"


def test_the_setup_cell_of_every_download_names_the_wheel(book) -> None:
    path = book("# sync: setup", "x = 'git+https://example.org/book@v1.2.0'")
    root = path.parent.parent
    book("1", name="02_other.ipynb")
    assert main([], root) == 0
    before = nbformat.read(path, as_version=4)
    assert install_from(ADDRESS, root / "notebooks", root) == 1
    after = nbformat.read(path, as_version=4)
    assert f'source = "{ADDRESS}"' in after.cells[1].source and "git+" not in after.cells[1].source
    assert 'release = "1.2.0"' in after.cells[1].source
    assert after.cells[1].id == before.cells[1].id and after.cells[2] == before.cells[2]


def test_every_exercise_and_chapter_of_the_book_has_a_cell_to_pin(root: Path, tmp_path: Path) -> None:
    notebooks = sorted((root / "notebooks").rglob("*.ipynb"))
    for number, path in enumerate(notebooks):
        (tmp_path / f"{number}.ipynb").write_bytes(path.read_bytes())
    assert install_from(ADDRESS, tmp_path, root) == len(notebooks)
    assert not [path for path in tmp_path.iterdir() if "git+https" in path.read_text()]
