"""One loop that fits any loss to numbered examples: transfer, robustness and continual
learning differ in their losses only.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..settings import check_ranges


@dataclass(frozen=True)
class FitSettings:
    """Settings of `fit`; raises ValueError on values without sense."""

    updates: int = 200
    batch_size: int = 64  # examples; all of them at every step, if there are fewer
    learning_rate: float = 3e-3  # AdamW, constant
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "batch_size"),
            positive=("learning_rate",),
            not_negative=("weight_decay",),
        )


def fit(
    parameters: Iterable[Tensor],
    loss_of: Callable[[Tensor], Tensor],
    examples: int,
    settings: FitSettings,
    seed: int,
) -> list[float]:
    """Train the parameters that require a gradient; returns the loss of every step.

    `loss_of` maps the numbers of a batch's examples (B,), each below `examples` and
    none twice, to a loss. Raises ValueError if there are no examples.
    """
    if examples < 1:
        raise ValueError("There are no examples: give at least one.")
    optimizer = torch.optim.AdamW(
        [parameter for parameter in parameters if parameter.requires_grad],
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )
    dice = torch.Generator().manual_seed(seed)
    losses: list[float] = []
    for _ in range(settings.updates):
        batch = torch.randperm(examples, generator=dice)[: settings.batch_size]
        loss = loss_of(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of images (N, inputs) whose labels (N,) the model gives."""
    return (model(images).argmax(dim=1) == labels).float().mean().item()
