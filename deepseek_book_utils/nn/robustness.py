"""Pictures made to be misread, training against them, and two kinds of pictures with a
weight each.

The attacks are FGSM (Goodfellow et al., arXiv 1412.6572) and PGD (Madry et al., arXiv
1706.06083). Left out: pictures are not cut back to the range from 0 to 1, since ink may
be darker or lighter here, and PGD has no restarts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..settings import check_ranges
from .fitting import FitSettings, fit


def input_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The gradient of the summed cross-entropy by the images (B, inputs): which way
    each pixel must change to make the answer worse. The weights get no gradient.
    """
    images = images.detach().requires_grad_()
    loss = F.cross_entropy(model(images), labels, reduction="sum")
    return torch.autograd.grad(loss, images)[0]


def fgsm(model: nn.Module, images: Tensor, labels: Tensor, size: float) -> Tensor:
    """Images (B, inputs), each pixel moved by `size` the wrong way."""
    # x' = x + size * sign(grad_x J(x, y))                      Goodfellow et al. 2015
    return images + size * input_gradient(model, images, labels).sign()


@dataclass(frozen=True)
class AttackSettings:
    """How PGD searches; raises ValueError on values without sense."""

    size: float = 0.2  # most that a pixel may change; ink goes from 0 to 1
    steps: int = 5
    step_size: float = 0.1  # steps of this length can cross the whole allowed range

    def __post_init__(self) -> None:
        check_ranges(self, count=("steps",), positive=("size", "step_size"))


def pgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AttackSettings,
    dice: torch.Generator,
) -> Tensor:
    """Images (B, inputs) after several small steps the wrong way from a random start,
    none further from where it was than `size`.
    """
    size = settings.size
    start = torch.rand(images.shape, generator=dice, dtype=images.dtype)
    attacked = images + size * (2 * start - 1)
    for _ in range(settings.steps):
        step = settings.step_size * input_gradient(model, attacked, labels).sign()
        # x <- x + step * sign(grad), back to |x - x_0| <= size      Madry et al. 2018
        attacked = torch.clamp(attacked + step, images - size, images + size)
    return attacked


def train_against(
    model: nn.Module,
    data: tuple[Tensor, Tensor],
    attack: AttackSettings,
    settings: FitSettings,
    seed: int,
    share: float = 0.5,
) -> list[float]:
    """Train in place on images (N, inputs) and labels (N,), where attacked pictures
    have this share of the loss; returns the loss of every step.

    Every batch is attacked anew, with the weights of the moment. Raises ValueError
    unless the share lies from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share = {share} makes no sense: take 0 <= share <= 1.")
    images, labels = data
    dice = torch.Generator().manual_seed(seed)

    def loss_of(batch: Tensor) -> Tensor:
        clean, answers = images[batch], labels[batch]
        # L = (1 - share) J(x, y) + share J(x', y)              Goodfellow et al. 2015
        loss = (1 - share) * F.cross_entropy(model(clean), answers)
        if share:
            attacked = pgd(model, clean, answers, attack, dice)
            loss = loss + share * F.cross_entropy(model(attacked), answers)
        return loss

    return fit(model.parameters(), loss_of, len(images), settings, seed)


def train_on_domains(
    model: nn.Module,
    domains: Sequence[tuple[Tensor, Tensor]],
    weights: Sequence[float],
    settings: FitSettings,
    seed: int,
) -> list[float]:
    """Train in place on several kinds of pictures, each with its weight in the loss;
    returns the loss of every step.

    Each domain is images (N, inputs) and labels (N,), with the same N. Raises
    ValueError unless every domain has a weight of its own, none is below zero, and
    they sum to one.
    """
    if len(weights) != len(domains) or min(weights) < 0 or abs(sum(weights) - 1) > 1e-6:
        raise ValueError(
            f"weights = {list(weights)}: give each of {len(domains)} domains a weight "
            ">= 0, with the sum 1."
        )

    def loss_of(batch: Tensor) -> Tensor:
        # L = sum over domains of w_d J(x_d, y_d)
        losses = [
            weight * F.cross_entropy(model(images[batch]), labels[batch])
            for weight, (images, labels) in zip(weights, domains, strict=True)
        ]
        return torch.stack(losses).sum()

    return fit(model.parameters(), loss_of, len(domains[0][0]), settings, seed)
