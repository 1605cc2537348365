"""Muon (Jordan et al., 2024, kellerjordan.github.io/posts/muon), in float32.

torch's Muon rounds to bfloat16 before it multiplies. A processor without such products
takes ten times as long for them as for float32, and then they are a third of the time
that a small model learns.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

# a, b, c of the step a x + b (x x^T) x + c (x x^T)^2 x: Jordan et al. chose them so
# that small singular values grow fast; five steps leave them between about .7 and 1.2
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest matrix whose directions are all about equally large: U V^T of
    U S V^T, approximately, by Newton-Schulz steps. Shape (m, n), as given.

    Raises ValueError if it is no matrix.
    """
    if matrix.ndim != 2:
        raise ValueError(
            f"Muon is for matrices, this has the shape {tuple(matrix.shape)}: train "
            "vectors and embeddings with AdamW."
        )
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix  # the products are then as small as they can be
    x = x / x.norm().clamp(min=1e-7)  # no singular value above 1
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum .95, made orthogonal, times the learning rate and
    sqrt(max(1, rows / columns)); weight decay apart, as in AdamW.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Take one step with every gradient there is."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                momentum = self.state[weight].setdefault(
                    "momentum", torch.zeros_like(weight)
                )
                momentum.lerp_(weight.grad, 0.05)
                step = orthogonalize(weight.grad.lerp(momentum, 0.95))
                longer = max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(step, alpha=-group["lr"] * longer)
