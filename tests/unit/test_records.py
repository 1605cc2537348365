"""The records say what today's code says of them, and no seed serves two ends."""

import ast
import json
import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from deepseek_book_utils.records import (
    DEVELOPMENT_SEEDS,
    MINIATURE_SEEDS,
    RECORD_SEEDS,
    TEST_SEEDS,
    UNSEEN_SEEDS,
    across_seeds,
    load_record,
)
from experiments.recording import seeds_of, settings_of
from experiments.sources import FOLDER, read_record, record_names, sources_of, why_stale

ROOT = Path(__file__).resolve().parents[2]


def test_every_record_has_an_experiment_and_every_experiment_a_record() -> None:
    folder = ROOT / FOLDER
    recorded = [path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json")]
    assert sorted(recorded) == sorted(record_names())


@pytest.mark.parametrize("name", record_names())
def test_a_record_ran_with_the_settings_of_today(name: str) -> None:
    why = why_stale(read_record(name), settings_of(name), sources_of(name), seeds_of(name))
    command = f"`python -m experiments {name}` makes it anew"
    ran_otherwise = [reason for reason in why if reason.startswith(("setting", "its seeds", "there is no"))]
    assert not ran_otherwise, f"{name}: {'; '.join(ran_otherwise)}. {command}."
    if why:
        warnings.warn(f"{name}: {'; '.join(why)}. {command}, if the change has a meaning.", stacklevel=1)


@pytest.mark.parametrize("name", record_names())
def test_a_record_says_what_made_it(name: str) -> None:
    record = load_record(name)
    assert {"command", "commit", "date", "torch", "settings", "seeds"} <= record.keys()
    assert across_seeds(record, "seed") == list(seeds_of(name))
    if "sources" in record and "stamp" not in record:  # made by the runner of today
        assert record["cpu_seconds"] > 0 and all(one["cpu_seconds"] > 0 for one in record["seeds"])


SEED_SETS = (DEVELOPMENT_SEEDS, RECORD_SEEDS, TEST_SEEDS, UNSEEN_SEEDS, MINIATURE_SEEDS)


def test_no_seed_serves_two_ends() -> None:
    for one, other in combinations(SEED_SETS, 2):
        assert one and other and not set(one) & set(other)


def written_out(node: ast.expr | None) -> set[Any]:
    """Numbers that an expression writes out; range(n) names none of them, it counts random cases."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return {number for item in node.elts for number in written_out(item)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        bounds = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        return set(range(*bounds)) if len(bounds) == len(node.args) > 1 else set()
    return set()


def named(tree: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """What gets a name in the source, and the expression that it gets: assigned, passed, looped, a case."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword):
            yield node.arg or "", node.value
        elif isinstance(node, ast.Assign):
            yield ", ".join(map(ast.unparse, node.targets)), node.value
        elif isinstance(node, ast.For | ast.comprehension):
            yield ast.unparse(node.target), node.iter
        elif isinstance(node, ast.arguments):
            with_default = [*node.posonlyargs, *node.args][-len(node.defaults) or len(node.args) :]
            yield from ((a.arg, value) for a, value in zip(with_default, node.defaults, strict=False))
            yield from ((a.arg, value) for a, value in zip(node.kwonlyargs, node.kw_defaults, strict=True))
        elif isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value), node.args[1]  # pytest.mark.parametrize("seed", [...])
        elif isinstance(node, ast.Call) and node.args and "seed" in ast.unparse(node.func):
            yield "seed", node.args[0]  # torch.manual_seed(...)


RECORDED = {*RECORD_SEEDS, *UNSEEN_SEEDS, *MINIATURE_SEEDS}


def test_every_record_has_seeds_of_a_named_set() -> None:
    assert all(set(seeds_of(name)) <= RECORDED for name in record_names())


def record_seeds_in(source: str) -> list[str]:
    """Where a source writes out a seed that belongs to the records."""
    return [
        f"{name} = {ast.unparse(value)}"
        for name, value in named(ast.parse(source))
        if "seed" in name.lower() and value and written_out(value) & RECORDED
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('@pytest.mark.parametrize("seed", [19, 20])\ndef f(seed): ...', ["seed = [19, 20]"]),
        ("SEEDS = range(22, 30)", ["SEEDS = range(22, 30)"]),
        ("train(seed=24)", ["seed = 24"]),
        ("train(seed=49)", ["seed = 49"]),
        ("torch.manual_seed(21)", ["seed = 21"]),
        ("def f(a, seed=20, *, seeds=(3, 23)): ...", ["seed = 20", "seeds = (3, 23)"]),
        ("for seed in (20, 25): pass", ["seed = (20, 25)"]),
        ("for seed in range(100): pass\nsteps = 20\ntrain(seed=25, steps=20)", []),
    ],
)
def test_a_record_seed_is_found_where_it_is_written_out(source: str, found: list[str]) -> None:
    assert record_seeds_in(source) == found


def test_neither_tests_nor_notebooks_use_the_seeds_of_the_records() -> None:
    found = {}
    for path in sorted([*ROOT.glob("tests/**/*.py"), *ROOT.glob("notebooks/**/[!.]*.ipynb")]):
        text = path.read_text("utf-8")
        if path.suffix == ".ipynb":
            cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
            text = "\n\n".join("".join(cell["source"]) for cell in cells)
        found |= {str(path.relative_to(ROOT)): lines} if (lines := record_seeds_in(text)) else {}
    assert not found, f"use TEST_SEEDS or DEVELOPMENT_SEEDS of deepseek_book_utils.records: {found}"
