"""SGD, Adam, AdamW and LAMB: each one step as a function from (parameter, gradient,
state) to (new parameter, new state), and one small class that applies it to a model.

Letters: x parameter, g gradient, v velocity or second moment, m first moment, t number
of the step counted from 1, eta learning rate, lambda weight decay, mu momentum.

What each function makes of its paper:
SGD    The learning rate multiplies the velocity as it is used, as in torch; Sutskever
       et al. (ICML 2013, eqs. 1 to 4) put it inside. Both agree while it is constant.
       Nesterov's gradient is taken at x, not at x + mu v; x is then the looked-ahead
       point itself. Left out: dampening.
Adam   Kingma and Ba (arXiv 1412.6980), algorithm 1. Left out: AMSGrad, AdaMax.
AdamW  Loshchilov and Hutter (arXiv 1711.05101), algorithm 2, line 12, with lambda
       multiplied by the learning rate, as torch does it.
LAMB   You et al. (arXiv 1904.00962), algorithm 2. With its bias correction (the
       algorithm writes the corrected moments over m and v; the next step goes on from
       the uncorrected ones here, as in Adam). The scaling function phi is the identity:
       the norm of the weights is not clipped. The trust ratio is 1 where a norm is
       zero, which the algorithm leaves open. A "layer" is one parameter tensor, and
       none is excepted from decay or scaling, as biases often are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..settings import check_ranges


def check_shapes(parameter: Tensor, gradient: Tensor) -> None:
    """Raise ValueError if the gradient is not that of this parameter."""
    if parameter.shape != gradient.shape:
        raise ValueError(
            f"A parameter {tuple(parameter.shape)} got a gradient "
            f"{tuple(gradient.shape)}: pass the gradient of this very parameter; "
            "shapes are not broadcast."
        )


@dataclass(frozen=True)
class SGDSettings:
    """Settings of `sgd`; raises ValueError where a value makes no sense."""

    learning_rate: float = 0.1
    momentum: float = 0.0  # mu: 0.9 remembers about ten gradients
    nesterov: bool = False  # step along what the velocity will be
    weight_decay: float = 0.0  # lambda, added to the gradient (an L2 penalty)

    def __post_init__(self) -> None:
        check_ranges(
            self, not_negative=("learning_rate", "weight_decay"), memory=("momentum",)
        )
        if self.nesterov and not self.momentum:
            raise ValueError(
                "Nesterov looks ahead along the velocity: take momentum > 0 with it, "
                "0.9 for example."
            )


def sgd(
    parameter: Tensor, gradient: Tensor, velocity: Tensor | None, settings: SGDSettings
) -> tuple[Tensor, Tensor]:
    """One step of gradient descent: the new parameter and velocity, of the same shape.

    `velocity` is None before the first step. Raises ValueError if shapes differ.
    """
    check_shapes(parameter, gradient)
    if velocity is None:
        velocity = torch.zeros_like(parameter)  # v_0 = 0
    # g <- g + lambda x
    if settings.weight_decay:
        gradient = gradient + settings.weight_decay * parameter
    # v <- mu v + g                                     Sutskever et al. 2013, eq. 1
    velocity = settings.momentum * velocity + gradient
    # x <- x - eta v, or, a step ahead, x - eta (g + mu v)              eqs. 2 and 4
    direction = velocity
    if settings.nesterov:
        direction = gradient + settings.momentum * velocity
    return parameter - settings.learning_rate * direction, velocity


class Moments(NamedTuple):
    """What the Adam family remembers of one parameter."""

    step: int  # t, how many gradients it has seen
    first: Tensor  # m, running mean of g
    second: Tensor  # v, running mean of g^2


@dataclass(frozen=True)
class AdamSettings:
    """Settings of `adam` and `adamw`, by default the paper's; raises ValueError where a
    value makes no sense.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9  # how much of m stays: the memory is about 10 steps long
    beta2: float = 0.999  # how much of v stays: about 1000 steps
    epsilon: float = 1e-8  # keeps the division finite
    weight_decay: float = 0.0  # lambda; with adamw, 0.01 is torch's default

    def __post_init__(self) -> None:
        check_ranges(
            self,
            not_negative=("learning_rate", "epsilon", "weight_decay"),
            memory=("beta1", "beta2"),
        )


