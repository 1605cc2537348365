"""What a model remembers of the text so far, so that no token is read twice.

Letters: N prompts, G rows of a group, B rows, T time, H heads, D head size.

A prompt is read once, and its keys and values serve every row that answers it; each row
adds its own. Prompts are padded on the left, so that all rows grow at the same place.
Left out: eviction, compression, and pages that rows of different lengths share.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

PAGE = 32  # tokens a row for which the cache makes room at a time


def padded_mask(padding: Tensor) -> Tensor:
    """(B, 1, T, T): causal, and nobody looks at padding (B, T), except padding at
    itself (softmax needs one key).
    """
    T = padding.shape[1]
    causal = torch.ones(T, T, dtype=torch.bool, device=padding.device).tril()
    itself = torch.eye(T, dtype=torch.bool, device=padding.device)
    return ((causal & ~padding[:, None, :]) | itself)[:, None]


@dataclass
class Cache:
    """Keys and values of prompts and of what every row has written after its prompt.

    prompt_kv, for each layer (2, N, H, Tp, D); response_kv, for each layer (2, B, H,
    room, D), of which `length` tokens are taken and the rest is zero; padding (N, Tp),
    True where a prompt is padded; words (B, n), the last ones that each row has read,
    for the embeddings of left neighbours; rows: of every row its prompt (B,) and its
    number within the group (B,), or None while each prompt has `group_size` rows, in
    order.
    """

    padding: Tensor
    group_size: int
    words: Tensor
    reading: bool = True  # prompts, not yet what follows them
    padded: bool = True  # whether any prompt is
    prompt_kv: list[Tensor] = field(default_factory=list)
    response_kv: list[Tensor] = field(default_factory=list)
    rows: tuple[Tensor, Tensor] | None = None
    length: int = 0

    @property
    def position(self) -> int:
        """Where the next token stands."""
        return 0 if self.reading else self.padding.shape[1] + self.length

    def start(self) -> None:
        """The prompts are read: `group_size` rows each go on from here."""
        self.reading, self.padded = False, bool(self.padding.any())
        self.words = self.words.repeat_interleave(self.group_size, dim=0)

    def prompt_of(self) -> Tensor:
        """(B,) the prompt of every row."""
        if self.rows is not None:
            return self.rows[0]
        prompts = torch.arange(len(self.padding), device=self.padding.device)
        return prompts.repeat_interleave(self.group_size)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone: where (B,) is True, or of these numbers, in this
        order, repeated or not.
        """
        prompt = self.prompt_of()[rows]
        among = F.one_hot(prompt, len(self.padding)).cumsum(dim=0) - 1  # (B, N)
        place = among.gather(1, prompt[:, None])[:, 0]
        self.rows, self.words = (prompt, place), self.words[rows]
        self.group_size = int(place.max()) + 1
        self.response_kv = [kv[:, rows] for kv in self.response_kv]

    def take_in(self, layer: int, k: Tensor, v: Tensor) -> Tensor:
        """Add keys and values (B, H, T, D) of the next tokens of a response; returns
        those of all its tokens so far, and the room after them.
        """
        kv, start, T = torch.stack((k, v)), self.length, k.shape[2]
        if not start:
            self.response_kv.append(kv[:, :, :, :0])
        known = self.response_kv[layer]
        if T > 1:  # a whole response, perhaps with gradients: nothing is overwritten
            known = torch.cat((known[:, :, :, :start], kv), dim=3)
        else:
            if start == known.shape[3]:
                known = F.pad(known, (0, 0, 0, PAGE))
            known[:, :, :, start] = kv[:, :, :, 0]
        self.response_kv[layer] = known
        return known

    def advance(self, tokens: Tensor) -> None:
        """Every layer has taken in tokens (B, T)."""
        self.words = torch.cat((self.words, tokens), dim=1)[:, tokens.shape[1] :]
        if not self.reading:
            self.length += tokens.shape[1]

    def by_prompt(self, rows: Tensor) -> Tensor:
        """(B, H, 1, X) -> (N, H, G, X), so that one product serves a whole group."""
        N, G, (H, _, X) = len(self.padding), self.group_size, rows.shape[1:]
        if self.rows is None:
            return rows.view(N, G, H, X).transpose(1, 2)
        groups = rows.new_zeros(N, G, H, X)
        groups[self.rows] = rows[:, :, 0]
        return groups.transpose(1, 2)

    def by_row(self, groups: Tensor) -> Tensor:
        """(N, H, G, X) -> (B, H, 1, X), the way back."""
        rows = groups.transpose(1, 2)  # (N, G, H, X)
        rows = rows.flatten(0, 1) if self.rows is None else rows[self.rows]
        return rows[:, :, None]


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    cache: Cache | None = None,
    layer: int = 0,
) -> Tensor:
    """What the queries see: softmax(q k^T / sqrt(D)) v, (B, H, T, D) -> (B, T, H D).

    `mask` (B, 1, T, T) is True where a query may look; None means causal. A cache takes
    in k and v; where it holds a prompt, the queries see all that it holds.
    """
    if cache is None or cache.reading:
        if cache is not None:
            cache.prompt_kv.append(torch.stack((k, v)))
        heads = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None
        )
    elif q.shape[2] > 1:
        heads = attend_at_length(q, cache.take_in(layer, k, v), cache, layer)
    else:
        heads = attend_by_step(q, cache.take_in(layer, k, v), cache, layer)
    return heads.transpose(1, 2).flatten(2)


def attend_at_length(q: Tensor, written: Tensor, cache: Cache, layer: int) -> Tensor:
    """Many queries a row (B, H, T, D), the last of those `written` (2, B, H, length +
    T, D): every row gets a copy of its prompt's keys and values.
    """
    T, end, prompt = q.shape[2], written.shape[3], cache.prompt_of()
    k, v = torch.cat((cache.prompt_kv[layer][:, prompt], written), dim=3)
    seen = ~cache.padding[prompt, None, None].expand(-1, 1, T, -1)
    causal = torch.ones(T, end, dtype=torch.bool, device=q.device).tril(end - T)
    mask = torch.cat((seen, causal.expand(len(q), 1, T, end)), dim=-1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def attend_by_step(q: Tensor, written: Tensor, cache: Cache, layer: int) -> Tensor:
    """One query a row (B, H, 1, D), the last of those `written` (2, B, H, room, D): the
    keys and values of a prompt meet the queries of its whole group in one product.
    """
    q, (keys, values) = q * q.shape[-1] ** -0.5, cache.prompt_kv[layer]
    on_prompt = cache.by_prompt(q) @ keys.transpose(2, 3)  # (N, H, G, Tp)
    if cache.padded:
        on_prompt = on_prompt.masked_fill(cache.padding[:, None, None], -torch.inf)
    # whole pages, since products over a slice of them take longer
    on_written = q @ written[0].transpose(2, 3)  # (B, H, 1, room)
    on_written[..., cache.length + 1 :] = -torch.inf  # not yet written
    weights = torch.cat((cache.by_row(on_prompt), on_written), dim=-1).softmax(dim=-1)
    on_prompt, on_written = weights.split([keys.shape[2], written.shape[3]], dim=-1)
    return cache.by_row(cache.by_prompt(on_prompt) @ values) + on_written @ written[1]
