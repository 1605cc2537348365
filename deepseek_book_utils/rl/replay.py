"""A memory of experience: what happened is kept, and learned from many times, in random
order (Lin, 1992; Mnih et al., arXiv 1312.5602, algorithm 1).

Steps that follow each other are alike; a batch drawn from the whole memory is not.
What is stored is (s, a, r, s', terminated). `truncated` is not: where only the clock
stopped an episode, something would have followed s', and its value must be estimated.

Left out: priorities, returns over several steps, compressed storage.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .environments import Step


class Batch(NamedTuple):
    """B remembered transitions."""

    observations: Tensor  # (B, O) float
    actions: Tensor  # (B,) int
    rewards: Tensor  # (B,) float
    next_observations: Tensor  # (B, O) float
    terminated: Tensor  # (B,) bool, nothing follows


class ReplayBuffer:
    """The last `capacity` transitions, in tensors that are allocated once: a ring.

    `size` is O, how many numbers an observation has. Raises ValueError where a step
    does not fit, and where more is asked for than is there.
    """

    def __init__(self, capacity: int, size: int) -> None:
        if capacity < 1 or size < 1:
            raise ValueError(
                f"capacity = {capacity}, size = {size}: a memory needs room for "
                "at least one transition, an observation has at least one number."
            )
        self.capacity, self.written = capacity, 0
        self.memory = Batch(
            torch.zeros(capacity, size),
            torch.zeros(capacity, dtype=torch.long),
            torch.zeros(capacity),
            torch.zeros(capacity, size),
            torch.zeros(capacity, dtype=torch.bool),
        )

    def __len__(self) -> int:
        return min(self.written, self.capacity)

    def add(self, step: Step) -> None:
        """Remember what N environments told, except where they only reset."""
        expected, count = self.memory.observations.shape[1:], int(step.real.sum())
        found = step.observations.shape[1:], step.next_observations.shape[1:]
        if found != (expected, expected) or count > self.capacity:
            raise ValueError(
                f"A step with observations {tuple(step.observations.shape)} and "
                f"{tuple(step.next_observations.shape)} does not fit a memory of "
                f"{self.capacity} observations {tuple(expected)}: make one buffer for "
                "each task, with room for many steps of all environments."
            )
        # Row w goes to place w mod capacity: when the ring is full, over the oldest.
        places = torch.arange(self.written, self.written + count) % self.capacity
        seen = (step.observations, step.actions, step.rewards)
        for kept, new in zip(
            self.memory, (*seen, step.next_observations, step.terminated), strict=True
        ):
            kept[places] = new[step.real]
        self.written += count

    def sample(self, size: int, generator: torch.Generator | None = None) -> Batch:
        """`size` transitions, each drawn from all that is remembered."""
        if size < 1 or len(self) < size:
            raise ValueError(
                f"The replay was sampled before it is filled: it holds {len(self)} "
                f"transitions, {size} were asked for. Collect more before you learn."
            )
        drawn = torch.randint(len(self), (size,), generator=generator)
        return Batch(*(kept[drawn] for kept in self.memory))
