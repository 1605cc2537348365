"""A3C: several processes learn at once, and write into the same weights without waiting
for each other.

After Mnih et al. (arXiv 1602.01783, algorithm S3). Each worker copies the shared
weights, acts with its copy, and adds its gradient's step to the shared weights, which
others may have moved meanwhile. Nothing is locked (Hogwild, Niu et al., 2011); only
the clock is, so that the number of steps is exact.

The running mean of squared gradients is shared too. The paper found that more robust
than a mean for each worker (section 4, shared RMSProp), and it is simpler: whoever
writes, one optimiser is at work.

Left out of the paper: several tasks at once, layers that policy and critic share,
recurrent networks. Changed: processes instead of threads, since Python runs one thread
at a time, and several copies of the task in each.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from ...nn.schedules import cosine
from ...parallel.processes import CONTEXT, run_processes
from ..environments import Environments
from ..rollouts import collect, recent_return
from .actor_critic import A2CSettings, ActorCritic, rollout_loss

# Two workers of eight copies hold as many as A2C's one process. A step comes from half
# as many rows and from weights a little out of date: it is shorter than A2C's.
A3C_SETTINGS = A2CSettings(environments=8, learning_rate=2e-3)


def shared_rmsprop(
    weights: Tensor,
    squares: Tensor,
    gradient: Tensor,
    learning_rate: float,
    decay: float = 0.99,
    epsilon: float = 1e-5,
) -> None:
    """One step of RMSProp, written into weights and squares; all three are (P,)."""
    # g <- alpha g + (1 - alpha) gradient^2                Mnih et al. 2016, eq. 1
    squares.mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
    # theta <- theta - eta gradient / sqrt(g + epsilon), epsilon outside, as in torch
    weights.addcdiv_(gradient, squares.sqrt().add_(epsilon), value=-learning_rate)


def a3c_worker(
    number: int,
    weights: Tensor,
    squares: Tensor,
    clock: Any,
    name: str,
    settings: A2CSettings,
    seed: int,
) -> list[dict[str, float]]:
    """What one process does until the clock, common to all, has counted all steps.

    weights and squares (P,) lie in shared memory. Returns what every update saw;
    "stale" counts the updates of others between reading the weights and writing.
    """
    envs = Environments(name, settings.environments, seed + 1000 * number)
    generator = torch.Generator().manual_seed(seed + 1000 * number)
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    batch = settings.environments * settings.rollout_steps
    history: list[dict[str, float]] = []
    while (read := clock.value) < settings.total_steps:
        # theta' <- theta: a copy, which stays put while this worker acts
        vector_to_parameters(weights.clone(), network.parameters())
        rollout = collect(envs, network.actor, settings.rollout_steps, generator)
        losses = rollout_loss(network, rollout, envs.observations, settings)
        gradients = torch.autograd.grad(losses.total, list(network.parameters()))
        gradient = torch.cat([part.flatten() for part in gradients])  # (P,)
        gradient *= (settings.max_grad_norm / gradient.norm()).clamp(max=1.0)
        rate = settings.learning_rate * cosine(read, settings.total_steps)
        shared_rmsprop(weights, squares, gradient, rate)  # others write as well
        with clock.get_lock():
            stale = (clock.value - read) // batch
            clock.value += batch
        row = {"steps": read + (stale + 1) * batch, "return": recent_return(envs)}
        seen = {"stale": stale, "entropy": losses.entropy.item()}
        history.append({**row, **seen, "worker": number, "time": time.monotonic()})
    return history


def train_a3c(
    name: str,
    settings: A2CSettings,
    seed: int,
    workers: int = 2,
    watch: Callable[[int, ActorCritic], None] | None = None,
) -> tuple[ActorCritic, list[dict[str, float]]]:
    """Train with real processes; returns the network and all updates in their order.

    Two runs of one seed differ: who writes first is up to the machine. `watch` is
    called about five times a second with the steps so far and a copy of the network.
    Raises ValueError like `train_a2c`, and RuntimeError with a worker's own message.
    """
    if workers < 1:
        raise ValueError(f"workers = {workers}: take workers >= 1.")
    torch.manual_seed(seed)
    envs = Environments(name, 1, seed)  # asks for the sizes only
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    weights = parameters_to_vector(network.parameters()).detach().share_memory_()
    squares, clock = torch.zeros_like(weights).share_memory_(), CONTEXT.Value("q", 0)

    def look() -> None:
        if watch:
            vector_to_parameters(weights.clone(), network.parameters())
            watch(clock.value, network)

    work = partial(a3c_worker, name=name, settings=settings, seed=seed)
    shared = [(number, weights, squares, clock) for number in range(workers)]
    histories = run_processes(work, shared, look)
    vector_to_parameters(weights.clone(), network.parameters())
    return network, sorted(sum(histories, []), key=lambda row: row["steps"])
