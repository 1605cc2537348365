"""A GPT laid out to write with: it says what the model says that it was made from, in
less time, and cannot be trained.

Letters: B rows, T time, C channels, H heads, K key heads, D head size, V vocabulary, O
outputs, R outputs of a block, M positions that are asked for.

A step multiplies a few rows by every matrix of the model. So a matrix lies in the order
in which a product reads it, inputs first. If asked for, it lies in blocks, (O / R, C,
R), which torch reads faster still from two rows on, where the matrices are large. Sums
are made in place, and of a prompt nothing is computed after the last layer's keys and
values. `benchmarks/gpt.py` measures what that brings.

Left out: dropout, experts, adapters that are not merged, layers of other kinds than
`nn.Linear`, and what was hooked to a model.
"""

import copy
import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_range
from ..cache import padded_mask
from ..model import rotate
from .gpt import GPT, GPT2Block, LlamaBlock, places, turns
from .row_cache import RowCache, look

MANY = 256  # for so many rows blocks are put together first: that takes less time


class Blocks:
    """A linear layer in blocks of `size` outputs; whole where `size` is None or does
    not divide the outputs.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None = None, size: int | None = None
    ) -> None:
        if size is not None:
            check_range("size", size, "count")
        if size is None or len(weight) % size:
            size = len(weight)
        blocks = weight.detach().unflatten(0, (-1, size)).transpose(1, 2)
        self.weight = blocks.clone(memory_format=torch.contiguous_format)  # (O/R, C, R)
        self.bias = None if bias is None else bias.detach().clone().view(-1, 1, size)
        self.count = len(weight) // size

    def whole(self) -> Tensor:
        """(C, O): the blocks put together."""
        if self.count == 1:
            return self.weight[0]
        return self.weight.transpose(0, 1).flatten(1)

    def apart(self, x: Tensor) -> Tensor:
        """(rows, C) -> (O / R, rows, R)."""
        if len(x) >= MANY:
            return self(x).unflatten(1, (self.count, -1)).transpose(0, 1)
        x = x.expand(self.count, -1, -1)
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)

    def __call__(self, x: Tensor) -> Tensor:
        """(rows, C) -> (rows, O)."""
        if self.count > 1 and len(x) < MANY:
            return join(self.apart(x))
        if self.bias is None:
            return torch.mm(x, self.whole())
        return torch.addmm(self.bias.view(-1), x, self.whole())

    def add_to(self, stream: Tensor, x: Tensor) -> None:
        """Add to the stream (rows, O), in place, what the layer makes of (rows, C)."""
        if self.bias is not None:
            stream += self.bias.view(-1)
        if self.count > 1 and len(x) < MANY:
            stream += join(torch.bmm(x.expand(self.count, -1, -1), self.weight))
        else:
            stream.addmm_(x, self.whole())


def join(blocks: Tensor) -> Tensor:
    """(O / R, rows, R) -> (rows, O)."""
    count, rows, size = blocks.shape
    return blocks.transpose(0, 1).reshape(rows, count * size).contiguous()


def layers_of(block: nn.Module, *names: str) -> list[nn.Linear]:
    """The layers of these names; raises TypeError if one is no plain linear layer."""
    found = [block.get_submodule(name) for name in names]
    for name, layer in zip(names, found, strict=True):
        if type(layer) is not nn.Linear:
            raise TypeError(
                f"{name} is of the kind {type(layer).__name__}, not nn.Linear: merge "
                "adapters first, or write with the model itself."
            )
    return found  # type: ignore[return-value]


def bare(norm: nn.Module) -> Callable[[Tensor], Tensor]:
    """What a normalisation computes, without what a module adds to a call."""
    norm = copy.deepcopy(norm)
    if isinstance(norm, nn.RMSNorm):
        shape, scale, tiny = norm.normalized_shape, norm.weight, norm.eps
        return lambda x: F.rms_norm(x, shape, scale, tiny)
    assert isinstance(norm, nn.LayerNorm)
    sizes, weight, bias, eps = norm.normalized_shape, norm.weight, norm.bias, norm.eps
    return lambda x: F.layer_norm(x, sizes, weight, bias, eps)


class FastGPT2Block:
    """A block of GPT-2's style."""

    def __init__(self, block: GPT2Block, size: int | None) -> None:
        self.norms, self.heads = tuple(map(bare, block.norms)), block.heads
        qkv, *others = layers_of(block, "qkv", "out", "up", "down")
        # in three blocks, so that queries, keys and values each lie together
        self.qkv = Blocks(qkv.weight, qkv.bias, qkv.out_features // 3)
        self.head_size = qkv.out_features // (3 * self.heads)
        self.out, self.up, self.down = (
            Blocks(layer.weight, layer.bias, size) for layer in others
        )
        self.slope = block.up.weight.new_tensor(2 * math.sqrt(2 / math.pi)).detach()

    def project(
        self, x: Tensor, shape: torch.Size, angles: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (B, H, T, D) of x (B T, C), for tokens of shape (B,
        T); nothing is turned.
        """
        H, D = self.heads, self.head_size
        qkv = self.qkv.apart(self.norms[0](x)).view(3, *shape, H, D)
        # (3, B, T, H, D) -> 3 times (B, H, T, D)
        q, k, v = qkv.transpose(2, 3).unbind()
        return q, k, v

    def mix(self, x: Tensor, attended: Tensor) -> None:
        """Add to x (B T, C), in place, what the heads saw, (B T, C), and what the
        network makes of it.
        """
        self.out.add_to(x, attended)
        inside = self.up(self.norms[1](x))
        # GELU(x) = x (1 + tanh u) / 2 = x sigmoid(2 u), u = sqrt(2/pi) (x + 0.0447 x^3)
        cubic = 0.044715 * 2 * math.sqrt(2 / math.pi)
        gate = torch.addcmul(self.slope, inside, inside, value=cubic).mul_(inside)
        self.down.add_to(x, gate.sigmoid_().mul_(inside))


class FastLlamaBlock:
    """A block of Llama's style."""

    def __init__(self, block: LlamaBlock, size: int | None) -> None:
        self.norms = tuple(map(bare, block.norms))
        self.heads, self.key_heads = block.heads, block.key_heads
        layers = layers_of(block, "qkv", "out", "gate", "up", "down")
        rows = self.heads + 2 * self.key_heads
        self.head_size = layers[0].out_features // rows
        self.qkv, self.out, self.gate, self.up, self.down = (
            Blocks(layer.weight, size=size) for layer in layers
        )

    def project(
        self, x: Tensor, shape: torch.Size, angles: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (B, H, T, D), keys and values (B, K, T, D) of x (B T, C), for tokens
        of shape (B, T).
        """
        H, K, D = self.heads, self.key_heads, self.head_size
        qkv = self.qkv(self.norms[0](x)).view(*shape, H + 2 * K, D)
        # (B, T, H + 2K, D) -> (B, H + 2K, T, D)
        turned, v = qkv.transpose(1, 2).split((H + K, K), dim=1)
        q, k = rotate(turned, angles).to(x.dtype).split((H, K), dim=1)
        return q, k, v

    def mix(self, x: Tensor, attended: Tensor) -> None:
        """Add to x (B T, C), in place, what the heads saw, (B T, C), and what the
        network makes of it.
        """
        self.out.add_to(x, attended)
        normed = self.norms[1](x)
        inside = F.silu(self.gate.apart(normed), inplace=True)
        self.down.add_to(x, join(inside.mul_(self.up.apart(normed))))


class InferenceGPT:
    """Reads and writes like the `GPT` it is made from, with copies of its weights; a
    `Policy` that is not trained.

    Large models want their matrices in blocks of `size` outputs: 192 divides those of
    SmolLM2. Raises TypeError for a model with other blocks than GPT-2's or Llama's, or
    with other layers in them than linear ones, and ValueError for a size below 1.
    """

    def __init__(self, model: GPT, size: int | None = None) -> None:
        self.settings, self.norm = model.settings, bare(model.norm)
        self.words = copy.deepcopy(model.words)
        self.positions = copy.deepcopy(model.positions)
        self.blocks: list[FastGPT2Block | FastLlamaBlock] = []
        for block in model.blocks:
            if isinstance(block, GPT2Block):
                self.blocks.append(FastGPT2Block(block, size))
            elif isinstance(block, LlamaBlock):
                self.blocks.append(FastLlamaBlock(block, size))
            else:
                raise TypeError(
                    f"{type(block).__name__} is no block of GPT-2's or Llama's: write "
                    "with the model itself."
                )
        self.head = Blocks((model.head or model.words).weight, size=size)

    def parameters(self) -> Iterator[nn.Parameter]:
        """The table of words: nothing is trained, but it shows the device."""
        return self.words.parameters()

    def read(self, prompts: Tensor, group_size: int = 1) -> RowCache:
        """Read prompts (N, Tp), padded on the left, for `group_size` rows each, of
        which every one gets its own keys and values.
        """
        padding = prompts == self.settings.padding
        cache = RowCache(padding, bool(padding.any()))
        mask = padded_mask(padding) if cache.padded else None
        self.stream(prompts, cache, mask, keys_only=True)
        if group_size > 1:
            rows = torch.arange(len(prompts), device=prompts.device)
            cache.keep(rows.repeat_interleave(group_size))
        return cache

    @torch.inference_mode()
    def forward(
        self,
        tokens: Tensor,
        cache: RowCache | None = None,
        mask: Tensor | None = None,
        select: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, T, V) of the next token, or (M, V) at the positions that `select`
        (B, T) marks; cache and mask as in `GPT`.
        """
        x = self.stream(tokens, cache, mask)
        if select is not None:
            return self.head(self.norm(x[select.flatten()]))
        return self.head(self.norm(x)).view(*tokens.shape, self.settings.vocabulary)

    __call__ = forward

    @torch.inference_mode()
    def stream(
        self,
        tokens: Tensor,
        cache: RowCache | None,
        mask: Tensor | None,
        keys_only: bool = False,
    ) -> Tensor:
        """The stream (B T, C) after the last block, or before it, if nothing but keys
        and values is wanted.
        """
        s, T = self.settings, tokens.shape[1]
        at = 0 if cache is None else cache.position
        angles = turns(s, at, T, self.words.weight)
        x = self.words(tokens)  # (B, T) -> (B, T, C)
        if self.positions is not None:
            if mask is None and (cache is None or not cache.padded):
                x += self.positions.weight[at : at + T]
            else:
                x += self.positions(places(tokens, s.padding, cache, padded=True))
        x = x.flatten(0, 1)
        for layer, block in enumerate(self.blocks):
            q, k, v = block.project(x, tokens.shape, angles)
            if keys_only and cache is not None and layer + 1 == len(self.blocks):
                cache.take_in(layer, k, v)
            else:
                block.mix(x, look(q, k, v, mask, cache, layer).flatten(0, 1))
        if cache is not None:
            cache.advance(tokens)
        return x
