"""What the exercises to chapter 2 accept as numbers: tensors, numpy arrays, or lists of either."""

from typing import Any

import numpy as np
import torch
from torch import Tensor


def numeric(value: Any) -> Any:
    """A numpy array, or a list of rows, as a tensor; anything else as it is, for `compare` to judge."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(value.astype(np.float64))
    if isinstance(value, list | tuple) and value:
        rows = [numeric(row) for row in value]
        if all(isinstance(row, Tensor | int | float) for row in rows):
            tensors = [torch.as_tensor(row) for row in rows]
            if len({row.shape for row in tensors}) == 1:
                return torch.stack(tensors)
    return value
