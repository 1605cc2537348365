"""How large are the first weights? So large that signals and gradients keep their size
from layer to layer, or step to step.

Letters: I inputs, O outputs. A weight (O, I) multiplies the variance of what passes
forward by I times its own variance, and of what passes backward by O times.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def xavier(outputs: int, inputs: int, dice: torch.Generator | None = None) -> Tensor:
    """Weights (O, I) for tanh: uniform, a compromise between the two directions."""
    # U[-sqrt(6) / sqrt(I + O), sqrt(6) / sqrt(I + O)]    Glorot and Bengio 2010, eq. 16
    bound = (6 / (inputs + outputs)) ** 0.5
    return torch.empty(outputs, inputs).uniform_(-bound, bound, generator=dice)


def he(outputs: int, inputs: int, dice: torch.Generator | None = None) -> Tensor:
    """Weights (O, I) for ReLU, which lets half of the variance through: normal, and
    twice the variance.
    """
    # std = sqrt(2 / I)                              He et al., arXiv 1502.01852, eq. 10
    return (2 / inputs) ** 0.5 * torch.randn(outputs, inputs, generator=dice)


def narrow(outputs: int, inputs: int, dice: torch.Generator | None = None) -> Tensor:
    """Weights (O, I) as torch's recurrent layers draw them: uniform up to 1 / sqrt(I),
    a third of the variance that would keep the size.
    """
    bound = inputs**-0.5
    return torch.empty(outputs, inputs).uniform_(-bound, bound, generator=dice)


INITIALISATIONS: dict[str, Callable[..., Tensor]] = {
    "xavier": xavier,
    "he": he,
    "narrow": narrow,
}
