import math
from dataclasses import dataclass

import pytest

from deepseek_book_utils.settings import RANGES, check_range, check_ranges


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
