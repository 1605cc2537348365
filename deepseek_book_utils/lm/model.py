"""A language model small enough for half a minute on one core: with two layers and a
vocabulary of 71 words, 116 thousand parameters.

Letters: B batch, T time, C channels, H heads, D head size, V vocabulary, N prompts, M
positions that carry loss.

It follows the practice of some small models of today: rotary positions (RoPE, Su et
al., arXiv 2104.09864, eq. 34), which make padding on the left harmless; RMSNorm without
weights (Zhang and Sennrich, arXiv 1910.07467, eq. 4), also on queries and keys (a
variant of Henry et al., arXiv 2010.04245); squared ReLU (So et al., arXiv 2109.08668);
and embeddings of the two words to the left, since a digit depends on its operation and
the value before it (EXPERIMENTS.md shows what becomes of the model without them).

Left out of DeepSeek's models: latent attention, experts, multi-token prediction. They
come in later chapters.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..settings import check_ranges
from .cache import Cache, attend, padded_mask


@dataclass(frozen=True)
class ModelSettings:
    """Sizes of the model, and what it must know of the words; `context` is the longest
    sequence, prompt and response together.

    Raises ValueError for sizes that do not fit together.
    """

    vocabulary: int  # how many different tokens there are
    padding: int = 0  # the token that fills rows, and stands before a text
    starts: tuple[int, ...] = ()  # tokens that begin a text: nothing is to their left
    width: int = 64
    layers: int = 2
    heads: int = 4
    neighbours: int = 2  # words to the left whose embeddings are added
    context: int = 256

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("vocabulary", "width", "layers", "heads", "context"),
            whole=("padding", "starts", "neighbours"),
        )
        if max(self.padding, *self.starts, 0) >= self.vocabulary:
            raise ValueError(
                f"padding and starts are tokens: take less than {self.vocabulary}."
            )
        if self.width % (2 * self.heads):
            raise ValueError(
                f"{self.heads} heads cannot share a width of {self.width} in pairs of "
                f"channels: take a width that {2 * self.heads} divides."
            )


def rms_norm(x: Tensor) -> Tensor:
    """x / sqrt(mean(x^2)) over the channels."""
    return F.rms_norm(x, x.shape[-1:])


def rotation_angles(context: int, head_size: int, base: float = 1000.0) -> Tensor:
    """Angles (context, D/2) by which RoPE turns each pair of channels."""
    frequencies = base ** -(torch.arange(0, head_size, 2) / head_size)
    return torch.outer(torch.arange(context).float(), frequencies)


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn the pairs (x_2i, x_2i+1) of x (..., T, D) by angles (T, D/2)."""
    x = x.to(angles.dtype).unflatten(-1, (-1, 2))  # (..., T, D) -> (..., T, D/2, 2)
    pairs = torch.view_as_complex(x)
    turned = pairs * torch.polar(torch.ones_like(angles), angles)  # times e^(i angle)
    return torch.view_as_real(turned).flatten(-2)


def left_neighbours(
    tokens: Tensor, count: int, padding: int, starts: tuple[int, ...]
) -> list[Tensor]:
    """The tokens one, two, ... `count` places to the left of tokens (B, T); before a
    document's start is padding.
    """
    begins = torch.zeros_like(tokens, dtype=torch.bool)
    for start in starts:
        begins |= tokens == start
    neighbours = []
    for _ in range(count):
        shifted = F.pad(tokens, (1, 0), value=padding)[:, :-1]
        neighbours.append(tokens := shifted.masked_fill(begins, padding))
    return neighbours


class Block(nn.Module):
    """Attention and a squared-ReLU network, each reading a normalised copy of the
    stream and adding to it.
    """

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        width, self.heads = settings.width, settings.heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def project(self, x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (B, H, T, D) of x (B, T, C)."""
        B, T, C = x.shape
        heads = self.qkv(rms_norm(x)).view(B, T, 3, self.heads, C // self.heads)
        qkv = heads.permute(2, 0, 3, 1, 4)  # (B, T, 3, H, D) -> (3, B, H, T, D)
        q, k = rotate(1.2 * rms_norm(qkv[:2]), angles)  # 1.2: a sharper softmax
        return q, k, qkv[2]

    def mix(self, x: Tensor, attended: Tensor) -> Tensor:
        """Add to x (..., C) what the heads saw and what the network makes of it."""
        x = x + self.out(attended)
        return x + self.down(F.relu(self.up(rms_norm(x)), inplace=True).square())


class LanguageModel(nn.Module):
    """Next-word logits."""

    angles: Tensor

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        V, C = settings.vocabulary, settings.width
        self.embeddings = nn.ModuleList(
            nn.Embedding(V, C) for _ in range(settings.neighbours + 1)
        )
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.head = nn.Linear(C, V, bias=False)
        self.register_buffer(
            "angles",
            rotation_angles(settings.context, C // settings.heads),
            persistent=False,
        )
        for name, weight in self.named_parameters():
            std = 0.02 if "embeddings" in name else 0.8 * weight.shape[1] ** -0.5
            if name.endswith(("out.weight", "down.weight")):  # these add to the stream
                std = std / 2
            nn.init.normal_(weight, std=std)
        nn.init.zeros_(self.head.weight)  # at first every word is equally likely

    def embed(self, tokens: Tensor, words: Tensor | None = None) -> Tensor:
        """(B, T) -> (B, T, C): each word and its left neighbours; words (B, n) stand
        before the tokens, or padding does.
        """
        s, T = self.settings, tokens.shape[1]
        x = self.embeddings[0](tokens)
        if words is not None:
            tokens = torch.cat((words, tokens), dim=1)
        neighbours = left_neighbours(tokens, s.neighbours, s.padding, s.starts)
        for table, neighbour in zip(self.embeddings[1:], neighbours, strict=True):
            x = x + table(neighbour[:, tokens.shape[1] - T :])
        return x

    def read(self, prompts: Tensor, group_size: int = 1) -> Cache:
        """Read prompts (N, Tp), padded on the left, for `group_size` rows each."""
        padding = self.settings.padding
        words = prompts.new_full((len(prompts), self.settings.neighbours), padding)
        cache = Cache(prompts == padding, group_size, words)
        nothing = torch.zeros_like(prompts, dtype=torch.bool)  # no logits are wanted
        self.forward(prompts, cache, padded_mask(cache.padding), nothing)
        cache.start()
        return cache

    def forward(
        self,
        tokens: Tensor,
        cache: Cache | None = None,
        mask: Tensor | None = None,
        select: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, T, V) of the next word, or (M, V) at the positions that `select`
        (B, T) marks.

        With a cache from `read`, tokens follow what it holds, and it takes them in.
        Without, `mask` (B, 1, T, T) is True where a query may look; None means causal.
        """
        at = 0 if cache is None else cache.position
        x = self.embed(tokens, None if cache is None else cache.words)
        angles = self.angles[at : at + tokens.shape[1]]
        for layer, block in enumerate(self.blocks):
            q, k, v = block.project(x, angles)
            attended = attend(q, k, v, mask, cache, layer)
            if select is not None and block is self.blocks[-1]:
                # (B, T, C) -> (M, C): skip what carries no loss
                x, attended = x[select], attended[select]
            x = block.mix(x, attended)
        if cache is not None:
            cache.advance(tokens)
        return self.head(rms_norm(x))
