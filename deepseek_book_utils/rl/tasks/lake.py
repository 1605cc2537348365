"""The sparse lake: FrozenLake 8x8 without slipping, where only the goal pays."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.wrappers import FlattenObservation
from numpy.typing import NDArray

SPARSE_LAKE = "SparseLake-v0"  # the lake of `make_lake` as rows of 64 zeros and ones


def make_lake() -> gymnasium.Env:
    """FrozenLake 8x8 without slipping: 1 at the goal, 0 elsewhere, and ten holes."""
    return gymnasium.make("FrozenLake8x8-v1", is_slippery=False)


def make_lake_in_rows(**_: Any) -> gymnasium.Env:
    """The lake for networks: observations (64,), 1 where one stands."""
    return FlattenObservation(make_lake().unwrapped)


if SPARSE_LAKE not in gymnasium.registry:
    gymnasium.register(SPARSE_LAKE, make_lake_in_rows, max_episode_steps=200)


def nearness() -> NDArray:
    """How far along the lake each place (64,) lies: 0 at the start, 1 at the goal, with
    no regard to the holes.
    """
    rows, columns = np.divmod(np.arange(64), 8)
    return (rows + columns) / 14
