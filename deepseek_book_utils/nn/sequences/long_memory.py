"""Tasks that need what was read long ago, and how much of the gradient arrives there.

Letters: B batch, T time, H width of the state. The adding problem is that of Hochreiter
and Schmidhuber (1997, experiment 4); both tasks have the form of Arjovsky et al. (arXiv
1511.06464, section 4).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_ranges
from .recurrent import Recurrent

Batch = tuple[Tensor, Tensor]


def draw_adding(count: int, steps: int, dice: torch.Generator) -> Batch:
    """Numbers with marks (B, T, 2), and the sum (B, 1) of the two that are marked, one
    in each half. Always to answer 1 has a mean squared error of 1/6.

    Raises ValueError unless steps >= 2.
    """
    if steps < 2:
        raise ValueError(f"steps = {steps}: take 2 or more, two numbers are added.")
    x = torch.rand(count, steps, 2, generator=dice)
    first = torch.randint(0, steps // 2, (count, 1), generator=dice)
    second = torch.randint(steps // 2, steps, (count, 1), generator=dice)
    marks = torch.zeros(count, steps).scatter(1, torch.cat((first, second), dim=1), 1.0)
    x[:, :, 1] = marks
    return x, (x[:, :, 0] * marks).sum(dim=1, keepdim=True)


def draw_copy(
    count: int, delay: int, dice: torch.Generator, symbols: int = 8, length: int = 10
) -> Batch:
    """Words to read (B, delay + 2 length) and to write: `length` symbols, blanks, a
    signal, then the symbols again; until then blanks are written.

    Symbols are numbered from 0, then come the blank and the signal. An answer by chance
    costs length log(symbols) / (delay + 2 length) a step. Raises ValueError on sizes
    below 1.
    """
    if min(delay, symbols, length) < 1:
        raise ValueError(
            f"delay = {delay}, symbols = {symbols}, length = {length}: take 1 or more."
        )
    blank, signal = symbols, symbols + 1
    text = torch.randint(0, symbols, (count, length), generator=dice)
    x = torch.full((count, delay + 2 * length), blank)
    y = x.clone()
    x[:, :length], y[:, -length:] = text, text
    x[:, length + delay - 1] = signal
    return x, y


def gradient_norms(
    model: Recurrent, x: Tensor, loss_of: Callable[[Tensor], Tensor]
) -> Tensor:
    """How strongly each step's state moves the loss: the norms (T,) of dL/dh over the
    batch, for an LSTM of dL/dh and dL/dc together.

    `loss_of` maps the last h (B, H) to a loss; x is (B, T, I).
    """
    states = model.unroll(x)
    loss = loss_of(states[-1][0])
    parts = [part for state in states for part in state]
    # dL/ds_t = dL/ds_T  ds_T/ds_T-1 ... ds_t+1/ds_t     Pascanu et al., arXiv 1211.5063
    found = torch.autograd.grad(loss, parts)
    squares = torch.stack([gradient.square().sum() for gradient in found])
    return squares.view(len(states), -1).sum(dim=1).sqrt()  # (T parts,) -> (T,)


def clip_gradients(parameters: Iterable[nn.Parameter], largest: float) -> float:
    """Shorten the gradient of all parameters together to the length `largest`, in
    place; returns how long it was.

    Raises ValueError unless largest > 0; infinity only measures.
    """
    if not largest > 0:
        raise ValueError(f"largest = {largest}: take more than 0.")
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
    # g <- g * largest / |g| if |g| > largest    Pascanu et al., arXiv 1211.5063, alg. 1
    if length > largest:
        for gradient in gradients:
            gradient.mul_(largest / length)
    return length


OPTIMISERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


@dataclass(frozen=True)
class MemorySettings:
    """Settings of `train_adding`; raises ValueError on values without sense."""

    steps: int = 100  # T: a number may lie so far back
    updates: int = 500
    batch_size: int = 64
    optimiser: str = "adam"  # or "sgd", which takes small gradients as they are
    learning_rate: float = 1e-3
    max_grad_norm: float = 1.0  # longer gradients are shortened; infinity: none are

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("steps", "updates", "batch_size"),
            positive=("learning_rate",),
        )
        if not self.max_grad_norm > 0:
            raise ValueError(
                f"max_grad_norm = {self.max_grad_norm} makes no sense: take "
                "more than 0."
            )
        if self.optimiser not in OPTIMISERS:
            raise ValueError(
                f"optimiser = {self.optimiser!r} makes no sense: take one of "
                f"{', '.join(OPTIMISERS)}."
            )


def train_adding(model: nn.Module, settings: MemorySettings, seed: int) -> list[float]:
    """Train a model (B, T, 2) -> (B, T, 1) in place to have added at the last step;
    returns the loss of every update.

    Every batch is new, so that the loss is one of unseen numbers.
    """
    dice = torch.Generator().manual_seed(seed)
    rule = OPTIMISERS[settings.optimiser]
    optimizer = rule(model.parameters(), lr=settings.learning_rate)
    losses = []
    for _ in range(settings.updates):
        x, y = draw_adding(settings.batch_size, settings.steps, dice)
        loss = F.mse_loss(model(x)[:, -1], y)
        optimizer.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), settings.max_grad_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses
