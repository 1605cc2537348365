"""`make sync` writes exact source, twice the same, and `--check` names what drifted and how to mend it."""

from pathlib import Path

import nbformat
import pytest

from tools.package import Package, SyncError
from tools.sync import header_of, main, sync_notebook

HOME = "deepseek_book_utils.rl.losses"


def cells(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def synced(path: Path) -> list[str]:
    root = path.parent.parent
    assert sync_notebook(path, Package(root / "deepseek_book_utils"), root, write=True) == []
    return cells(path)


def problems(path: Path) -> list[str]:
    root = path.parent.parent
    return [str(p) for p in sync_notebook(path, Package(root / "deepseek_book_utils"), root, write=False)]


@pytest.mark.parametrize(
    ("names", "source"),
    [
        ("EPSILON", "EPSILON: float = 1e-6  # keeps a division finite"),
        ("LOW, HIGH", "LOW, HIGH = (\n    0.8,\n    1.2,\n)"),
        ("SECOND", 'FIRST = SECOND = "both"'),
        ("Pair, EPSILON", "Pair = tuple[int, int]\nEPSILON: float = 1e-6  # keeps a division finite"),
        (
            "EPSILON, mark",
            "EPSILON: float = 1e-6  # keeps a division finite\n\n\ndef mark(function):\n    return function",
        ),
        (
            "ratio",
            "@mark\n@mark\ndef ratio(new: Tensor, old: Tensor) -> Tensor:\n"
            '    """Ratio."""\n\n    # pi / pi_old\n    return softly((new - old).exp(), EPSILON)',
        ),
    ],
)
def test_writes_the_exact_source(book, names: str, source: str) -> None:
    path = book(f"# sync: {HOME}.{names}\nold = 1")
    assert synced(path) == [f"# sync: {HOME}.{names}\n{source}"]


def test_a_class_comes_with_decorator_comments_and_methods(book) -> None:
    path = book(f"# sync: {HOME}.Settings")
    [cell] = synced(path)
    module = (path.parent.parent / "deepseek_book_utils/rl/losses.py").read_text()
    body = cell.split("\n", 1)[1]
    assert body in module
    assert body.startswith("@dataclass(frozen=True)\nclass Settings:")
    assert body.endswith("return self.clip > EPSILON") and "# the published value" in body


def test_syncing_twice_changes_no_byte_and_keeps_ids_and_other_cells(book) -> None:
    path = book("x = 1  ", f"# sync: {HOME}.loss", "# sync: setup", "# é is not escaped")
    before = nbformat.read(path, as_version=4)
    synced(path)
    once = path.read_bytes()
    synced(path)
    assert path.read_bytes() == once
    after = nbformat.read(path, as_version=4)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [after.cells[i].source for i in (0, 1, 4)] == [before.cells[i].source for i in (0, 1, 4)]
    assert "é" in once.decode()


def test_checking_writes_nothing(book) -> None:
    path = book(f"# sync: {HOME}.loss\nold = 1")
    before = path.read_bytes()
    assert problems(path)
    assert path.read_bytes() == before


def test_drift_is_named_with_notebook_cell_symbol_and_fix(book) -> None:
    path = book(f"# sync: {HOME}.mark", f"# sync: {HOME}.EPSILON")
    synced(path)
    assert problems(path) == []
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source = notebook.cells[2].source.replace("1e-6", "1e-7")
    nbformat.write(notebook, path)
    [problem] = problems(path)
    assert problem.startswith("notebooks/01_test.ipynb, cell 3: ")
    assert f"{HOME}.EPSILON" in problem and "`make sync`" in problem


def test_a_change_in_the_package_is_drift_until_synced(book) -> None:
    path = book(f"# sync: {HOME}.EPSILON")
    synced(path)
    module = path.parent.parent / "deepseek_book_utils/rl/losses.py"
    module.write_text(module.read_text().replace("1e-6", "1e-3"))
    assert len(problems(path)) == 1
    assert "1e-3" in synced(path)[0]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (f"# sync: {HOME}.nothing", "defines no `nothing`"),
        (f"# sync: {HOME}.hidden", "inside another statement"),
        (f"# sync: {HOME}.again", "more than once (lines"),
        ("# sync: deepseek_book_utils.absent.x", "no module `deepseek_book_utils.absent`"),
        ("# sync: loss", "package.module.name"),
        (f"# sync: {HOME}.loss, {HOME}.train", "package.module.name"),
        (f"#sync: {HOME}.loss", "is no sync line"),
        (f"# Sync : {HOME}.loss", "is no sync line"),
        ("# sync:", "is no sync line"),
        (f"x = 1\n# sync: {HOME}.loss", "below the first line"),
    ],
)
def test_a_wrong_header_is_named_with_its_fix(book, header: str, says: str) -> None:
    [problem] = problems(book(header))
    assert says in problem and "Fix: " in problem and "cell 2" in problem


