"""Data parallelism: every process has the whole model and a part of the batch, and the
gradients are averaged before each step.

Letters: B batch.

The average of the parts' gradients is the gradient of the whole batch if all parts are
of one size and the loss is a mean. Left out: buckets that travel while the backward
pass still runs (torch's DistributedDataParallel), and weights that are split as well
(ZeRO, FSDP).
"""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn


def own_part(batch: Tensor) -> Tensor:
    """The rows (B / n, ...) of a batch (B, ...) that this one of n processes works on.

    Raises ValueError if they cannot be shared evenly: the mean of unequal parts is
    another one.
    """
    number, size = dist.get_rank(), dist.get_world_size()
    if len(batch) % size:
        raise ValueError(
            f"{len(batch)} rows cannot be shared evenly by {size} processes: take a "
            f"multiple of {size}."
        )
    return batch.chunk(size)[number]


def same_start(model: nn.Module) -> None:
    """Give every process the weights of process 0."""
    for tensor in model.state_dict().values():
        dist.broadcast(tensor, src=0)


def add_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Put the sum of all processes' gradients into each; one message for all weights.

    A weight that no loss reached counts as 0.
    """
    weights = [weight for weight in parameters if weight.requires_grad]
    gradients = [
        torch.zeros_like(weight) if weight.grad is None else weight.grad
        for weight in weights
    ]
    whole = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(whole)
    parts = whole.split([weight.numel() for weight in weights])
    for weight, part in zip(weights, parts, strict=True):
        weight.grad = part.view_as(weight)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """The same with the mean: each process's loss is the mean over its own rows."""
    weights = list(parameters)
    add_gradients(weights)
    for weight in weights:
        if weight.grad is not None:
            weight.grad /= dist.get_world_size()
