"""A batched sampler with a key-value cache.

The prompt is read once, and its keys and values serve the whole group; every further
step reads one token a row; rows that have ended leave the batch. Prompts are
padded on the left, so that all rows grow at the same place: with rotary positions only
distances count, and the padding is masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .language import EOS, PAD, TOKEN_ID, decode, encode
from .model import ReasoningModel, rms_norm
from .pen import Pen, slip_of_the_pen


@dataclass
class Rollouts:
    """Sampled responses, G rows a prompt, prompts in order.

    prompts (B, Tp), padded on the left; responses, log_probs and chosen (B, Tr), padded
    on the right. log_probs are those of the policy that sampled; chosen marks the
    tokens that it chose itself: neither slips nor padding.
    """

    prompts: Tensor
    responses: Tensor
    log_probs: Tensor
    chosen: Tensor

    @property
    def lengths(self) -> Tensor:
        """(B,) tokens of each response, the end included."""
        return (self.responses != TOKEN_ID[PAD]).sum(dim=1)

    @property
    def ended(self) -> Tensor:
        """(B,) whether the response came to an end of its own, or was truncated."""
        return (self.responses == TOKEN_ID[EOS]).any(dim=1)

    def trimmed(self) -> "Rollouts":
        """The same without columns that hold padding only."""
        T = int(self.lengths.max())
        return Rollouts(
            self.prompts,
            self.responses[:, :T],
            self.log_probs[:, :T],
            self.chosen[:, :T],
        )

    def texts(self) -> list[str]:
        """Every response as text, end mark included."""
        return [decode(row) for row in self.responses.tolist()]


def pad_left(prompts: Sequence[str]) -> Tensor:
    """(N, Tp) token numbers of N prompts, padded on the left."""
    rows = [encode(prompt) for prompt in prompts]
    if not rows or not all(rows):
        raise ValueError("Nothing to sample: give at least one prompt, none empty.")
    width = max(map(len, rows))
    return torch.tensor([[TOKEN_ID[PAD]] * (width - len(row)) + row for row in rows])


def padded_mask(tokens: Tensor) -> Tensor:
    """(B, 1, T, T): causal, and nobody looks at padding, except padding at itself
    (softmax needs one key).
    """
    T = tokens.shape[1]
    causal = torch.ones(T, T, dtype=torch.bool, device=tokens.device).tril()
    itself = torch.eye(T, dtype=torch.bool, device=tokens.device)
    real = tokens != TOKEN_ID[PAD]
    return ((causal & real[:, None, :]) | itself)[:, None]


def draw(
    logits: Tensor, bias: Tensor, temperature: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One token a row, and its log-probability; logits (B, V) -> (B,), (B,).

    bias (V,) is -inf for words that must not be drawn. The log-probability is that of
    the whole policy at temperature 1, as training computes it. Temperature 0 is greedy.

    Gumbel-max: argmax(log p_i + g_i) with g_i = -log(-log(u_i)), u_i uniform, is a draw
    from p (Gumbel, 1954).
    """
    log_probs = F.log_softmax(logits, dim=-1)
    scores = log_probs + bias
    if temperature > 0:
        u = torch.rand(scores.shape, generator=generator, device=scores.device)
        scores = scores / temperature - u.clamp_(min=1e-20).log_().neg_().log_()
    tokens = scores.argmax(dim=-1)
    return tokens, log_probs.gather(1, tokens[:, None])[:, 0]


@dataclass
class Cache:
    """Keys and values: of the prompts, once for all rows of a group, and of what every
    running row has written.

    read (layers, 2, N, H, Tp, D); hidden (N, 1, 1, Tp), True at padding; written
    (layers, 2, B, H, max_new_tokens, D); places: of every running row its prompt (B,)
    and its number within the group (B,).
    """

    read: Tensor
    hidden: Tensor
    written: Tensor
    places: tuple[Tensor, Tensor]
    group_size: int

    def keep(self, running: Tensor) -> None:
        """Let go of the rows that have ended."""
        self.written = self.written[:, :, running]
        self.places = (self.places[0][running], self.places[1][running])

    def by_prompt(self, rows: Tensor) -> Tensor:
        """(B, H, 1, X) -> (N, H, G, X), so that one product serves a whole group."""
        B, H, _, X = rows.shape
        groups = rows.new_zeros(len(self.hidden), self.group_size, H, X)
        groups[self.places] = rows[:, :, 0]
        return groups.transpose(1, 2)

    def by_row(self, groups: Tensor) -> Tensor:
        """(N, H, G, X) -> (B, H, 1, X), the way back."""
        return groups.transpose(1, 2)[self.places][:, :, None]


