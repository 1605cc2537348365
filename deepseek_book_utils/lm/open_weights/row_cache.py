"""The plainest key-value cache: every row keeps keys and values of all that it has
read, in one tensor a layer.

Letters: B rows, T time, H heads, K key heads, D head size.

Heads that share a key keep it once (grouped-query attention, Ainslie et al., arXiv
2305.13245, section 2.2), and a step multiplies all of their queries by it at once.
Where several rows answer one prompt, `lm.cache` keeps that prompt once for all of them.
Left out: as there.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cache import Cache, attend

ROOM = 64  # tokens a row for which the cache makes room at a time
# two products take less time than torch's own kernel for at least so many rows, and at
# most so many tokens at once
MANY, SHORT = 8, 64


def by_products(q: Tensor) -> bool:
    """Whether queries (B, H, T, D) meet their keys in two products."""
    return len(q) >= MANY and q.shape[2] <= SHORT


@dataclass
class RowCache:
    """Keys and values of what B rows have read.

    padding (B, Tp), True where a row's first tokens are padding; padded: whether any
    is; kv: for each layer (2, B, K, room, D), of which `length` tokens are taken.
    """

    padding: Tensor
    padded: bool
    kv: list[Tensor] = field(default_factory=list)
    length: int = 0

    @property
    def position(self) -> int:
        """Where the next token stands."""
        return self.length

    @property
    def reading(self) -> bool:
        """Whether nothing has been read so far."""
        return self.length == 0

    def prompt_of(self) -> Tensor:
        """(B,) the prompt of every row: its own."""
        return torch.arange(len(self.padding), device=self.padding.device)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone: where (B,) is True, or of these numbers, in this
        order, repeated or not.
        """
        self.padding = self.padding[rows]
        self.kv = [kv[:, rows] for kv in self.kv]

    def take_in(self, layer: int, k: Tensor, v: Tensor) -> Tensor:
        """Add keys and values (B, K, T, D) of the next tokens; returns those of all
        tokens so far, (2, B, K, length + T, D).
        """
        if layer == len(self.kv):
            self.kv.append(k.new_empty(2, *k.shape[:2], 0, k.shape[3]))
        known, start, end = self.kv[layer], self.length, self.length + k.shape[2]
        if k.requires_grad or known.requires_grad:  # nothing is overwritten
            parts = known[:, :, :, :start], torch.stack((k, v))
            known = self.kv[layer] = torch.cat(parts, dim=3)
            return known
        if end > known.shape[3]:
            self.kv[layer] = k.new_empty(2, *k.shape[:2], end + ROOM, k.shape[3])
            self.kv[layer][:, :, :, :start] = known[:, :, :, :start]
        known = self.kv[layer][:, :, :, :end]
        known[0, :, :, start:], known[1, :, :, start:] = k, v
        return known

    def advance(self, tokens: Tensor) -> None:
        """Every layer has taken in tokens (B, T)."""
        self.length += tokens.shape[1]

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """What the queries of the next tokens see of all tokens so far, and of
        themselves: (B, H, T, D), keys and values (B, K, T, D) -> (B, T, H D).
        """
        kv, (B, H, T, D), K = self.take_in(layer, k, v), q.shape, k.shape[1]
        mask, products = self.mask(T, kv.shape[3], H // K), by_products(q)
        # the queries that share a key, in one product: (B, K, T H / K, D)
        q = q.reshape(B, K, H // K * T, D)
        if products:
            q, (keys, values) = q.flatten(0, 1), kv.flatten(1, 2)
            # scores = beta bias + alpha q k^T; with beta = 0 the bias does not count
            bias, beta = q[..., :1], 0
            if mask is not None:
                bias = torch.zeros_like(mask, dtype=q.dtype)
                bias, beta = bias.masked_fill_(~mask, -torch.inf), 1
                # (1, 1, ...) does for all, (B, 1, ...) becomes (B K, ...)
                if self.padded:
                    bias = bias.expand(B, K, -1, -1)
                bias = bias.flatten(0, 1)
            scores = torch.baddbmm(bias, q, keys.mT, beta=beta, alpha=D**-0.5)
            heads = torch.bmm(scores.softmax(dim=-1), values)
        else:
            keys, values = kv
            heads = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        return heads.reshape(B, H, T, D).transpose(1, 2).flatten(2)

    def mask(self, T: int, end: int, share: int) -> Tensor | None:
        """(B, 1, T H / K, end), True where the last T of `end` tokens may look; (1, 1,
        ...) where no row is padded; None if they may look everywhere.
        """
        if T == 1 and not self.padded:
            return None
        ones = torch.ones(T, end, dtype=torch.bool, device=self.padding.device)
        mask = ones.tril(end - T)[None, None]
        if self.padded:
            hidden = F.pad(self.padding, (0, end - self.padding.shape[1]))
            mask = mask & ~hidden[:, None, None]
        return mask.repeat(1, 1, share, 1)


def look(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    cache: Cache | RowCache | None = None,
    layer: int = 0,
) -> Tensor:
    """What the queries see, (B, H, T, D) -> (B, T, H D), by `attend`, or by a row
    cache; heads may share keys and values (B, K, T, D).
    """
    if isinstance(cache, RowCache):
        if not cache.reading or (mask is None and by_products(q)):
            return cache.attend(q, k, v, layer)
        cache.take_in(layer, k, v)
        cache = None
    if (share := q.shape[1] // k.shape[1]) > 1:
        k, v = (each.repeat_interleave(share, dim=1) for each in (k, v))
    return attend(q, k, v, mask, cache, layer)
