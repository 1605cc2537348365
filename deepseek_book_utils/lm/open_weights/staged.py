"""A GPT cut into stages, each with some of its layers: what a pipeline hands from one
process to the next.

Letters: B batch, T time, C channels, V vocabulary.

Left out: the cache (stages learn, they do not sample), and a head that is tied to the
embedding, since these stand at the two ends.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .gpt import GPT, turns
from .row_cache import look


class Stage(nn.Module):
    """Some layers of a GPT, the embedding if it is the first stage, the head if it is
    the last.
    """

    def __init__(self, model: GPT, first_layer: int, layers: int) -> None:
        super().__init__()
        end = first_layer + layers
        self.blocks = model.blocks[first_layer:end]
        self.dropout, self.settings = model.dropout, model.settings
        first, last = first_layer == 0, end == model.settings.layers
        self.words = model.words if first else None
        self.positions = model.positions if first else None
        self.norm = model.norm if last else None
        self.head = model.head if last else None

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, T) for the first stage, the stream (B, T, C) for the others; gives
        the stream, or logits (B, T, V) in the last stage.
        """
        if self.words is not None:
            x = self.words(x)  # (B, T) -> (B, T, C)
            if self.positions is not None:
                x = x + self.positions.weight[: x.shape[1]]
            x = self.dropout(x)
        angles = turns(self.settings, 0, x.shape[1], x)
        for block in self.blocks:
            q, k, v = block.project(x, angles)
            x = block.mix(x, look(q, k, v))
        if self.norm is None or self.head is None:
            return x
        return F.linear(self.norm(x), self.head.weight)  # (B, T, C) -> (B, T, V)


def cut_into_stages(model: GPT, layers: Sequence[int]) -> list[Stage]:
    """The model as stages of so many layers each; they hold its own weights.

    Raises ValueError unless the layers add up to the model's, or if its head is tied.
    """
    if sum(layers) != model.settings.layers or not all(layers):
        raise ValueError(
            f"{list(layers)} layers do not make a model of {model.settings.layers}."
        )
    if model.settings.tied:
        raise ValueError("A head tied to the embedding cannot be cut off: tied=False.")
    firsts = [sum(layers[:stage]) for stage in range(len(layers))]
    return [Stage(model, first, n) for first, n in zip(firsts, layers, strict=True)]
