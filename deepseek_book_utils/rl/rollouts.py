"""Acting: rollouts to learn from, whole episodes to judge by, and when a curve is
stable.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .environments import Environments, Step


def check_total_steps(settings: Any) -> None:
    """Raise ValueError unless total_steps lasts for one update of all environments."""
    rows = settings.environments * settings.rollout_steps
    if settings.total_steps < rows:
        raise ValueError(
            f"total_steps = {settings.total_steps} is less than one update: take at "
            f"least environments * rollout_steps = {rows}."
        )


@torch.no_grad()
def collect(
    envs: Environments,
    actor: Callable[[Tensor], Tensor],
    steps: int,
    generator: torch.Generator,
) -> Step:
    """Act for T = `steps` in all environments: the fields of a Step, each (T, N, ...).

    `actor` maps observations (N, O) to logits (N, A). Raises ValueError on NaN.
    """
    rows = []
    for _ in range(steps):
        logits = actor(envs.observations)
        # The largest of logits + Gumbel noise is a draw from softmax(logits).
        noise = -torch.empty_like(logits).exponential_(generator=generator).log()
        rows.append(envs.step((logits + noise).argmax(dim=-1)))
    if logits.isnan().any():  # then argmax chose without a reason
        raise ValueError("The actor says NaN: training broke it. Lower the rate.")
    return Step(*(torch.stack(field) for field in zip(*rows, strict=True)))


def recent_return(envs: Environments, episodes: int = 20) -> float:
    """Mean return of the episodes that ended last; NaN before the first has ended."""
    recent = envs.returns[-episodes:]
    return sum(recent) / len(recent) if recent else math.nan


@torch.no_grad()
def greedy_returns(
    scores: Callable[[Tensor], Tensor],
    name: str,
    episodes: int = 100,
    seed: int = 0,
    discount: float = 1.0,
) -> Tensor:
    """What whole episodes earn (episodes,) if the action of highest score is taken.

    `scores` maps observations (N, O) to a number per action (N, A): Q-values or logits.
    Every episode runs in a copy of its own, so short ones are not counted more often.
    Raises ValueError on NaN.
    """
    envs = Environments(name, episodes, seed)
    running = torch.ones(episodes, dtype=torch.bool)
    returns, weight = torch.zeros(episodes), 1.0
    while running.any():
        found = scores(envs.observations)
        if found.isnan().any():  # then argmax would choose without a reason
            raise ValueError("The scores are NaN: training broke the network.")
        step = envs.step(found.argmax(dim=-1))
        returns += (weight * step.rewards).masked_fill(~running, 0.0)
        running &= ~(step.terminated | step.truncated)
        weight *= discount
    return returns


Measure = Callable[[nn.Module], dict[str, float]]


def mean_return(network: nn.Module, name: str) -> float:
    """What 100 greedy episodes earn on average; always the same 100 starts."""
    return greedy_returns(network, name, episodes=100, seed=1).mean().item()


def stable_from(
    history: list[dict[str, float]], bar: float = 475.0
) -> dict[str, float] | None:
    """The first record of the last stretch in which every return reaches the bar, or
    None if the end does not: hitting it once is not holding it.
    """
    stretch = None
    for record in reversed(history):
        if record["return"] < bar:
            break
        stretch = record
    return stretch
