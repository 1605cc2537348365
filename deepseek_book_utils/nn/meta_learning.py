"""MAML: weights from which a few steps of gradient descent are enough for a new task.

After Finn, Abbeel and Levine (arXiv 1703.03400), in both forms: the second-order one
differentiates through the inner steps, the first-order one takes the gradient where the
inner steps end, as if it were the gradient at their start (section 5.2). Beside both
stands joint training, the same loop without inner steps: one network for all tasks.

Weights are a list of tensors, W and b in turn, with a task axis S in front if each task
has its own. All tasks of a batch are adapted at once by matrix products over S.

Letters: S tasks, N points of a task (K of them to learn from), C numbers in, D out.

Left out: images and convolutions, batch normalisation, a learned inner rate, and
reinforcement learning (section 5.3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..settings import check_ranges
from .digits import digit_arrays
from .schedules import cosine

Weights = list[Tensor]
METHODS = ("second order", "first order", "joint")
Loss = Callable[[Tensor, Tensor], Tensor]  # outputs (S, N, D), answers -> (S,)


class Tasks(NamedTuple):
    """S tasks: points to learn from and points to be judged by."""

    inputs: Tensor  # (S, K, C)
    answers: Tensor  # (S, K, D) numbers, or (S, K) classes
    test_inputs: Tensor  # (S, N, C)
    test_answers: Tensor


def squared_error(outputs: Tensor, answers: Tensor) -> Tensor:
    """The mean squared error of each task, (S, N, D) twice -> (S,)."""
    return (outputs - answers).square().mean(dim=(1, 2))


def class_error(outputs: Tensor, answers: Tensor) -> Tensor:
    """The mean cross-entropy of each task, logits (S, N, D), classes (S, N) -> (S,)."""
    return F.cross_entropy(outputs.mT, answers, reduction="none").mean(dim=1)


def new_weights(sizes: tuple[int, ...], generator: torch.Generator) -> Weights:
    """Matrices (in, out), normal with variance 2 / in, and biases of zero."""
    weights: Weights = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        drawn = torch.randn(inputs, outputs, generator=generator)
        weights += [drawn * (2 / inputs) ** 0.5, torch.zeros(outputs)]
    return [weight.requires_grad_() for weight in weights]


def forward(weights: Weights, inputs: Tensor) -> Tensor:
    """A ReLU network with the weights of each task: (S, N, C) -> (S, N, D)."""
    hidden = inputs
    for i in range(0, len(weights), 2):
        matrix, bias = weights[i], weights[i + 1]
        hidden = hidden @ matrix + bias[..., None, :]  # (S, N, in) -> (S, N, out)
        if i + 2 < len(weights):
            hidden = hidden.relu()
    return hidden


def adapt(
    weights: Weights,
    inputs: Tensor,
    answers: Tensor,
    loss: Loss,
    steps: int,
    learning_rate: float,
    second_order: bool = False,
) -> Weights:
    """Each task's own weights after some steps of gradient descent on its points.

    With `second_order` the result remembers how it came from `weights`, so that a later
    gradient goes through the steps.
    """
    count = len(inputs)
    own = [weight.expand(count, *weight.shape) for weight in weights]
    for _ in range(steps):
        # theta'_i = theta - alpha grad L_i(f_theta)               Finn et al., sec. 2.2
        error = loss(forward(own, inputs), answers).sum()  # tasks share nothing
        slopes = torch.autograd.grad(error, own, create_graph=second_order)
        own = [w - learning_rate * slope for w, slope in zip(own, slopes, strict=True)]
    return own


@dataclass(frozen=True)
class MAMLSettings:
    """Settings of `meta_learn`; raises ValueError where a value makes no sense.

    Network, inner rate and tasks a batch are those of the paper's sinusoids (section
    5.1 and its code), which took 70,000 updates at a constant rate of 0.001.
    """

    method: str = "second order"  # or "first order", or "joint": no inner steps
    sizes: tuple[int, ...] = (1, 40, 40, 1)
    updates: int = 2000
    tasks: int = 25  # S, of each update
    inner_steps: int = 1
    inner_learning_rate: float = 0.01  # alpha
    learning_rate: float = 3e-3  # beta, of Adam; falls to zero along half a cosine
    max_grad_norm: float = 1.0  # a longer outer gradient is shortened to this

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("sizes", "updates", "tasks", "inner_steps"),
            positive=("inner_learning_rate", "learning_rate", "max_grad_norm"),
        )
        if self.method not in METHODS:
            raise ValueError(f"method = {self.method!r}: take one of {METHODS}.")
        if len(self.sizes) < 2:
            raise ValueError(f"sizes = {self.sizes}: name what goes in and comes out.")


def meta_loss(
    weights: Weights, tasks: Tasks, loss: Loss, settings: MAMLSettings
) -> Tensor:
    """What the weights are worth as a start: the mean error on the test points of all
    tasks, after each has taken its inner steps.
    """
    joint = settings.method == "joint"
    own = adapt(
        weights,
        tasks.inputs,
        tasks.answers,
        loss,
        0 if joint else settings.inner_steps,
        settings.inner_learning_rate,
        settings.method == "second order",
    )
    # theta <- theta - beta grad sum_i L_i(f_theta'_i)               Finn et al., eq. 1
    return loss(forward(own, tasks.test_inputs), tasks.test_answers).mean()


def meta_learn(
    draw: Callable[[int, torch.Generator], Tasks],
    loss: Loss,
    settings: MAMLSettings,
    seed: int,
) -> Weights:
    """Learn where to start from; `draw(S, generator)` gives S tasks."""
    generator = torch.Generator().manual_seed(seed)
    weights = new_weights(settings.sizes, generator)
    optimizer = torch.optim.Adam(weights, fused=True)
    for update in range(settings.updates):
        error = meta_loss(weights, draw(settings.tasks, generator), loss, settings)
        rate = settings.learning_rate * cosine(update, settings.updates)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        error.backward()
        torch.nn.utils.clip_grad_norm_(weights, settings.max_grad_norm)
        optimizer.step()
    return weights


def errors_of_steps(
    weights: Weights, tasks: Tasks, loss: Loss, steps: int, learning_rate: float
) -> Tensor:
    """The error on test points after 0, 1, ... `steps` steps: (steps + 1, S)."""
    rows = []
    for taken in range(steps + 1):
        own = adapt(weights, tasks.inputs, tasks.answers, loss, taken, learning_rate)
        rows.append(loss(forward(own, tasks.test_inputs), tasks.test_answers).detach())
    return torch.stack(rows)


def draw_sinusoids(points: int, count: int, generator: torch.Generator) -> Tasks:
    """S = `count` sinusoids with amplitudes in [0.1, 5] and phases in [0, pi], and
    twice K = `points` of each at x in [-5, 5]           Finn et al., section 5.1
    """
    drawn = torch.rand(count, 2 * points + 2, generator=generator)  # (S, 2 K + 2)
    amplitude = 0.1 + 4.9 * drawn[:, :1]  # (S, 1)
    phase = torch.pi * drawn[:, 1:2]
    x = 10 * drawn[:, 2:] - 5  # (S, 2 K)
    y = amplitude * (x - phase).sin()
    inputs, answers = x[..., None], y[..., None]  # (S, 2 K, 1)
    return Tasks(
        inputs[:, :points], answers[:, :points], inputs[:, points:], answers[:, points:]
    )


def digit_tasks(
    classes: tuple[int, ...], ways: int, shots: int, points: int, renamed: bool = True
) -> Callable[[int, torch.Generator], Tasks]:
    """Tasks of scikit-learn's digits, `ways` of the classes under new names 0, 1, ...:
    `shots` pictures of each to learn from, `points` others of each to be judged by.
    Without `renamed` the first classes keep their places, in every task the same.

    Raises ValueError if there are fewer classes than ways.
    """
    if not 2 <= ways <= len(classes):
        raise ValueError(f"ways = {ways}: take 2 to {len(classes)} of these classes.")
    pictures, shown = (torch.tensor(x) for x in digit_arrays())
    piles = [pictures[shown == digit].float() for digit in classes]

    def draw(count: int, generator: torch.Generator) -> Tasks:
        drawn = []
        for _ in range(count):
            names = torch.randperm(len(classes), generator=generator)
            for name in names[:ways].tolist() if renamed else range(ways):
                order = torch.randperm(len(piles[name]), generator=generator)
                drawn.append(piles[name][order[: shots + points]])
        found = torch.stack(drawn).view(count, ways, shots + points, -1)
        named = torch.arange(ways)[:, None].expand(count, ways, shots + points)
        parts = [found[:, :, :shots], named[..., :shots]]
        parts += [found[:, :, shots:], named[..., shots:]]
        return Tasks(*(part.flatten(1, 2) for part in parts))  # (S, ways n, ...)

    return draw


def with_new_head(weights: Weights, outputs: int) -> Weights:
    """The same layers under a last one of zeros, for D = `outputs` other answers."""
    width = weights[-2].shape[-2]  # (in, out) of the last matrix
    return [*weights[:-2], torch.zeros(width, outputs), torch.zeros(outputs)]


def accuracies(weights: Weights, tasks: Tasks) -> Tensor:
    """The share of each task's test points that is named right: (S,)."""
    named = forward(weights, tasks.test_inputs).argmax(dim=-1)  # (S, N)
    return (named == tasks.test_answers).float().mean(dim=1)
