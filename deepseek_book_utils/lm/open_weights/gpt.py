"""A GPT in the two styles whose weights are public: that of GPT-2, and that of Llama,
which most models of today follow.

Letters: B batch, T time, C channels, H heads, K key heads, D head size, V vocabulary, N
prompts, M positions that carry loss.

GPT-2 (Radford et al., 2019): learned positions, LayerNorm, biases, GELU. Llama (Touvron
et al., arXiv 2302.13971, section 2.2) puts four others in their places: rotary
positions (arXiv 2104.09864), RMSNorm (arXiv 1910.07467), no biases, and a gated network
(SwiGLU, arXiv 2002.05202); heads may share keys and values (arXiv 2305.13245). Both
normalise what each half of a block reads. With the same weights both give the numbers
of the transformers library.

Left out: dropout on the attention weights, which GPT-2 has; positions beyond those that
a model was trained on. DeepSeek's latent attention and experts come in later chapters.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_ranges
from ..cache import Cache, padded_mask
from ..model import rotate, rotation_angles
from .row_cache import RowCache, look

STYLES = ("gpt2", "llama")


@dataclass(frozen=True)
class GPTSettings:
    """Sizes and style of the model; raises ValueError for sizes that do not fit
    together.
    """

    vocabulary: int  # V
    padding: int = 0  # the token that stands before a shorter prompt
    style: str = "gpt2"  # or "llama"
    width: int = 128  # C
    layers: int = 4
    heads: int = 4  # H
    key_heads: int = 4  # K; fewer make the cache smaller (Llama only)
    hidden: int = 512  # channels inside the feed-forward network
    context: int = 256  # the longest sequence, prompt and response together
    base: float = 10_000.0  # the larger, the slower the slowest rotation (Llama only)
    epsilon: float = 1e-5  # added under the root of the normalisations
    dropout: float = 0.0  # share of channels that training hides
    tied: bool = True  # the head reads with the table that embeds

    def __post_init__(self) -> None:
        sizes = ("vocabulary", "width", "layers", "heads", "key_heads", "hidden")
        check_ranges(
            self,
            count=(*sizes, "context"),
            whole=("padding",),
            positive=("base", "epsilon"),
            memory=("dropout",),
        )
        if self.style not in STYLES:
            raise ValueError(f"style = {self.style!r}: take one of {STYLES}.")
        if self.padding >= self.vocabulary:
            raise ValueError(f"padding is a token: take less than {self.vocabulary}.")
        if self.width % self.heads or self.width // self.heads % 2:
            raise ValueError(
                f"{self.heads} heads cannot share a width of {self.width} in pairs of "
                f"channels: take a width that {2 * self.heads} divides."
            )
        if self.heads % self.key_heads:
            raise ValueError(
                f"{self.heads} heads cannot share {self.key_heads} keys evenly: take "
                "key_heads that divide heads."
            )
        if self.style == "gpt2" and self.heads != self.key_heads:
            raise ValueError("In GPT-2 every head has its key: key_heads = heads.")


class GPT2Block(nn.Module):
    """Attention and a GELU network, each reading a normalised copy of the stream and
    adding to it.
    """

    def __init__(self, settings: GPTSettings) -> None:
        super().__init__()
        C, self.heads = settings.width, settings.heads
        self.norms = nn.ModuleList(nn.LayerNorm(C, settings.epsilon) for _ in range(2))
        self.qkv = nn.Linear(C, 3 * C)
        self.out = nn.Linear(C, C)
        self.up = nn.Linear(C, settings.hidden)
        self.down = nn.Linear(settings.hidden, C)
        self.dropout = nn.Dropout(settings.dropout)

    def project(self, x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (B, H, T, D) of x (B, T, C); nothing is turned."""
        qkv = self.qkv(self.norms[0](x)).unflatten(-1, (3 * self.heads, -1))
        # (B, T, 3 H, D) -> 3 times (B, H, T, D)
        q, k, v = (each.transpose(1, 2) for each in qkv.chunk(3, dim=2))
        return q, k, v

    def mix(self, x: Tensor, attended: Tensor) -> Tensor:
        """Add to x (B, T, C) what the heads saw and what the network makes of it."""
        x = x + self.dropout(self.out(attended))
        # GELU(x) = x Phi(x), here with the tanh that GPT-2 puts for Phi
        inside = F.gelu(self.up(self.norms[1](x)), approximate="tanh")
        return x + self.dropout(self.down(inside))


