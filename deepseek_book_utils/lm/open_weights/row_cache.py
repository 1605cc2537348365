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

from ..cache import PAGE, Cache, attend

MANY = 8  # from so many rows on, two products take less time than torch's own kernel


@dataclass
class RowCache:
    """Keys and values of what B rows have read.

    padding (B, Tp), True where a row's first tokens are padding; padded: whether any
    is; share: H / K; kv: for each layer (2, B, K, room, D), of which `length` tokens
    are taken.
    """

    padding: Tensor
    padded: bool
    share: int
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
        """Add keys and values (B, H, T, D) of the next tokens; returns those of all
        tokens so far, (2, B, K, length + T, D).
        """
        new = torch.stack((k[:, :: self.share], v[:, :: self.share]))
        if layer == len(self.kv):
            self.kv.append(new[:, :, :, :0])
        known, end = self.kv[layer], self.length + k.shape[2]
        if new.requires_grad or known.requires_grad:  # nothing is overwritten
            known = torch.cat((known[:, :, :, : self.length], new), dim=3)
        else:
            if end > known.shape[3]:
                known = F.pad(known, (0, 0, 0, end - known.shape[3] + PAGE))
            known[:, :, :, self.length : end] = new
        self.kv[layer] = known
        return known[:, :, :, :end]

    def advance(self, tokens: Tensor) -> None:
        """Every layer has taken in tokens (B, T)."""
        self.length += tokens.shape[1]

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """What the queries of the next tokens see of all tokens so far, and of
        themselves: (B, H, T, D) -> (B, T, H D).
        """
        keys, values = self.take_in(layer, k, v)
        (B, H, T, D), mask = q.shape, self.mask(q.shape[2], keys.shape[2])
        # the queries that share a key, in one product: (B, K, T H / K, D)
        q = q.reshape(B, H // self.share, self.share * T, D)
        if T > 1 or B < MANY:
            heads = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        else:
            scores = q * D**-0.5 @ keys.transpose(2, 3)  # (B, K, H / K, end)
            if mask is not None:
                scores = scores.masked_fill(~mask, -torch.inf)
            heads = scores.softmax(dim=-1) @ values
        return heads.reshape(B, H, T, D).transpose(1, 2).flatten(2)

    def mask(self, T: int, end: int) -> Tensor | None:
        """(B, 1, T H / K, end), True where the last T of `end` tokens may look; None if
        they may look everywhere.
        """
        if T == 1 and not self.padded:
            return None
        device = self.padding.device
        causal = torch.ones(T, end, dtype=torch.bool, device=device).tril(end - T)
        hidden = F.pad(self.padding, (0, end - self.padding.shape[1]))
        return (causal & ~hidden[:, None, None]).repeat(1, 1, self.share, 1)


def look(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    cache: Cache | RowCache | None = None,
    layer: int = 0,
) -> Tensor:
    """What the queries see, (B, H, T, D) -> (B, T, H D), by `attend`, or by a row
    cache, which takes in k and v.
    """
    if not isinstance(cache, RowCache):
        return attend(q, k, v, mask, cache, layer)
    if cache.reading:
        cache.take_in(layer, k, v)
        return attend(q, k, v, mask)
    return cache.attend(q, k, v, layer)
