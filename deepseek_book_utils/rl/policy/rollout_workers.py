"""What a worker contributes to a common step, and the step that all contributions make.

Synchronous data parallelism for a policy: every worker acts with the same weights in
environments of its own, and finds the gradient of its own rows. The gradients are
averaged, each counted by its real rows, since resets leave workers with different
numbers of them. The result is the gradient of one batch that holds all rows.

`distributed` runs the workers: in turns, in threads, or in processes.

Letters: W workers, T steps, P parameters.

Left out: several updates on one batch, workers that join or leave on the way.
"""

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ...nn.schedules import cosine
from ..environments import Environments, Step
from ..rollouts import collect, recent_return
from .actor_critic import A2CSettings, ActorCritic, Losses

History = list[dict[str, float]]
# The loss of what a worker collected: a mean over the rows that are real.
RolloutLoss = Callable[[ActorCritic, Step, Tensor, A2CSettings], Losses]

ADDED = ("rows", "episodes", "cpu")  # what is added over the workers
AVERAGED = ("return", "policy", "value", "entropy")  # what is averaged, as gradients


class RolloutWorker:
    """One worker: its environments, its dice, and the CPU seconds that it has used.

    Raises ValueError like `Environments`.
    """

    def __init__(self, number: int, name: str, environments: int, seed: int) -> None:
        own = seed + 1000 * number  # no two workers see the same
        self.envs = Environments(name, environments, own)
        self.generator = torch.Generator().manual_seed(own)
        self.cpu = 0.0

    def contribute(
        self, network: ActorCritic, settings: A2CSettings, loss: RolloutLoss
    ) -> Tensor:
        """Act for T steps: what is ADDED, what is AVERAGED, the gradient: (7 + P,)."""
        began = time.thread_time()  # counts while this thread runs, not while it waits
        actor, T = network.actor, settings.rollout_steps
        rollout = collect(self.envs, actor, T, self.generator)
        losses = loss(network, rollout, self.envs.observations, settings)
        weights = list(network.parameters())  # a loss may leave some out: zeros
        gradient = torch.autograd.grad(losses.total, weights, materialize_grads=True)
        self.cpu += time.thread_time() - began
        seen = [rollout.real.sum().item(), len(self.envs.returns), self.cpu]
        seen += [recent_return(self.envs), *(part.item() for part in losses[1:])]
        # In doubles, rows * gradient and its sum lose nothing that a float would show.
        parts = [part.flatten().double() for part in gradient]
        return torch.cat([torch.tensor(seen, dtype=torch.float64), *parts])


def merge_contributions(parts: Sequence[Tensor]) -> tuple[dict[str, float], Tensor]:
    """What all workers saw, and the gradient (P,) of all their rows together.

    parts: W contributions (7 + P,), in the workers' order.
    """
    table = torch.stack(list(parts))  # (W, 7 + P)
    rows = table[:, :1]
    # g = sum_w n_w g_w / sum_w n_w: a mean over rows, whoever saw them
    mean = (rows * table).sum(dim=0) / rows.sum().clamp(min=1)
    added = dict(zip(ADDED, table[:, : len(ADDED)].sum(dim=0).tolist(), strict=True))
    first = len(ADDED) + len(AVERAGED)
    averaged = mean[len(ADDED) : first].tolist()
    return added | dict(zip(AVERAGED, averaged, strict=True)), mean[first:]


def train_together(
    network: ActorCritic, gather: Callable[[], Sequence[Tensor]], settings: A2CSettings
) -> History:
    """Train until total_steps; `gather` returns all workers' contributions in order.

    Returns what every update saw. Each process of a group calls this with a network of
    its own: the same weights and the same gradients make the same steps.
    """
    parameters = list(network.parameters())
    optimizer = torch.optim.RMSprop(parameters, alpha=0.99, eps=1e-5)
    history: History = []
    batch = settings.environments * settings.rollout_steps
    updates, began = settings.total_steps // batch, time.perf_counter()
    for update in range(updates):
        seen, gradient = merge_contributions(gather())
        own = gradient.split([parameter.numel() for parameter in parameters])
        for parameter, part in zip(parameters, own, strict=True):
            parameter.grad = part.view_as(parameter).to(parameter.dtype)
        # Clip what was merged: clipped parts would no longer add up to the whole.
        nn.utils.clip_grad_norm_(parameters, settings.max_grad_norm)
        rate = settings.learning_rate * cosine(update, updates)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        seconds = time.perf_counter() - began
        history.append({"steps": (update + 1) * batch, **seen, "seconds": seconds})
    return history


def first_network(envs: Environments, settings: A2CSettings, seed: int) -> ActorCritic:
    """The network before training, the same for every worker."""
    torch.manual_seed(seed)
    return ActorCritic(envs.size, envs.actions, settings.hidden)
