"""What depth does to a signal: its size at each layer, and that of the gradient which
comes back.

Letters: B rows, C channels, L layers.

A layer multiplies the size of what passes. So does the next one: after L layers the
factor has the power L, and only 1 stays 1 (He et al., arXiv 1502.01852, section 2.2). A
way around each layer adds instead of multiplying; L layers that add are scaled by the
root of their number (Radford et al., 2019, section 2.3).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Draw = Callable[[int, int, torch.Generator | None], Tensor]  # as `initialisation.he`
Activation = Callable[[Tensor], Tensor]


def draw_layers(
    draw: Draw, layers: int, width: int, dice: torch.Generator, scale: float = 1.0
) -> list[Tensor]:
    """L first weights (C, C), each times `scale`."""
    return [scale * draw(width, width, dice) for _ in range(layers)]


def pass_through(
    weights: Sequence[Tensor], x: Tensor, activation: Activation, around: bool = False
) -> list[Tensor]:
    """The signal x (B, C) before the first layer and after each of L; `around` adds
    what a layer makes to what it read.
    """
    streams = [x]
    for weight in weights:
        made = activation(x @ weight.T)  # (B, C)
        x = x + made if around else made
        streams.append(x)
    return streams


def gradients_back(streams: Sequence[Tensor], last: Tensor) -> list[Tensor]:
    """The gradient that reaches each stream, if `last` reaches the last one; the first
    stream must ask for its gradient.
    """
    return list(torch.autograd.grad(streams[-1], list(streams), last))


def sizes(signals: Sequence[Tensor]) -> list[float]:
    """The mean square of each: its variance, where the mean is 0."""
    return [signal.detach().square().mean().item() for signal in signals]


def depth_profile(
    weights: Sequence[Tensor],
    x: Tensor,
    activation: Activation,
    dice: torch.Generator,
    around: bool = False,
) -> tuple[list[float], list[float]]:
    """Sizes of the signal x (B, C) and of the gradient at L + 1 places; the gradient
    that starts at the end is drawn from N(0, 1).
    """
    streams = pass_through(weights, x.clone().requires_grad_(), activation, around)
    last = torch.randn(streams[-1].shape, generator=dice)
    return sizes(streams), sizes(gradients_back(streams, last))


def model_profile(
    readers: Sequence[nn.Module], run: Callable[[], Tensor]
) -> tuple[list[float], list[float]]:
    """The same for a model that is there: sizes of what each of these modules reads
    while `run` runs, and of the gradient that comes back from the loss it returns.

    Raises ValueError unless each of them is called just once.
    """
    found: list[tuple[nn.Module, Tensor]] = []
    hooks = [
        reader.register_forward_pre_hook(
            lambda module, inputs: found.append((module, inputs[0]))
        )
        for reader in readers
    ]
    try:
        loss = run()
    finally:
        for hook in hooks:
            hook.remove()
    read = {id(module): signal for module, signal in found}
    if len(found) != len(readers) or len(read) != len(readers):
        raise ValueError(
            f"{len(readers)} modules read {len(found)} times: name such as read once."
        )
    signals = [read[id(reader)] for reader in readers]
    return sizes(signals), sizes(torch.autograd.grad(loss, signals))
