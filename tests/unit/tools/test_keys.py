"""What a notebook's result depends on: its own imports, data, versions and settings, and nothing else."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path

import nbformat
import pytest

from tools.build import chapters
from tools.keys import CELLS, distributions, ingredients, reason
from tools.sync import ROOT

RUN = "from deepseek_book_utils.run import run"


def key(path: Path, cells: str = "hash") -> dict[str, str]:
    return ingredients(path.parent.parent, path, nbformat.read(path, as_version=4), cells)


def test_a_key_names_the_closure_the_versions_and_the_settings(book) -> None:
    path = book(RUN, "import numpy as np\n\ndef later():\n    import yaml")
    found = key(path)
    assert found[CELLS] == "hash" and found["Python"].startswith(platform.python_version())
    losses = path.parent.parent / "deepseek_book_utils" / "rl" / "losses.py"
    assert found["deepseek_book_utils/rl/losses.py"] == hashlib.sha256(losses.read_bytes()).hexdigest()
    for name in ("numpy", "PyYAML", "torch", "ipykernel"):  # torch through losses.py
        assert found[name] == metadata.version(name)
    assert "scikit-learn" not in found and "notebooks/01_test.ipynb" not in found


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ("deepseek_book_utils/rl/losses.py", "rl/losses.py changed"),
        ("deepseek_book_utils/run.py", "run.py changed"),
        ("deepseek_book_utils/apart.py", ""),
        ("notebooks/02_other.ipynb", ""),
        ("requirements.txt", ""),
    ],
)
def test_an_edit_is_a_reason_where_the_notebook_runs_the_file(book, changed: str, says: str) -> None:
    path = book(RUN)
    root = path.parent.parent
    (root / "deepseek_book_utils" / "apart.py").write_text("")
    before = key(path)
    with (root / changed).open("a") as file:
        file.write("\n# edited\n")
    assert reason(before, key(path)) == says


def test_the_scale_is_part_of_the_key(book, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book("1")
    before = key(path)
    monkeypatch.setenv("DEEPSEEK_BOOK_SCALE", "gpu")
    assert reason(before, key(path)) == "DEEPSEEK_BOOK_SCALE none -> gpu"


def test_reasons_are_words() -> None:
    before = {CELLS: "a", "torch": "2.13.0", "deepseek_book_utils/x.py": "1", "deepseek_book_utils/y.js": "1"}
    assert reason(None, before) == "never run"
    assert reason(before, before) == ""
    assert reason(before, {**before, "torch": "2.14.0"}) == "torch 2.13.0 -> 2.14.0"
    assert reason(before, {**before, CELLS: "b"}) == "its code cells changed"
    gone = {name: value for name, value in before.items() if not name.endswith("y.js")}
    assert reason(before, {**gone, "deepseek_book_utils/z.py": "1"}) == "z.py new, y.js gone"
    many = reason({}, {f"tools/{i}.py": "1" for i in range(5)})
    assert many == "tools/0.py new, tools/1.py new, tools/2.py new, 2 more"


def test_the_books_own_package_and_the_standard_library_are_no_distributions() -> None:
    found = distributions(
        ["import os, json\nfrom deepseek_book_utils.rl import x", "import sklearn.datasets"]
    )
    assert "scikit-learn" in found and "deepseek-book-utils" not in found
    assert set(found) == {"scikit-learn", "ipykernel", "ipython", "matplotlib-inline"}


def test_chapters_depend_on_what_they_import_and_on_no_grader() -> None:
    keys = {}
    for name in chapters(ROOT):
        path = ROOT / f"{name}.ipynb"
        keys[name] = ingredients(ROOT, path, nbformat.read(path, as_version=4), "")
    for name, found in keys.items():
        assert not [file for file in found if file.startswith("deepseek_book_utils/exercises/")], name
        assert {"deepseek_book_utils/figures/figure.css", "tools/execute.py", "torch"} <= set(found), name
    using_trpo = [name for name, found in keys.items() if "deepseek_book_utils/rl/policy/trpo.py" in found]
    assert using_trpo == ["notebooks/04_policy_optimisation"]
