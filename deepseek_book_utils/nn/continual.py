"""Learning one thing after the other: how much of the old is lost, and three ways to
keep it.

Replay shows a few old examples again. Elastic weight consolidation (EWC; Kirkpatrick et
al., arXiv 1612.00796) ties each weight to its old value, the more the old task depends
on it. Distillation (learning without forgetting, LwF; Li and Hoiem, arXiv 1606.09282)
keeps what the old network says of the new examples.

Left out: EWC's Fisher information is that of the last stage alone, added up over
stages; LwF has one layer of logits for all stages, where the paper has one for each.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from ..settings import check_ranges
from .fitting import FitSettings, fit

Stage = tuple[Tensor, Tensor]  # images (N, inputs), labels (N,)


def fisher_information(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """How much the answers to images (N, inputs) depend on each weight: the diagonal of
    the Fisher information, one tensor of its parameter's shape each.
    """
    weights = {name: weight.detach() for name, weight in model.named_parameters()}

    def log_prob(weights: dict[str, Tensor], image: Tensor, label: int) -> Tensor:
        logits = functional_call(model, weights, (image[None],))[0]
        return logits.log_softmax(dim=0)[label]

    with torch.no_grad():
        probs = model(images).softmax(dim=1)  # (N, classes)
    found = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for label in range(probs.shape[1]):
        slopes = vmap(grad(log_prob), (None, 0, None))(weights, images, label)
        for name, slope in slopes.items():  # (N, *shape)
            # F_i = mean over x of sum over y of p(y|x) (d log p(y|x) / d theta_i)^2
            found[name] += torch.einsum("n,n...->...", probs[:, label], slope**2)
    return {name: total / len(images) for name, total in found.items()}


def ewc_penalty(
    model: nn.Module, anchors: dict[str, Tensor], fisher: dict[str, Tensor]
) -> Tensor:
    """How far the weights are from `anchors`, each weighed by its information."""
    # sum over i of F_i / 2 (theta_i - theta*_i)^2              Kirkpatrick et al. 2017
    terms = [
        (fisher[name] * (weight - anchors[name]) ** 2).sum() / 2
        for name, weight in model.named_parameters()
    ]
    return torch.stack(terms).sum()


def distillation_loss(logits: Tensor, old: Tensor, temperature: float) -> Tensor:
    """Cross-entropy to the old network's softened answers; both logits (B, classes)."""
    wanted = (old / temperature).softmax(dim=1)
    return F.cross_entropy(logits / temperature, wanted)


@dataclass(frozen=True)
class ContinualSettings:
    """Which remedies are taken, and how much of each: zero is none; raises ValueError
    on values without sense.
    """

    replayed: int = 0  # examples kept of every stage, at random
    ewc: float = 0.0  # weight of the penalty: lambda
    distilled: float = 0.0  # weight of the old network's answers
    temperature: float = 2.0  # of these answers, as in the paper

    def __post_init__(self) -> None:
        check_ranges(
            self,
            whole=("replayed",),
            not_negative=("ewc", "distilled"),
            positive=("temperature",),
        )


@dataclass
class Past:
    """What is kept of earlier stages: examples, weights with their information, the
    network after each stage.
    """

    examples: list[Stage] = field(default_factory=list)
    weights: list[tuple[dict[str, Tensor], dict[str, Tensor]]] = field(
        default_factory=list
    )
    models: list[nn.Module] = field(default_factory=list)


def continual_loss(
    model: nn.Module, new: Stage, past: Past, remedies: ContinualSettings
) -> Tensor:
    """The loss on new examples, with what the remedies add."""
    images, labels = new
    logits = model(images)
    loss = F.cross_entropy(logits, labels)
    for old_images, old_labels in past.examples:
        loss = loss + F.cross_entropy(model(old_images), old_labels)
    for anchors, fisher in past.weights:
        loss = loss + remedies.ewc * ewc_penalty(model, anchors, fisher)
    if past.models and remedies.distilled:
        with torch.no_grad():
            old = past.models[-1](images)
        told = distillation_loss(logits, old, remedies.temperature)
        loss = loss + remedies.distilled * told
    return loss


def learn_in_turn(
    model: nn.Module,
    stages: Sequence[Stage],
    remedies: ContinualSettings,
    settings: FitSettings,
    seed: int,
) -> list[nn.Module]:
    """Train in place on one stage after the other; returns the model after each.

    The first stage needs no remedy. Later stages see those old examples again that were
    kept for replay, and no others.
    """
    dice, past = torch.Generator().manual_seed(seed), Past()

    def learn(images: Tensor, labels: Tensor, seed: int) -> None:
        def loss_of(batch: Tensor) -> Tensor:
            return continual_loss(model, (images[batch], labels[batch]), past, remedies)

        fit(model.parameters(), loss_of, len(images), settings, seed)

    for number, (images, labels) in enumerate(stages):
        learn(images, labels, seed + number)
        past.models.append(copy.deepcopy(model))
        if remedies.replayed:
            chosen = torch.randperm(len(images), generator=dice)[: remedies.replayed]
            past.examples.append((images[chosen], labels[chosen]))
        if remedies.ewc:
            anchors = {name: p.detach().clone() for name, p in model.named_parameters()}
            past.weights.append((anchors, fisher_information(model, images)))
    return past.models
