"""Handwritten digits, a network that reads them, and its training under six schedules
of the learning rate.

Left out: a set for choosing settings. Where a rate is chosen by the test digits, the
text says so.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor, nn

from .optimizers import Optimizer, Rule
from .schedules import (
    PlateauSettings,
    PlateauState,
    Schedule,
    constant,
    cosine,
    exponential,
    reduce_on_plateau,
    step_decay,
    warm_up,
)


def digit_arrays() -> tuple[NDArray, NDArray]:
    """Pictures (1797, 64), ink from 0 to 1, and what they show (1797,): scikit-learn's
    digits.
    """
    digits = load_digits()
    return digits.data / 16, digits.target


def split(seed: int, count: int = 1797) -> tuple[NDArray, NDArray]:
    """Indices for training, four fifths of all, and for testing: (1437,) and (360,)."""
    order = np.random.default_rng(seed).permutation(count)
    return order[: count * 4 // 5], order[count * 4 // 5 :]


def digit_network(seed: int, sizes: Sequence[int] = (64, 64, 64, 10)) -> nn.Sequential:
    """Linear layers of these sizes, ReLUs between them; `seed` gives the weights."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU on the logits


def train_digits(
    data: tuple[Tensor, Tensor],
    rule: Rule,
    settings: Any,
    seed: int,
    batch_size: int,
    epochs: int,
    rate: Callable[[int, float], float],
) -> tuple[float, list[float], list[float]]:
    """Share of test digits read right, and the loss and the rate of every step.

    data: images (N, 64) and labels (N,). `rate(step, loss)` is the learning rate, given
    the loss of the step before.
    """
    images, labels = data
    train, test = (torch.tensor(part) for part in split(seed, len(labels)))
    model = digit_network(seed)
    optimizer = Optimizer(model.parameters(), rule, settings)
    losses: list[float] = []
    rates: list[float] = []
    for _ in range(epochs):
        order = train[torch.randperm(len(train))]
        whole = len(order) // batch_size * batch_size  # the rest waits for its turn
        for batch in order[:whole].split(batch_size):
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            rates.append(rate(len(losses), losses[-1] if losses else math.inf))
            optimizer.step(rates[-1])
            losses.append(loss.item())
    with torch.no_grad():
        right = model(images[test]).argmax(dim=1) == labels[test]
    return right.float().mean().item(), losses, rates


STEPS = 88  # eight epochs of eleven batches of 128
FACTORS: dict[str, Schedule] = {
    "constant": constant,
    "step": partial(step_decay, every=30),
    "exponential": partial(exponential, factor=0.01 ** (1 / STEPS)),
    "cosine": partial(cosine, total=STEPS),
    "warm-up and cosine": partial(
        warm_up, length=20, after=partial(cosine, total=STEPS - 20)
    ),
}
PLATEAU = PlateauSettings(patience=6, factor=0.3)


def on_schedule(name: str, rate: float) -> Callable[[int, float], float]:
    """The learning rate as a function of the step and of the last loss; `name` is one
    of `FACTORS`, or "plateau".
    """
    if name != "plateau":
        return lambda step, loss: rate * FACTORS[name](step)
    states = [PlateauState(rate)]

    def waiting(step: int, loss: float) -> float:
        states.append(reduce_on_plateau(states[-1], loss, PLATEAU))
        return states[-1].learning_rate

    return waiting
