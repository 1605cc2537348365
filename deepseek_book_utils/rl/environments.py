"""Environments in batches, and what a policy earns in them.

gymnasium's vector environments step N copies of a task at once. Two of their habits
decide whether a learner learns the truth, and both are handled here, in one place:

- A copy whose episode has ended spends its *next* step on a reset and ignores the
  action (autoreset mode NEXT_STEP). That step is no experience: `Step.real` is False.
- An episode ends because the task is over (`terminated`: nothing follows, its value is
  zero) or because the clock ran out (`truncated`: something would have followed, and
  its value must still be estimated).

Left out: continuous actions, observations that are not one row of numbers, other
autoreset modes.
"""

from typing import NamedTuple

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from torch import Tensor


class Step(NamedTuple):
    """What N environments tell of one step."""

    observations: Tensor  # (N, O) float, before the action
    actions: Tensor  # (N,) int
    rewards: Tensor  # (N,) float
    next_observations: Tensor  # (N, O) float, after the action, before any reset
    terminated: Tensor  # (N,) bool, the task is over
    truncated: Tensor  # (N,) bool, the clock has run out
    real: Tensor  # (N,) bool, False where the environment only reset


def copied(numbers: np.ndarray, kind: type[np.generic]) -> Tensor:
    """A tensor of its own memory: gymnasium writes into its arrays again."""
    return torch.from_numpy(np.array(numbers, kind))


class Environments:
    """`count` copies of a gymnasium task; `observations` (N, O) is what they show now.

    Copy i starts from seed + i: runs that must share no start take seeds `count` apart.
    Raises ValueError unless actions are discrete and an observation is one row of
    numbers.
    """

    def __init__(self, name: str, count: int, seed: int) -> None:
        self.env = gymnasium.make_vec(name, num_envs=count)
        space, actions = (
            self.env.single_observation_space,
            self.env.single_action_space,
        )
        if not isinstance(actions, Discrete):
            raise ValueError(
                f"{name} has actions {actions}: this learner chooses among a few. Take "
                "a task with Discrete actions, or cut the range into a few values."
            )
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise ValueError(
                f"{name} shows {space}: this learner reads one row of numbers. Flatten "
                "it with gymnasium.wrappers.FlattenObservation."
            )
        if self.env.metadata.get("autoreset_mode") != AutoresetMode.NEXT_STEP:
            raise ValueError(f"{name}: make it with autoreset_mode=NEXT_STEP.")
        self.count, self.size, self.actions = count, space.shape[0], int(actions.n)
        self._first = int(
            actions.start
        )  # ours are counted from 0, the task's from here
        self.observations = copied(self.env.reset(seed=seed)[0], np.float32)
        # Bookkeeping stays in numpy: on N numbers, torch costs several times as much.
        self._ended = np.zeros(count, bool)
        self._earned = np.zeros(count, np.float32)
        self.returns: list[float] = []  # of every episode that has ended

    def step(self, actions: Tensor) -> Step:
        """Carry out one action (N,) in each copy."""
        found, rewards, terminated, truncated, _ = self.env.step(
            actions.numpy() + self._first
        )
        step = Step(
            self.observations,
            actions,
            copied(rewards, np.float32),
            copied(found, np.float32),
            copied(terminated, np.bool_),
            copied(truncated, np.bool_),
            torch.from_numpy(~self._ended),
        )
        self.observations = step.next_observations
        self._ended = terminated | truncated
        self._earned += step.rewards.numpy()
        if self._ended.any():
            self.returns += self._earned[self._ended].tolist()
            self._earned[self._ended] = 0.0
        return step


def check_observations(observations: Tensor, size: int) -> None:
    """Raise ValueError unless the last axis holds `size` numbers."""
    if observations.ndim == 0 or observations.shape[-1] != size:
        raise ValueError(
            f"Observations of shape {tuple(observations.shape)} reached a network for "
            f"{size} numbers each: pass (..., {size}); one observation is a row, not a "
            "column, and a network belongs to one task."
        )
