"""Settings are checked, and honoured: every field of every settings class of the package."""

import importlib
import math
import pkgutil
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from typing import Any

import pytest

import deepseek_book_utils as book
from deepseek_book_utils.settings import RANGES, check_range, check_ranges
from tests.unit.settings_runs import compress, lm, loops, nn, rl, serving
from tests.unit.settings_runs.case import Case, told
from tests.unit.test_defaults import RECORDED, name_of


@pytest.mark.parametrize(
    ("kind", "legal", "illegal"),
    [
        ("count", [1, 7], [0, -1, 1.5, 2.0, math.inf]),
        ("whole", [0, 7], [-1, 0.5, math.inf]),
        ("positive", [1e-9, 3], [0, -0.2, math.inf]),
        ("not_negative", [0, 0.5], [-1e-9, math.inf]),
        ("fraction", [0, 0.5, 1], [-0.1, 1.1]),
        ("share", [1e-9, 1], [0, 1.1]),
        ("memory", [0, 0.99], [-0.1, 1]),
        ("between", [0.5], [0, 1]),
    ],
)
def test_each_kind_of_range_knows_its_ends(kind: str, legal: list, illegal: list) -> None:
    check_range("x", tuple(legal), kind)
    for value in [*illegal, math.nan, None, "1"]:
        with pytest.raises(ValueError, match=r"^x = .* makes no sense: take .*x"):
            check_range("x", value, kind)


def test_every_kind_is_tested() -> None:
    (marks,) = test_each_kind_of_range_knows_its_ends.pytestmark
    assert {case[0] for case in marks.args[1]} == set(RANGES)


@dataclass(frozen=True)
class Sizes:
    width: int = 4
    hidden: tuple[int, ...] = (8, 8)
    rate: float = 0.1

    def __post_init__(self) -> None:
        check_ranges(self, count=("width", "hidden"), positive=("rate",))


def test_a_class_names_its_fields_under_their_ranges() -> None:
    Sizes(hidden=())
    with pytest.raises(ValueError, match=r"hidden = \(8, 0\) makes no sense: take hidden >= 1"):
        Sizes(hidden=(8, 0))
    with pytest.raises(ValueError, match=r"rate = 0 makes no sense: take rate > 0"):
        Sizes(rate=0)


def classes() -> list[type]:
    """Every settings class of the package: frozen, and called so or made of defaults alone."""
    found = []
    for module in pkgutil.walk_packages(book.__path__, f"{book.__name__}."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            if not (isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.name):
                continue
            if kind.__dataclass_params__.frozen and (name.endswith("Settings") or made_of_defaults(kind)):
                found.append(kind)
    return found


def made_of_defaults(kind: type) -> bool:
    return all(f.default is not MISSING or f.default_factory is not MISSING for f in fields(kind))


CASES = [*compress.CASES, *nn.CASES, *rl.CASES, *lm.CASES, *loops.CASES, *serving.CASES]
UNBOUNDED = {"baseline", "best"}  # any finite number is legal
SHARES = {"web_styles", "web_languages", "textbook_languages"}  # of names, in sum one


def test_every_settings_class_has_a_run_that_changes_every_field() -> None:
    assert {type(case.settings) for case in CASES} == set(classes())
    for case in CASES:
        assert set(case.changes) == {f.name for f in fields(case.settings)}, type(case.settings)


def test_every_settings_class_has_its_defaults_recorded() -> None:
    names = {f"{module}.{kind}" for module, kinds in RECORDED.items() for kind in kinds}
    assert names == {name_of(kind) for kind in classes()}, "`python -m tests.unit.test_defaults`"


@pytest.mark.parametrize("case", CASES, ids=lambda case: type(case.settings).__name__)
def test_every_field_changes_what_comes_of_a_run(case: Case) -> None:
    """A second run with the same settings is the same, so that no difference is luck."""
    before = told(case.run(case.settings))
    assert told(case.run(case.settings)) == before
    ignored = [
        name
        for name, value in case.changes.items()
        if told(case.run(replace(case.settings, **{name: value}))) == before
    ]
    assert not ignored, f"{type(case.settings).__name__} ignores {ignored}"


def illegal(name: str, value: Any) -> list[Any]:
    """Values that no setting of this kind may have."""
    if isinstance(value, bool) or is_dataclass(value) or callable(value):
        return []  # two values, settings with a test of their own, a function
    if isinstance(value, str):
        return ["nobody"]
    if name in SHARES:
        return [(("nobody", 1.0),), (*value, *value)]
    if isinstance(value, tuple):
        return [(*value, wrong) for wrong in (-1, math.nan)]
    below = [] if name in UNBOUNDED else [-1]
    return [*below, math.nan, math.inf] if isinstance(value, float) else [*below, math.nan, 1.5]


# One case of each class, so that its name is the test's: tools/package_mutants.py asks for it.
ONCE = {type(case.settings).__name__: case for case in CASES}


@pytest.mark.parametrize("case", ONCE.values(), ids=ONCE)
def test_every_field_out_of_range_is_named(case: Case) -> None:
    for field in fields(case.settings):
        for value in illegal(field.name, case.changes[field.name]):
            if (field.name, value) == ("max_grad_norm", math.inf):
                continue  # of users without noise: no clipping
            with pytest.raises(ValueError, match=rf"\b{field.name}\b"):
                replace(case.settings, **{field.name: value})
