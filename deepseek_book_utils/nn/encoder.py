"""A Transformer encoder with BERT's layer: every word sees every other word, left and
right (Devlin et al., arXiv 1810.04805; the layer is that of Vaswani et al., arXiv
1706.03762, section 3).

Letters: B batch, T time, C channels, H heads, D head size, V vocabulary, N positions
that carry loss.

With the same weights it gives BERT's numbers. Left out of the paper: dropout, segment
embeddings (all words belong to one segment), the pooler above [CLS], the sentence-pair
task, and the extra layer in front of the masked-word output.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..settings import check_ranges


@dataclass(frozen=True)
class EncoderSettings:
    """Sizes of the encoder; raises ValueError on values without sense."""

    vocabulary: int  # V
    context: int = 24  # longest question in words: positions are learned one by one
    width: int = 64  # C; BERT-base has 768
    layers: int = 3  # BERT-base has 12
    heads: int = 4  # H; BERT-base has 12
    expansion: int = 4  # hidden layer of the feed-forward network, in widths; as BERT

    def __post_init__(self) -> None:
        sizes = ("vocabulary", "context", "width", "layers", "heads", "expansion")
        check_ranges(self, count=sizes)
        if self.width % self.heads:
            raise ValueError(
                f"width = {self.width} cannot be split among {self.heads} heads: take "
                "a multiple."
            )


class EncoderLayer(nn.Module):
    """Attention in both directions, then a feed-forward network; each adds to the
    stream, and the sum is normalised (post-norm).
    """

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__()
        width, self.heads = settings.width, settings.heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(width, settings.expansion * width)
        self.down = nn.Linear(settings.expansion * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-12) for _ in range(2))

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C); nobody looks at a word where real (B, T) is False."""
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.heads, C // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, T, 3, H, D) -> 3 times (B, H, T, D)
        # softmax(Q K^T / sqrt(D)) V                          Vaswani et al. 2017, eq. 1
        # no causal mask: (B, T) -> (B, 1, 1, T) hides padding, and nothing else
        attended = F.scaled_dot_product_attention(q, k, v, real[:, None, None, :])
        attended = attended.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, C)
        # LayerNorm(x + Sublayer(x)), twice                         section 3.1
        x = self.norms[0](x + self.out(attended))
        # the network's curve is GELU in BERT, where that of 2017 was ReLU
        return self.norms[1](x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    """Words in, one vector for every word out, each having seen the whole question."""

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__()
        self.settings = settings
        C = settings.width
        self.words = nn.Embedding(settings.vocabulary, C)
        self.positions = nn.Embedding(settings.context, C)
        self.norm = nn.LayerNorm(C, eps=1e-12)
        self.layers = nn.ModuleList(
            EncoderLayer(settings) for _ in range(settings.layers)
        )
        for name, parameter in self.named_parameters():
            if "norm" not in name:
                # BERT draws all weights with 0.02, at width 768; narrow layers need
                # larger ones for the same output
                std = 0.02 * (768 / C) ** 0.5
                nn.init.normal_(parameter, std=0 if "bias" in name else std)

    def forward(self, tokens: Tensor, real: Tensor) -> Tensor:
        """Tokens (B, T) -> (B, T, C); real (B, T) is False at padding.

        Raises ValueError on a question longer than the context, or without any word.
        """
        if tokens.shape != real.shape or real.dtype != torch.bool:
            raise ValueError(
                "Expected tokens (B, T) and real (B, T), which is True at words; got "
                f"{tuple(tokens.shape)} and {tuple(real.shape)} of {real.dtype}."
            )
        length, context = tokens.shape[1], self.settings.context
        if length > context:
            raise ValueError(
                f"{length} words, but only {context} positions were learned: shorten "
                "the question, or take a larger context."
            )
        if not real.any(dim=1).all():
            raise ValueError("A question is all padding: leave it out.")
        # word + position, normalised: (B, T, C) + (T, C)
        x = self.norm(self.words(tokens) + self.positions.weight[:length])
        for layer in self.layers:
            x = layer(x, real)
        return x
