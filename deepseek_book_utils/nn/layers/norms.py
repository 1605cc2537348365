"""Keep numbers of a size: two ways to normalise what a layer computes.

Letters: B batch, T time, C channels. Layer norm looks at one vector and needs no other
example (Ba et al., arXiv 1607.06450); batch norm looks at one channel of all examples
and so makes them depend on each other while training (Ioffe and Szegedy, arXiv
1502.03167). The third one in use, RMS norm, is `lm.model.rms_norm`.
"""

import torch
from torch import Tensor, nn


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Each vector (..., C) with mean 0 and variance 1, then scaled by weight (C,) and
    shifted by bias (C,).
    """
    # y = (x - mu) / sigma * g + b, over the channels              Ba et al. 2016, eq. 4
    mean = x.mean(dim=-1, keepdim=True)  # (..., C) -> (..., 1)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return (x - mean) * (variance + eps).rsqrt() * weight + bias


def batch_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance (C,) of every channel of x (..., C) over all its examples.

    Raises ValueError for fewer than two vectors: their variance says nothing.
    """
    rows = x.flatten(0, -2)  # (..., C) -> (N, C)
    if len(rows) < 2:
        raise ValueError(
            "Batch norm needs two examples or more to train: take a larger batch, or "
            "layer norm."
        )
    mean = rows.mean(dim=0)
    return mean, (rows - mean).square().mean(dim=0)


class LayerNorm(nn.Module):
    """`layer_norm` with a weight and a bias that are learned."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return layer_norm(x, self.weight, self.bias, self.eps)


class BatchNorm(nn.Module):
    """While training each channel is normalised by its moments in the batch; afterwards
    by what it remembers of them, so that an example's result is its own.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, width: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_variance", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C); raises ValueError when training on a single vector."""
        mean, variance = self.running_mean, self.running_variance
        if self.training:
            mean, variance = batch_moments(x)
            self.remember(mean.detach(), variance.detach(), x.numel() // x.shape[-1])
        # y = gamma (x - mu) / sqrt(sigma^2 + eps) + beta      Ioffe and Szegedy, alg. 1
        return (x - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias

    def remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move a step towards the moments of a batch of `count` vectors."""
        # E[x] and Var[x] = m / (m - 1) E[sigma^2]             Ioffe and Szegedy, alg. 2
        self.running_mean.lerp_(mean, self.momentum)
        self.running_variance.lerp_(variance * count / (count - 1), self.momentum)
