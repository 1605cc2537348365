"""What the property tests draw: ordinary, large and tiny numbers, masks, and fillers that must not matter."""

import math
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

# What may lie where nobody may look.
FILLERS = st.sampled_from([math.nan, math.inf, -math.inf, 1e30, -1e4, 0.0])
BAD = st.sampled_from([math.nan, math.inf, -math.inf])


def numbers(largest: float) -> st.SearchStrategy[float]:
    """Float32 numbers up to this size: whole ones, tiny ones, and all between."""
    return st.floats(-largest, largest, width=32, allow_subnormal=False)


def tensors(*shape: int, largest: float = 1e3) -> st.SearchStrategy[Tensor]:
    """Float32 tensors of this shape."""
    count = math.prod(shape)
    lists = st.lists(numbers(largest), min_size=count, max_size=count)
    return lists.map(lambda values: torch.tensor(values, dtype=torch.float32).view(shape))


def masks(*shape: int) -> st.SearchStrategy[Tensor]:
    """Boolean tensors of this shape with one True at least, the first."""
    count = math.prod(shape) - 1
    lists = st.lists(st.booleans(), min_size=count, max_size=count)
    return lists.map(lambda values: torch.tensor([True, *values]).view(shape))


def whole(*shape: int, below: int) -> st.SearchStrategy[Tensor]:
    """Tensors of whole numbers from 0."""
    count = math.prod(shape)
    return st.lists(st.integers(0, below - 1), min_size=count, max_size=count).map(
        lambda values: torch.tensor(values).view(shape)
    )


def finite(*outcomes: Any) -> bool:
    """Whether every tensor and number in these outcomes is finite; what is no number is passed over."""
    for outcome in outcomes:
        if isinstance(outcome, tuple | list):
            if not finite(*outcome):
                return False
        elif isinstance(outcome, Tensor | float) and not torch.as_tensor(outcome).isfinite().all():
            return False
    return True
