"""The pages that are made from data say what the data says."""

import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
MIME = "application/vnd.deepseek-book.claim+json"


def claim_notebook(record: dict) -> nbformat.NotebookNode:
    """A notebook whose second cell printed one claim."""
    cell = new_code_cell("claim(...)", outputs=[new_output("display_data", {MIME: record, "text/plain": ""})])
    return new_notebook(cells=[new_markdown_cell("# Title"), cell])


def test_claims_are_read_with_their_cell(book_site: SimpleNamespace) -> None:
    record = {"name": "a", "statement": "S", "holds": True, "evidence": "E", "paper": ""}
    (claim,) = book_site.scoreboard.claims(claim_notebook(record))
    assert (claim.cell, claim.name, claim.holds) == (1, "a", True)


def test_a_claim_without_evidence_is_refused(book_site: SimpleNamespace) -> None:
    record = {"name": "a", "statement": "S", "holds": True, "paper": ""}
    with pytest.raises(ValueError, match="cell 2: a claim needs.*evidence"):
        list(book_site.scoreboard.claims(claim_notebook(record)))


def test_every_claim_of_the_run_is_on_the_scoreboard(site: Path, book_site: SimpleNamespace) -> None:
    page = (site / "book" / "scoreboard.html").read_text()
    executed = sorted((site.parent / "executed").glob("*.ipynb"))
    names = [
        claim.name
        for path in executed
        for claim in book_site.scoreboard.claims(nbformat.read(path, as_version=4))
    ]
    assert names and len(set(names)) == len(names), f"each claim needs a name of its own: {names}"
    assert re.findall(r'id="claim-([^"]+)"', page) == names
    quoted = re.findall(r'href="#claim-([^"]+)"', page)  # what surprised, what did not reproduce
    assert len(quoted) == len(set(quoted)) >= 10 and set(quoted) <= set(names)


def test_a_claim_that_no_chapter_makes_cannot_be_quoted(book_site: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="names \\['gone'\\], and no chapter has such claims"):
        book_site.scoreboard.short_list(["gone"], {})


def test_every_row_has_section_symbol_and_test(site: Path, book_site: SimpleNamespace) -> None:
    rows = book_site.systems.load_rows(ROOT)
    assert rows
    for row in rows:
        page, _, anchor = row.section.partition("#")
        html = (site / f"{page}.html").read_text()
        assert anchor and f'id="{anchor}"' in html, f"row {row.id}: no section {row.section}"
        module, name = row.symbol.rsplit(".", 1)
        try:
            owner = importlib.import_module(module)
        except ModuleNotFoundError:  # a method: its class stands in the module
            owner = getattr(importlib.import_module(module.rsplit(".", 1)[0]), module.rsplit(".", 1)[1])
        assert hasattr(owner, name), f"row {row.id}: {module} has no {name}"
        file, line = book_site.systems.find_test(ROOT, row.test)
        assert "def test_" in (ROOT / file).read_text().splitlines()[line - 1], f"row {row.id}: {row.test}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {id: '1', title: t, section: s, symbol: y}", "must have exactly the keys"),
        ("- {id: '1', title: t, section: s, symbol: y, test: t}\n" * 2, "comes twice"),
    ],
)
def test_a_bad_row_is_refused(tmp_path: Path, book_site: SimpleNamespace, text: str, message: str) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "systems.yml").write_text(text)
    with pytest.raises(ValueError, match=message):
        book_site.systems.load_rows(tmp_path)


def test_symbols_and_tests_are_found_by_name(tmp_path: Path, book_site: SimpleNamespace) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("X: int = 1\n\n\nclass A:\n    def run(self):\n        pass\n")
    find = book_site.systems.find_symbol
    assert find(tmp_path, "pack.part.X") == ("pack/part.py", 1)
    assert find(tmp_path, "pack.part.A.run") == ("pack/part.py", 5)
    assert book_site.systems.find_test(tmp_path, "pack/part.py::A::run[3]") == ("pack/part.py", 5)
    with pytest.raises(LookupError, match="does not define nothing"):
        find(tmp_path, "pack.part.nothing")
    with pytest.raises(LookupError, match="no module"):
        find(tmp_path, "other.thing")
    with pytest.raises(LookupError, match="not a test in it"):
        book_site.systems.find_test(tmp_path, "pack/part.py")
