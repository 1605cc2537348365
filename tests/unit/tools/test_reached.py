"""Whatever a notebook shows, a later cell runs: on the graph of calls for all, by execution for a few."""

import ast
from pathlib import Path

import pytest

from tools.chain import Cell, cells_of
from tools.package import Package
from tools.reached import unreached
from tools.sync import ROOT, notebooks_in

# Types: they say what something is, and run nothing.
TYPES = {
    "nn.autograd.Array",
    "nn.optimizers.Rule",
    "nn.schedules.Schedule",
    "reasoning.arithmetic.Rule",
    "rl.rollouts.Measure",
    "rl.value.tabular.Model",
    "rl.value.targets.TargetNetwork",
}
PACKAGE = "deepseek_book_utils"


@pytest.fixture(scope="session")
def package() -> Package:
    return Package(ROOT / PACKAGE)


@pytest.mark.parametrize("path", notebooks_in(ROOT), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_shown_symbol_is_run_by_a_later_cell(path: Path, package: Package) -> None:
    cells, _ = cells_of(path, package, ROOT)
    unused = {symbol.removeprefix(f"{PACKAGE}.") for symbol in unreached(cells)}
    assert unused <= TYPES, f"shown, and run by no later cell: {', '.join(sorted(unused - TYPES))}"


def cell(number: int, source: str, *shows: str) -> Cell:
    return Cell(number, source, ast.parse(source), [f"p.{name}" for name in shows])


F, G = cell(1, "def f():\n    pass", "f"), cell(2, "def g(x: f):\n    return x", "g")


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ([F], ["p.f"]),
        ([F, cell(2, "f()")], []),
        ([F, cell(2, "x = [f]")], []),
        ([cell(1, "f()"), cell(2, "def f():\n    pass", "f")], ["p.f"]),  # run before it is shown
        ([F, G, cell(3, "g(1)")], ["p.f"]),  # only named as a type
        ([F, cell(2, "def g():\n    f()", "g")], ["p.f", "p.g"]),
        ([F, cell(2, "def g():\n    f()", "g"), cell(3, "g()")], []),
        ([F, cell(2, "def own():\n    f()")], ["p.f"]),  # nobody calls it
        ([F, cell(2, "def own():\n    f()"), cell(3, "own()")], []),
        ([F, cell(2, "def g(x=f):\n    pass", "g")], ["p.g"]),  # a default is read at once
        ([F, cell(2, "f = 3"), cell(3, "print(f)")], ["p.f"]),  # another f by then
        ([cell(1, "A = 1", "A"), cell(2, "def g():\n    return A"), cell(3, "g()")], []),
        ([cell(1, "class C:\n    def m(self):\n        h()", "C"), cell(2, "C()")], []),
    ],
)
def test_reached(cells: list[Cell], missing: list[str]) -> None:
    assert unreached(cells) == missing


# (notebook, shown, what stands in the first cell that runs it)
SAMPLED = [
    ("02_deep_learning_and_rl", "nn.autograd.unbroadcast", "w, x, b = Node(3.0)"),
    ("02_deep_learning_and_rl", "nn.autograd.topological_order", "w, x, b = Node(3.0)"),
    ("02_deep_learning_and_rl", "rl.value.tabular.td_target", "TASKS = {"),
    ("02_deep_learning_and_rl", "rl.value.tabular.model_arrays", "TASKS = {"),
    ("02_deep_learning_and_rl", "rl.value.targets.DynamicTarget", "ways = (SoftTarget"),
    ("02_deep_learning_and_rl", "rl.value.targets.frozen_copy", "ways = (SoftTarget"),
    ("04_policy_optimisation", "rl.advantages.compute_gae", "ppo_curve: list"),
    ("04_policy_optimisation", "rl.policy.ppo.ppo_loss", "ppo_curve: list"),
    ("04_policy_optimisation", "rl.policy.natural_gradient.flat_gradient", "trust_settings, trust_snapshots"),
    ("04_policy_optimisation", "rl.policy.private_policy.clip_rows", "private = PrivateSettings()"),
]


class Edited(Exception):
    """What a reader's edit does here."""


@pytest.mark.parametrize(("name", "symbol", "runs"), SAMPLED, ids=[symbol for _, symbol, _ in SAMPLED])
def test_a_reader_s_edit_is_seen(name: str, symbol: str, runs: str, package: Package) -> None:
    """Cells that import or show run as they are; one symbol is edited to raise; then a cell that runs it."""
    cells, _ = cells_of(ROOT / "notebooks" / f"{name}.ipynb", package, ROOT)
    namespace: dict[str, object] = {"__name__": "__main__"}

    def edited(*_: object, **__: object) -> None:
        raise Edited

    for one in cells:
        if runs in one.source:
            break
        imports = [part for part in one.tree.body if isinstance(part, ast.Import | ast.ImportFrom)]
        run(ast.Module(one.tree.body if one.shows else imports, []), namespace)
        if f"{PACKAGE}.{symbol}" in one.shows:
            namespace[symbol.rpartition(".")[2]] = edited
    with pytest.raises(Edited):
        run(one.tree, namespace)


def run(tree: ast.Module, namespace: dict[str, object]) -> None:
    exec(compile(tree, "<cell>", "exec"), namespace)  # noqa: S102 - the book's own cells