class LlamaBlock(nn.Module):
    """The same in Llama's style: turned queries and keys, a gate in the network."""

    def __init__(self, settings: GPTSettings) -> None:
        super().__init__()
        C, hidden = settings.width, settings.hidden
        self.heads, self.key_heads = settings.heads, settings.key_heads
        self.norms = nn.ModuleList(nn.RMSNorm(C, settings.epsilon) for _ in range(2))
        rows = C + 2 * settings.key_heads * (C // settings.heads)
        self.qkv = nn.Linear(C, rows, bias=False)
        self.out = nn.Linear(C, C, bias=False)
        self.gate = nn.Linear(C, hidden, bias=False)
        self.up = nn.Linear(C, hidden, bias=False)
        self.down = nn.Linear(hidden, C, bias=False)
        self.dropout = nn.Dropout(settings.dropout)

    def project(self, x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (B, H, T, D), keys and values (B, K, T, D) of x (B, T, C)."""
        H, K = self.heads, self.key_heads
        qkv = self.qkv(self.norms[0](x)).unflatten(-1, (H + 2 * K, -1)).transpose(1, 2)
        turned, v = qkv.split((H + K, K), dim=1)  # (B, H + 2K, T, D)
        q, k = rotate(turned, angles).to(x.dtype).split((H, K), dim=1)
        # as a part of qkv the values would keep all of it for the backward pass
        v = v.contiguous()
        return q, k, v

    def mix(self, x: Tensor, attended: Tensor) -> Tensor:
        """Add to x (B, T, C) what the heads saw and what the network makes of it."""
        x = x + self.dropout(self.out(attended))
        normed = self.norms[1](x)
        # SwiGLU(x) = (Swish(x W) * x V) W_2                  Shazeer 2020, eq. 6
        inside = F.silu(self.gate(normed)) * self.up(normed)
        return x + self.dropout(self.down(inside))


def turns(s: GPTSettings, first: int, count: int, like: Tensor) -> Tensor:
    """Angles (T, D/2) of `count` tokens from place `first` on, never in 16 bits: these
    cannot tell place 257 from 256. GPT-2 turns nothing, so it gets none (T, 0).

    Raises ValueError if they exceed the context.
    """
    if first + count > s.context:
        raise ValueError(
            f"{first + count} tokens exceed the model's context of {s.context}: give "
            "fewer."
        )
    if s.style == "gpt2":
        return like.new_empty(count, 0)
    angles = rotation_angles(first + count, s.width // s.heads, s.base)[first:]
    return angles.to(like.device, torch.promote_types(like.dtype, torch.float32))


def places(
    tokens: Tensor, padding: int, cache: Cache | RowCache | None, padded: bool
) -> Tensor:
    """(B, T) the place of each of tokens (B, T) in its own text; padding on the left
    has none, and counts as place 0.
    """
    first = 0 if cache is None else cache.position
    order = torch.arange(first, first + tokens.shape[1], device=tokens.device)
    if not (padded if cache is None or cache.reading else cache.padded):
        return order.expand_as(tokens)
    if cache is None or cache.reading:
        filled = tokens == padding  # (B, T)
    else:
        filled = cache.padding[cache.prompt_of()]  # (B, Tp)
    before = filled.long().cumprod(dim=1).sum(dim=1, keepdim=True)  # (B, 1)
    return (order - before).clamp(min=0)


class GPT(nn.Module):
    """Next-token logits; a `Policy`, so that `generate` samples from it."""

    def __init__(self, settings: GPTSettings) -> None:
        super().__init__()
        self.settings = s = settings
        gpt2 = s.style == "gpt2"
        block, norm = (GPT2Block, nn.LayerNorm) if gpt2 else (LlamaBlock, nn.RMSNorm)
        self.words = nn.Embedding(s.vocabulary, s.width)
        self.positions = nn.Embedding(s.context, s.width) if gpt2 else None
        self.blocks = nn.ModuleList(block(s) for _ in range(s.layers))
        self.norm = norm(s.width, s.epsilon)
        self.head = None if s.tied else nn.Linear(s.width, s.vocabulary, bias=False)
        self.dropout = nn.Dropout(s.dropout)
        initialise(self)

    def read(self, prompts: Tensor, group_size: int = 1) -> Cache | RowCache:
        """Read prompts (N, Tp), padded on the left, for `group_size` rows each."""
        padding = prompts == self.settings.padding
        padded = bool(padding.any())
        cache = (
            RowCache(padding, padded)
            if group_size == 1
            else Cache(padding, group_size, prompts[:, :0])
        )
        nothing = torch.zeros_like(prompts, dtype=torch.bool)  # no logits are wanted
        self.forward(prompts, cache, padded_mask(padding) if padded else None, nothing)
        if isinstance(cache, Cache):
            cache.start()
        return cache

    def forward(
        self,
        tokens: Tensor,
        cache: Cache | RowCache | None = None,
        mask: Tensor | None = None,
        select: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, T, V) of the next token, or (M, V) at the positions that `select`
        (B, T) marks.

        With a cache from `read`, tokens follow what it holds, and it takes them in.
        Without, `mask` (B, 1, T, T) is True where a query may look; None means causal.
        """
        at = 0 if cache is None else cache.position
        angles = turns(self.settings, at, tokens.shape[1], self.words.weight)
        x = self.words(tokens)  # (B, T) -> (B, T, C)
        if self.positions is not None:
            padded = mask is not None
            x = x + self.positions(places(tokens, self.settings.padding, cache, padded))
        x = self.dropout(x)
        for layer, block in enumerate(self.blocks):
            q, k, v = block.project(x, angles)
            x = block.mix(x, look(q, k, v, mask, cache, layer))
        if cache is not None:
            cache.advance(tokens)
        x = self.norm(x if select is None else x[select])
        # (B, T, C) -> (B, T, V)
        return F.linear(x, self.words.weight) if self.head is None else self.head(x)


@torch.no_grad()
def initialise(model: GPT) -> None:
    """All matrices from N(0, 0.02), biases 0; those that add to the stream smaller, by
    the root of how many there are (Radford et al., 2019, section 2.3).
    """
    adding = ("out.weight", "down.weight")
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            count = 2 * model.settings.layers if name.endswith(adding) else 1
            nn.init.normal_(weight, std=0.02 * count**-0.5)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)