def test_an_ordinary_cell_has_no_header() -> None:
    assert header_of("# sync the clocks\nx = 1") == ""
    assert header_of("") == ""


def test_outputs_counts_and_widget_state_are_dropped_on_writing(book) -> None:
    path = book("1")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1")]
    notebook.cells[1].execution_count = 3
    nbformat.write(notebook, path)
    synced(path)
    after = nbformat.read(path, as_version=4)
    assert "widgets" not in after.metadata
    assert after.cells[1].outputs == [] and after.cells[1].execution_count is None


def test_a_notebook_without_ids_gets_them_once(book) -> None:
    path = book("1", "2")
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    nbformat.write(notebook, path)
    synced(path)
    once = path.read_bytes()
    synced(path)
    assert path.read_bytes() == once
    assert len({cell.id for cell in nbformat.read(path, as_version=4).cells}) == 3


def test_a_broken_file_is_named(book) -> None:
    path = book("1")
    path.write_text("<<<<<<< ours")
    [problem] = problems(path)
    assert "01_test.ipynb: not a notebook" in problem and "Fix: " in problem


def test_the_command_line(book, capsys: pytest.CaptureFixture[str]) -> None:
    path = book("# sync: setup", f"# sync: {HOME}.EPSILON")
    root = path.parent.parent
    assert main(["--check"], root) == 1
    assert "Fix: " in capsys.readouterr().err
    assert main([], root) == 0
    assert "rewrote 01_test.ipynb" in capsys.readouterr().out
    assert main(["--check"], root) == 0
    assert "rewrote" not in capsys.readouterr().out


@pytest.mark.parametrize("changed", ["notebook", "package", "a new module", "tools", "an ingredient is gone"])
def test_what_was_in_step_is_checked_again_once_anything_changed(
    changed: str, book, capsys: pytest.CaptureFixture[str]
) -> None:
    path = book(f"# sync: {HOME}.EPSILON")
    root = path.parent.parent
    synced(path)
    assert main(["--check"], root) == main(["--check"], root) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "every chain closed" in first and "as when they were last checked" in second
    losses = root / "deepseek_book_utils" / "rl" / "losses.py"
    if changed == "notebook":
        path.write_text(path.read_text().replace("1e-6", "1e-5"))
    elif changed == "package":
        losses.write_text(losses.read_text().replace("1e-6", "1e-5"))
    elif changed == "a new module":
        (losses.parent / "new.py").write_text("x = (\n")
    elif changed == "tools":
        (root / "tools").mkdir()
        (root / "tools" / "sync.py").write_text("checks = 'more'\n")
    else:
        (root / "_config.yml").unlink()
    assert main(["--check"], root) == (changed in ("notebook", "package"))
    assert "as when they were last checked" not in capsys.readouterr().out


def test_the_command_line_also_fails_on_an_open_chain(book, capsys: pytest.CaptureFixture[str]) -> None:
    path = book(f"# sync: {HOME}.train")
    assert main([], path.parent.parent) == 1
    assert "no earlier cell shows" in capsys.readouterr().err


def test_a_name_that_hides_a_module_is_found(book, capsys: pytest.CaptureFixture[str]) -> None:
    root = book("1").parent.parent
    (root / "deepseek_book_utils/rl/__init__.py").write_text("from .losses import loss as losses\n")
    assert main([], root) == 1
    assert "binds `losses`, the name of its module too. Fix: " in capsys.readouterr().err


def test_a_broken_module_is_named(book, capsys: pytest.CaptureFixture[str]) -> None:
    root = book("1").parent.parent
    (root / "deepseek_book_utils/nn.py").write_text("def f(:\n")
    (root / "deepseek_book_utils/__init__.py").write_text("x = (\n")
    assert main([], root) == 1
    assert "deepseek_book_utils is not Python" in capsys.readouterr().err


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="No package at .*Fix: "):
        Package(tmp_path / "deepseek_book_utils")