def adam_direction(
    gradient: Tensor,
    moments: Moments | None,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[Tensor, Moments]:
    """Where the Adam family goes, before learning rate and decay, and the new moments.

    Arithmetic after Adam, algorithm 1; `moments` is None before the first step.
    """
    if moments is None:
        zeros = torch.zeros_like(gradient)
        moments = Moments(0, zeros, zeros)  # m_0 = 0, v_0 = 0
    t = moments.step + 1
    # m <- beta1 m + (1 - beta1) g
    m = beta1 * moments.first + (1 - beta1) * gradient
    # v <- beta2 v + (1 - beta2) g^2
    v = beta2 * moments.second + (1 - beta2) * gradient.square()
    # m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t): both began at zero, too small
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    # r = m^ / (sqrt(v^) + epsilon)
    return m_hat / (v_hat.sqrt() + epsilon), Moments(t, m, v)


def adam(
    parameter: Tensor, gradient: Tensor, moments: Moments | None, settings: AdamSettings
) -> tuple[Tensor, Moments]:
    """One step of Adam: the new parameter and moments, of the same shape.

    Weight decay is an L2 penalty here: it passes through the moments, which scale it
    down where gradients are large. Raises ValueError if shapes differ.
    """
    check_shapes(parameter, gradient)
    # g <- g + lambda x                                       AdamW, algorithm 2, line 6
    if settings.weight_decay:
        gradient = gradient + settings.weight_decay * parameter
    direction, moments = adam_direction(
        gradient, moments, settings.beta1, settings.beta2, settings.epsilon
    )
    # x <- x - eta r                                          Adam, algorithm 1
    return parameter - settings.learning_rate * direction, moments


def adamw(
    parameter: Tensor, gradient: Tensor, moments: Moments | None, settings: AdamSettings
) -> tuple[Tensor, Moments]:
    """One step of AdamW: the new parameter and moments, of the same shape.

    Weight decay is decoupled: it never enters the moments and shrinks every weight by
    the same fraction. Raises ValueError if shapes differ.
    """
    check_shapes(parameter, gradient)
    direction, moments = adam_direction(
        gradient, moments, settings.beta1, settings.beta2, settings.epsilon
    )
    # x <- x - eta (r + lambda x)                            AdamW, algorithm 2, line 12
    update = direction + settings.weight_decay * parameter
    return parameter - settings.learning_rate * update, moments


@dataclass(frozen=True)
class LAMBSettings:
    """Settings of `lamb`; raises ValueError where a value makes no sense."""

    learning_rate: float = 1e-2  # a fraction: a step moves a layer by eta of its norm
    beta1: float = 0.9  # as in Adam
    beta2: float = 0.999
    epsilon: float = 1e-6  # usual with LAMB
    weight_decay: float = 0.01  # lambda, decoupled, but inside the trust ratio

    def __post_init__(self) -> None:
        check_ranges(
            self,
            not_negative=("learning_rate", "epsilon", "weight_decay"),
            memory=("beta1", "beta2"),
        )


def lamb(
    parameter: Tensor, gradient: Tensor, moments: Moments | None, settings: LAMBSettings
) -> tuple[Tensor, Moments]:
    """One step of LAMB: the new parameter and moments, of the same shape.

    The step is as long as the learning rate times the norm of the weights, whatever the
    gradient's scale. Raises ValueError if shapes differ.
    """
    check_shapes(parameter, gradient)
    # r = m^ / (sqrt(v^) + epsilon)                           LAMB, algorithm 2
    direction, moments = adam_direction(
        gradient, moments, settings.beta1, settings.beta2, settings.epsilon
    )
    # u = r + lambda x
    update = direction + settings.weight_decay * parameter
    # trust = phi(|x|) / |u| with phi(z) = z, and 1 where either norm is zero
    weight_norm, update_norm = parameter.norm(), update.norm()
    both = (weight_norm > 0) & (update_norm > 0)
    trust = torch.where(both, weight_norm / update_norm, 1.0)
    # x <- x - eta trust u
    return parameter - settings.learning_rate * trust * update, moments


Rule = Callable[[Tensor, Tensor, Any, Any], tuple[Tensor, Any]]


class Optimizer:
    """One of the rules above, applied in place to every parameter that has a gradient.

    `Optimizer(model.parameters(), adam, AdamSettings(learning_rate=1e-3))`. Raises
    ValueError if there are no parameters.
    """

    def __init__(self, parameters: Iterable[Tensor], rule: Rule, settings: Any) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(
                "No parameters to improve: pass model.parameters(), fresh; an iterator "
                "that was read before is empty."
            )
        self.rule, self.settings = rule, settings
        self.states: list[Any] = [None] * len(self.parameters)

    @torch.no_grad()
    def step(self, learning_rate: float | None = None) -> None:
        """Take one step; `learning_rate`, from a schedule, replaces that of the
        settings. Raises ValueError if no parameter has a gradient.
        """
        settings = self.settings
        if learning_rate is not None:
            settings = replace(settings, learning_rate=learning_rate)
        if all(parameter.grad is None for parameter in self.parameters):
            raise ValueError("No parameter has a gradient: call loss.backward() first.")
        for i, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                new, self.states[i] = self.rule(
                    parameter, parameter.grad, self.states[i], settings
                )
                parameter.copy_(new)

    def zero_grad(self) -> None:
        """Forget the gradients, which the next backward pass would add to."""
        for parameter in self.parameters:
            parameter.grad = None
