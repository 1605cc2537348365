"""Weights laid out for writing many texts at once: in blocks, each in the order in
which a product reads it.

Letters: B rows, O outputs, C inputs, R outputs of a block.

A step multiplies a few rows by every matrix of the model, and waits for these matrices
to come from memory. With two rows or more torch goes through such blocks faster than
through a matrix (O, C) of the usual layout; with one row it is slower
(`benchmarks/gpt.py`, EXPERIMENTS.md).
"""

import torch
from torch import Tensor, nn

from .gpt import GPT

BLOCK = 192  # among the fastest R for 16 rows; it divides SmolLM2's matrices


class PackedLinear(nn.Module):
    """A linear layer to write with, not to train: its matrix lies in blocks."""

    blocks: Tensor  # (O / R, C, R)
    bias: Tensor | None  # (O,)

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.outputs = len(weight)
        blocks = weight.detach().unflatten(0, (-1, BLOCK)).transpose(1, 2)
        self.register_buffer("blocks", blocks.contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., O)."""
        rows = x.reshape(-1, x.shape[-1]).expand(len(self.blocks), -1, -1)
        out = torch.bmm(rows, self.blocks)  # (O / R, B, R)
        out = out.transpose(0, 1).reshape(*x.shape[:-1], self.outputs)
        return out if self.bias is None else out + self.bias


def pack(model: GPT) -> None:
    """Put the matrices of a model into blocks, in place; a tied table is kept to embed
    with, and packed once more.

    Raises ValueError, and changes nothing, where the outputs of a layer make no whole
    blocks.
    """
    weights: dict[str, tuple[Tensor, Tensor | None]] = {
        name: (layer.weight, layer.bias)
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear)
    }
    weights.setdefault("head", (model.words.weight, None))
    for name, (weight, _) in weights.items():
        if len(weight) % BLOCK:
            raise ValueError(
                f"{name} has {len(weight)} outputs, no whole blocks of {BLOCK}: this "
                "model has to stay as it is."
            )
    for name, (weight, bias) in weights.items():
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, PackedLinear(weight, bias))
