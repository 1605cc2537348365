"""What graders ask of a loss besides its value: a gradient that reaches what it must reach."""

from typing import Any

import torch
from torch import Tensor

from .checking import Wrong


def gradient_through(got: Any, by: Tensor, name: str) -> Tensor:
    """The gradient of a student's number with respect to `by`; raises Wrong where there is none."""
    gradient = None
    if isinstance(got, Tensor) and got.requires_grad:
        try:
            (gradient,) = torch.autograd.grad(got, by, retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            raise Wrong(
                f"The gradient of your loss cannot be taken: {error}",
                "Is a tensor changed in place, as by `x *= mask`?",
            ) from error
    if gradient is None:
        raise Wrong(
            f"The number is right, but no gradient flows from it back to `{name}`.",
            f"Nothing on the way from `{name}` may be detached, or be taken under `no_grad` or by `item`.",
        )
    return gradient
