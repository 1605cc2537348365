"""Settings without sense are refused where they are made, in words that name the field, its value and what
would be legal.

A settings class names its fields under the ranges that they must keep:

    def __post_init__(self) -> None:
        check_ranges(self, count=("updates", "hidden"), positive=("learning_rate",), fraction=("discount",))
"""

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

# Kind of range: the legal values in words, and the test. NaN fails every one of them.
RANGES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "count": ("{name} >= 1, a whole number", lambda x: x >= 1 and isinstance(x, Integral)),
    "whole": ("{name} >= 0, a whole number", lambda x: x >= 0 and isinstance(x, Integral)),
    "positive": ("{name} > 0 and finite", lambda x: 0 < x < math.inf),
    "not_negative": ("{name} >= 0 and finite", lambda x: 0 <= x < math.inf),
    "fraction": ("0 <= {name} <= 1", lambda x: 0 <= x <= 1),
    "share": ("0 < {name} <= 1; at 0 nothing would ever happen", lambda x: 0 < x <= 1),
    "memory": ("0 <= {name} < 1; at 1 nothing would ever fade", lambda x: 0 <= x < 1),
    "between": ("0 < {name} < 1", lambda x: 0 < x < 1),
}


def check_range(name: str, value: Any, kind: str) -> None:
    """Raise ValueError unless `value`, or every member if it is a tuple, keeps the range of this kind."""
    words, holds = RANGES[kind]
    for number in value if isinstance(value, tuple) else (value,):
        if not isinstance(number, Real) or not holds(number):
            raise ValueError(f"{name} = {value!r} makes no sense: take {words.format(name=name)}.")


def check_ranges(settings: Any, **fields: tuple[str, ...]) -> None:
    """Raise ValueError unless the fields named under each kind of RANGES keep it, as in
    `check_ranges(self, count=("updates",), positive=("learning_rate",))`.
    """
    for kind, names in fields.items():
        for name in names:
            check_range(name, getattr(settings, name), kind)
