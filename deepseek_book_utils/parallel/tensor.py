"""Tensor parallelism: every process has a slice of each matrix, and all work on the
same tokens (Shoeybi et al., arXiv 1909.08053, section 3).

Letters: B batch, T time, I inputs, O outputs, H heads, K key heads, D head size, n
processes.

A block has two pairs of matrices. The first of a pair is cut by its outputs: each
process has some heads, or some hidden channels, and needs no other. The second is cut
by its inputs: each process computes a part of the sum, and one sum over all processes
ends the pair. Left out: the embedding and the head, which stay whole here, and norms
along the sequence.
"""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from .group import copy_to_all, sum_of_all


class ByOutputs(nn.Module):
    """Some outputs of a linear layer."""

    def __init__(self, layer: nn.Linear, rows: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach()[rows].clone())
        bias = None if layer.bias is None else layer.bias.detach()[rows].clone()
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O / n); x is the same in all processes."""
        return F.linear(copy_to_all(x), self.weight, self.bias)


class ByInputs(nn.Module):
    """What some inputs of a linear layer add to its outputs, then the sum of all."""

    def __init__(self, layer: nn.Linear, columns: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach()[:, columns].clone())
        self.bias = (
            None if layer.bias is None else nn.Parameter(layer.bias.detach().clone())
        )

    def forward(self, x: Tensor) -> Tensor:
        """(..., I / n) -> (..., O), the same in all processes."""
        whole = sum_of_all(F.linear(x, self.weight))
        return whole if self.bias is None else whole + self.bias  # the bias counts once


def own_slice(size: int, what: str) -> Tensor:
    """The numbers among 0 .. size - 1 that belong to this process, evenly shared.

    Raises ValueError if they cannot be.
    """
    n = dist.get_world_size()
    if size % n:
        raise ValueError(f"{size} {what} cannot be shared evenly by {n} processes.")
    return torch.arange(size).chunk(n)[dist.get_rank()]


def split_block(block: nn.Module, key_heads: int) -> None:
    """Keep this process's slice of a block with `qkv`, `out`, `up`, `down` and perhaps
    `gate`, as the blocks of `lm.open_weights.gpt`.

    Raises ValueError if heads or channels cannot be shared evenly.
    """
    parts: dict[str, nn.Linear] = {
        name: layer
        for name, layer in block.named_children()
        if isinstance(layer, nn.Linear)
    }
    heads: int = block.heads  # type: ignore[assignment]
    size = parts["qkv"].out_features // (heads + 2 * key_heads)  # D
    queries = own_slice(heads, "heads")
    keys = own_slice(key_heads, "key heads")
    blocks = (queries, heads + keys, heads + key_heads + keys)
    rows = torch.cat([_channels(numbers, size) for numbers in blocks])
    block.qkv = ByOutputs(parts["qkv"], rows)
    block.out = ByInputs(parts["out"], _channels(queries, size))
    hidden = own_slice(parts["down"].in_features, "hidden channels")
    for name in {"gate", "up"} & parts.keys():
        setattr(block, name, ByOutputs(parts[name], hidden))
    block.down = ByInputs(parts["down"], hidden)
    block.heads = len(queries)  # type: ignore[assignment]
    if hasattr(block, "key_heads"):
        block.key_heads = len(keys)  # type: ignore[assignment]


def _channels(heads: Tensor, size: int) -> Tensor:
    """The channels of heads (n,) of this size: (n size,)."""
    return (heads[:, None] * size + torch.arange(size)).flatten()
