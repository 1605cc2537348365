"""The closed chain, with one fault planted at a time."""

from pathlib import Path

import pytest

from tools.chain import chain_problems
from tools.package import Package

HOME = "deepseek_book_utils.rl.losses"
IMPORTS = """\
import math
from dataclasses import dataclass, field

import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.nn import softly
"""
WHOLE = [
    IMPORTS,
    f"# sync: {HOME}.Pair, EPSILON, HIGH",
    f"# sync: {HOME}.mark",
    f"# sync: {HOME}.Settings, ratio, loss",
    f"# sync: {HOME}.train",
    "history = train(3)",
]


def problems(path: Path) -> list[str]:
    root = path.parent.parent
    return [str(problem) for problem in chain_problems(path, Package(root / "deepseek_book_utils"), root)]


def only(path: Path) -> str:
    [problem] = problems(path)
    assert problem.startswith("notebooks/01_test.ipynb, cell ") and "Fix: " in problem
    return problem


def test_a_whole_chain_is_closed(book) -> None:
    assert problems(book("# sync: setup", *WHOLE)) == []


def test_every_missing_link_is_found(book) -> None:
    """Leave out any cell but the last two: nothing would then be missing."""
    for i in range(len(WHOLE) - 2):
        assert problems(book(*WHOLE[:i], *WHOLE[i + 1 :])), f"cell left out: {WHOLE[i]}"


def test_a_missing_import_is_named_with_the_line_to_write(book) -> None:
    problem = only(
        book(IMPORTS.replace("from torch import Tensor\n", ""), *WHOLE[1:3], f"# sync: {HOME}.ratio")
    )
    assert "cell 5: line 4 uses `Tensor`, which no earlier cell binds" in problem
    assert "`from torch import Tensor`" in problem


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import torch.nn.functional as F\n", "`import torch.nn.functional as F`"),
        ("import math\n", "`import math`"),
        ("from deepseek_book_utils.nn import softly\n", "`from deepseek_book_utils.nn import softly`"),
    ],
)
def test_the_proposed_import_has_the_package_s_form(book, line: str, says: str) -> None:
    found = problems(book(IMPORTS.replace(line, ""), *WHOLE[1:]))
    assert len(found) == 1 and says in found[0]


def test_an_import_of_something_else_under_the_same_name_is_found(book) -> None:
    other = IMPORTS.replace("torch.nn.functional as F", "numpy.linalg as F")
    assert "torch.nn.functional in the package and numpy.linalg in cell 2" in only(book(other, *WHOLE[1:]))


def test_two_spellings_of_one_import_are_the_same(book) -> None:
    same = IMPORTS.replace("import torch.nn.functional as F", "from torch.nn import functional as F")
    assert problems(book(same, *WHOLE[1:])) == []


def test_a_name_of_the_own_module_must_be_shown(book) -> None:
    problem = only(book(IMPORTS, f"# sync: {HOME}.train"))
    assert "uses `loss`, which no earlier cell shows" in problem
    assert f"`# sync: {HOME}.loss`" in problem and f"`from {HOME} import loss  # helper`" in problem


def test_shown_too_late_is_named(book) -> None:
    problem = only(book(*WHOLE[:3], WHOLE[4], WHOLE[3]))
    assert "uses `loss`, which only cell 6 shows. Fix: move that cell up." in problem


def test_a_default_argument_needs_its_class_before_it_in_the_same_cell(book) -> None:
    problem = only(book(*WHOLE[:3], f"# sync: {HOME}.loss, Settings, ratio"))
    assert "uses `Settings`, which this cell shows further down" in problem


def test_a_function_body_may_use_what_its_own_cell_shows_later(book) -> None:
    assert problems(book(*WHOLE[:3], f"# sync: {HOME}.Settings, loss, ratio")) == []


def test_an_import_instead_of_a_shown_name_is_a_bypass(book) -> None:
    problem = only(book(f"from {HOME} import loss", f"# sync: {HOME}.train"))
    assert "uses `loss`, which cell 2 imports" in problem


@pytest.mark.parametrize(
    "line",
    [
        f"from {HOME} import loss  # helper",
        f"from {HOME} import loss  # helper: the loss of the last chapter",
        f"from {HOME} import (\n    HIGH,\n    loss,  # helper\n)",
        f"from {HOME} import (  # helper\n    HIGH,\n    loss,\n)",
        "from deepseek_book_utils.rl import loss  # helper",
    ],
)
def test_a_named_helper_closes_the_chain(book, line: str) -> None:
    assert problems(book(line, f"# sync: {HOME}.train")) == []


def test_helper_on_another_line_is_no_helper(book) -> None:
    line = f"from {HOME} import (\n    HIGH,  # helper\n    loss,\n)"
    assert problems(book(line, f"# sync: {HOME}.train"))


def test_a_rebound_name_is_found(book) -> None:
    problem = only(book(*WHOLE[:4], "def loss(x): return 0", f"# sync: {HOME}.train"))
    assert f"uses `loss`, which cell 6 binds to something else than {HOME}.loss" in problem


@pytest.mark.parametrize(
    "line",
    [
        f"from {HOME} import train",
        "from deepseek_book_utils.rl import train",
        f"from {HOME} import train as ours",
        f"from {HOME} import train  # helper",
        f"def f():\n    from {HOME} import train",
        f"import {HOME} as module\nmodule.train(1)",
        f"import {HOME}\n{HOME}.train(1)",
        "from deepseek_book_utils import rl\nrl.train(1)",
    ],
)
def test_what_is_shown_is_not_also_imported(book, line: str) -> None:
    assert f"shows {HOME}.train" in only(book(*WHOLE, line))


def test_the_same_name_from_elsewhere_in_the_package_is_a_conflict_too(book) -> None:
    path = book(*WHOLE, "from deepseek_book_utils.nn import other as train")
    assert f"cell 6 shows {HOME}.train" in only(path)


@pytest.mark.parametrize(
    ("name", "steps"),
    [("run", "run -> train"), ("run  # helper", "run -> train"), ("lazily", "lazily -> loss")],
    ids=["through init", "a helper", "lazy"],
)
def test_an_import_that_runs_a_shown_name_inside_the_package_is_found(book, name: str, steps: str) -> None:
    problem = only(book(*WHOLE, f"from deepseek_book_utils.run import {name}"))
    assert f"({steps})" in problem and "cell 8" in problem


def test_a_bypass_over_several_steps_is_found(book) -> None:
    path = book(*WHOLE[:4], "from deepseek_book_utils.run import run")
    assert "(run -> train -> loss)" in only(path)


def test_a_bypass_through_a_module_is_found(book) -> None:
    path = book(*WHOLE, "from deepseek_book_utils import run", "run.run(2)")
    assert "(run -> train)" in only(path)


@pytest.mark.parametrize(
    "line",
    [
        "from deepseek_book_utils.run import apart",  # its `train` is a local name
        "from deepseek_book_utils.run import typed",  # `loss` stands in its annotations only
        "from deepseek_book_utils.nn import other",
        "from deepseek_book_utils import run",  # nothing is taken from it
    ],
)
def test_what_does_not_reach_a_shown_name_may_be_imported(book, line: str) -> None:
    assert problems(book(*WHOLE, line)) == []


def test_an_import_of_nothing_is_found(book) -> None:
    problem = only(book("from deepseek_book_utils.run import absent"))
    assert "the package has no deepseek_book_utils.run.absent" in problem


def test_a_magic_is_named_instead_of_a_traceback(book) -> None:
    assert "without IPython's magics" in only(book("%matplotlib inline"))
