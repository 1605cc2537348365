"""Four target networks: who says what the next state is worth while Q(s, a) is learned.

A network that learns from its own newest opinion chases itself. Each class here keeps
an older one, and they differ only in how it grows up:

HardTarget      a copy, renewed every C updates             Mnih et al., Nature 2015
SoftTarget      a running mean of the weights               Lillicrap et al., 1509.02971
AverageTarget   the mean of the last K copies' values       Averaged-DQN, 1611.01929
DynamicTarget   a copy, renewed when its lesson is learned  the rule below is ours

The notes ask for a target that is renewed by a measured condition and do not say which.
Ours: against a fixed target, learning is plain regression. The target is renewed when
the error of that regression no longer falls, as a plateau schedule lowers its rate.

Target networks keep the bootstrap steady; they are no cure for over-estimation.
"""

import copy
import math
from collections import deque
from typing import Protocol

import torch
from torch import Tensor, nn


class TargetNetwork(Protocol):
    """What `train_dqn` asks of a target network."""

    def update(self, online: nn.Module, error: float) -> None:
        """Called after every update, with the loss that it started from."""

    def values(self, observations: Tensor) -> Tensor:
        """(B, O) -> (B, A), without a gradient."""


def frozen_copy(network: nn.Module) -> nn.Module:
    """The network as it is now; its weights take no gradient."""
    return copy.deepcopy(network).requires_grad_(False)


def check_count(**counts: int) -> None:
    """Raise ValueError unless every count is at least 1."""
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} = {count}: take {name} >= 1.")


class HardTarget:
    """A copy of the network, renewed every `every` updates."""

    def __init__(self, network: nn.Module, every: int = 10) -> None:
        check_count(every=every)
        self.network, self.every, self.updates = frozen_copy(network), every, 0

    def update(self, online: nn.Module, error: float) -> None:
        """Copy the online network if it is time to."""
        self.updates += 1
        if self.updates % self.every == 0:
            self.network.load_state_dict(online.state_dict())

    def values(self, observations: Tensor) -> Tensor:
        """(B, O) -> (B, A)."""
        return self.network(observations)


class SoftTarget:
    """A network whose weights follow the online ones, a fraction `tau` each update."""

    def __init__(self, network: nn.Module, tau: float = 0.1) -> None:
        if not 0 < tau <= 1:
            raise ValueError(f"tau = {tau} would not follow: take 0 < tau <= 1.")
        self.network, self.tau = frozen_copy(network), tau

    @torch.no_grad()
    def update(self, online: nn.Module, error: float) -> None:
        """Move every weight a little towards the online network's."""
        pairs = zip(self.network.parameters(), online.parameters(), strict=True)
        for target, weight in pairs:
            # theta' <- tau theta + (1 - tau) theta'            DDPG, algorithm 1
            target.lerp_(weight, self.tau)
        # what is counted and not learned, as the means of a batch norm, is copied
        for buffer, counted in zip(
            self.network.buffers(), online.buffers(), strict=True
        ):
            buffer.copy_(counted)

    def values(self, observations: Tensor) -> Tensor:
        """(B, O) -> (B, A)."""
        return self.network(observations)


class AverageTarget:
    """The last `count` copies, one every `every` updates; their values are averaged."""

    def __init__(self, network: nn.Module, count: int = 3, every: int = 10) -> None:
        check_count(count=count, every=every)
        self.every, self.updates = every, 0
        self.networks = deque([frozen_copy(network)], maxlen=count)  # newest last

    def update(self, online: nn.Module, error: float) -> None:
        """Add a copy if it is time to; the oldest of more than `count` goes."""
        self.updates += 1
        if self.updates % self.every == 0:
            self.networks.append(frozen_copy(online))

    def values(self, observations: Tensor) -> Tensor:
        """(B, O) -> (B, A)."""
        # Q_A(s, a) = 1/K sum_k Q(s, a; theta_{i-k})      Averaged-DQN, algorithm 2
        return torch.stack([net(observations) for net in self.networks]).mean(dim=0)


class DynamicTarget:
    """A copy, renewed when the smoothed error has set no low for `patience` updates.

    `renewals` holds the updates at which this happened. `memory` of the smoothing is as
    in Adam: 0.9 remembers about ten errors.
    """

    def __init__(
        self, network: nn.Module, patience: int = 5, memory: float = 0.9
    ) -> None:
        check_count(patience=patience)
        if not 0 <= memory < 1:
            raise ValueError(f"memory = {memory} never forgets: take 0 <= memory < 1.")
        self.network, self.updates = frozen_copy(network), 0
        self.patience, self.memory = patience, memory
        self.renewals: list[int] = []
        self.smooth, self.lowest, self.waited = math.nan, math.inf, 0

    def update(self, online: nn.Module, error: float) -> None:
        """Copy the online network if it has learned what the old copy could teach."""
        self.updates += 1
        first = math.isnan(self.smooth)  # of this copy: its errors are of its own kind
        mixed = self.memory * self.smooth + (1 - self.memory) * error
        self.smooth = error if first else mixed
        improved = self.smooth < self.lowest
        self.lowest = min(self.lowest, self.smooth)
        self.waited = 0 if improved else self.waited + 1
        if self.waited == self.patience:
            self.network.load_state_dict(online.state_dict())
            self.renewals.append(self.updates)
            self.smooth, self.lowest, self.waited = math.nan, math.inf, 0

    def values(self, observations: Tensor) -> Tensor:
        """(B, O) -> (B, A)."""
        return self.network(observations)