def prefill(
    model: ReasoningModel, prompts: Tensor, group_size: int, max_new_tokens: int
) -> tuple[Tensor, Cache]:
    """Read prompts (N, Tp) once; logits (B, V) and cache for B = N * group_size rows.

    Raises ValueError if prompts and responses exceed the model's context.
    """
    N, T = prompts.shape
    if T + max_new_tokens > model.settings.context:
        raise ValueError(
            f"A prompt of {T} tokens and {max_new_tokens} new ones exceed the model's "
            f"context of {model.settings.context}. Lower max_new_tokens, or build the "
            "model with a longer context."
        )
    x, mask, read = model.embed(prompts), padded_mask(prompts), []
    for block in model.blocks:
        q, k, v = block.project(x, model.angles[:T])
        heads = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = block.mix(x, heads.transpose(1, 2).flatten(2))
        read.append(torch.stack((k, v)))
    logits = model.head(rms_norm(x[:, -1])).repeat_interleave(group_size, dim=0)
    B, H, D = N * group_size, k.shape[1], k.shape[3]
    written = k.new_empty(len(read), 2, B, H, max_new_tokens, D)
    row = torch.arange(B, device=x.device)
    places = (row // group_size, row % group_size)
    hidden = (prompts == TOKEN_ID[PAD])[:, None, None]
    return logits, Cache(torch.stack(read), hidden, written, places, group_size)


def decode_step(model: ReasoningModel, recent: Tensor, cache: Cache, t: int) -> Tensor:
    """Logits (B, V) after token `t` of the responses; the cache takes it in.

    recent (B, 2 or more): the last tokens, oldest first.
    """
    x = model.embed(recent)[:, -1:]  # (B, 2 or more) -> (B, 1, C)
    Tp, now, past = cache.read.shape[4], slice(t, t + 1), slice(t + 1)
    angles = model.angles[Tp + t : Tp + t + 1]
    layers = zip(model.blocks, cache.read, cache.written, strict=True)
    for block, (prompt_keys, prompt_values), (keys, values) in layers:
        q, k, v = block.project(x, angles)
        keys[:, :, now], values[:, :, now] = k, v
        q = q * q.shape[-1] ** -0.5
        scores = cache.by_prompt(q) @ prompt_keys.transpose(2, 3)  # (N, H, G, Tp)
        scores = cache.by_row(scores.masked_fill(cache.hidden, -torch.inf))
        scores = torch.cat((scores, q @ keys[:, :, past].transpose(2, 3)), dim=-1)
        weights = scores.softmax(dim=-1)  # (B, H, 1, Tp + t + 1)
        heads = cache.by_row(cache.by_prompt(weights[..., :Tp]) @ prompt_values)
        heads = heads + weights[..., Tp:] @ values[:, :, past]
        x = block.mix(x, heads.transpose(1, 2).flatten(2))
    return model.head(rms_norm(x[:, 0]))


@torch.no_grad()
def generate(
    model: ReasoningModel,
    prompts: Sequence[str],
    group_size: int,
    generator: torch.Generator,
    max_new_tokens: int = 90,
    temperature: float = 1.0,
    pen: Pen = Pen(),
    forbidden: Sequence[str] = (),
) -> Rollouts:
    """Sample `group_size` responses to every prompt, without the `forbidden` words."""
    if group_size < 1 or max_new_tokens < 1:
        raise ValueError("Sample at least one response a prompt, and one new token.")
    question = pad_left(prompts).to(model.head.weight.device)
    logits, cache = prefill(model, question, group_size, max_new_tokens)
    question = question.repeat_interleave(group_size, dim=0)  # (N, Tp) -> (B, Tp)
    responses = question.new_full((len(question), max_new_tokens), TOKEN_ID[PAD])
    log_probs = torch.zeros_like(responses, dtype=torch.float)
    chosen = torch.zeros_like(responses, dtype=torch.bool)
    bias = torch.zeros_like(logits[0])
    bias[encode([PAD, *forbidden])] = -torch.inf
    rows = torch.arange(len(question), device=question.device)  # still in the batch
    running = torch.ones_like(rows, dtype=torch.bool)  # not yet ended
    reach = max(2, 1 + model.settings.neighbours)
    recent = F.pad(question, (reach, 0), value=TOKEN_ID[PAD])[:, -reach:]
    for t in range(max_new_tokens):
        if t:
            logits = decode_step(model, recent, cache, t - 1)
        tokens, picked = draw(logits, bias, temperature, generator)
        before, previous = recent[:, -2], recent[:, -1]
        tokens, slipped = slip_of_the_pen(tokens, before, previous, pen, generator)
        tokens = tokens.where(running, TOKEN_ID[PAD])  # ended rows write padding
        responses[rows, t], log_probs[rows, t] = tokens, picked * running
        chosen[rows, t] = running & ~slipped
        running &= tokens != TOKEN_ID[EOS]
        if not running.any():
            break
        recent = torch.cat((recent[:, 1:], tokens[:, None]), dim=1)
        if running.float().mean() < 0.85:  # moving the cache costs less than it saves
            cache.keep(running)
            rows, recent, running = rows[running], recent[running], running[running]
    return Rollouts(question, responses, log_probs, chosen).trimmed()
