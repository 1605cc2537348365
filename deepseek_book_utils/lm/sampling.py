"""A batched sampler with a key-value cache.

The prompt is read once, and its keys and values serve the whole group; every further
step reads one token a row; rows that have ended leave the batch. Prompts are
padded on the left, so that all rows grow at the same place: with rotary positions only
distances count, and the padding is masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from ..reasoning.language import EOS, PAD, TOKEN_ID, VOCABULARY, decode, encode
from ..reasoning.pen import Pen, slip_of_the_pen
from .model import ReasoningModel, rms_norm


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
    log_probs = F.log_softmax(logits.float(), dim=-1)
    scores = log_probs + bias
    if temperature > 0:
        u = torch.rand(scores.shape, generator=generator, device=scores.device)
        scores = scores / temperature - u.clamp_(min=1e-20).log_().neg_().log_()
    tokens = scores.argmax(dim=-1)
    return tokens, log_probs.gather(1, tokens[:, None])[:, 0]


PAGE = 32  # tokens a row for which the cache makes room at a time


@dataclass
class Cache:
    """Keys and values: of the prompts, once for all rows of a group, and of what every
    running row has written.

    read, for each layer (2, N, H, Tp, D); hidden (N, 1, 1, Tp), True at padding;
    written, pages (layers, 2, B, H, PAGE, D); places: of every running row its prompt
    (B,) and its number within the group (B,), or None while every row is running.
    """

    read: list[Tensor]
    hidden: Tensor
    group_size: int
    written: list[Tensor] = field(default_factory=list)
    places: tuple[Tensor, Tensor] | None = None

    def keep(self, running: Tensor) -> None:
        """Let go of the rows that have ended."""
        if self.places is None:
            row = torch.arange(len(running), device=running.device)
            self.places = (row // self.group_size, row % self.group_size)
        self.places = (self.places[0][running], self.places[1][running])
        self.written = [page[:, :, running] for page in self.written]

    def by_prompt(self, rows: Tensor) -> Tensor:
        """(B, H, 1, X) -> (N, H, G, X), so that one product serves a whole group."""
        N, G, (H, _, X) = self.read[0].shape[1], self.group_size, rows.shape[1:]
        if self.places is None:
            return rows.view(N, G, H, X).transpose(1, 2)
        groups = rows.new_zeros(N, G, H, X)
        groups[self.places] = rows[:, :, 0]
        return groups.transpose(1, 2)

    def by_row(self, groups: Tensor) -> Tensor:
        """(N, H, G, X) -> (B, H, 1, X), the way back."""
        rows = groups.transpose(1, 2)  # (N, G, H, X)
        rows = rows.flatten(0, 1) if self.places is None else rows[self.places]
        return rows[:, :, None]


def read_prompts(model: ReasoningModel, prompts: Tensor) -> list[Tensor]:
    """For each layer the keys and values (2, N, H, Tp, D) of prompts (N, Tp)."""
    x, mask, read = model.embed(prompts), padded_mask(prompts), []
    for block in model.blocks:
        q, k, v = block.project(x, model.angles[: prompts.shape[1]])
        read.append(torch.stack((k, v)))
        if block is not model.blocks[-1]:  # nobody reads what follows
            heads = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            x = block.mix(x, heads.transpose(1, 2).flatten(2))
    return read


@torch.inference_mode()
def decode_step(model: ReasoningModel, recent: Tensor, cache: Cache, t: int) -> Tensor:
    """Logits (B, V) of the responses' token `t`; the cache takes in the token before.

    recent (B, 1 or more): the last tokens, oldest first.
    """
    x = model.embed(recent, skip=recent.shape[1] - 1)  # (B, 1, C)
    _, _, H, Tp, D = cache.read[0].shape
    if t % PAGE == 0:
        shape = (len(cache.read), 2, len(x), H, PAGE, D)
        cache.written.append(cache.read[0].new_zeros(shape))
    for layer, block in enumerate(model.blocks):
        q, k, v = block.project(x, model.angles[Tp + t : Tp + t + 1])
        pages = [page[layer] for page in cache.written]
        pages[-1][:, :, :, t % PAGE] = torch.stack((k, v))[:, :, :, 0]
        q = q * D**-0.5
        keys, values = cache.read[layer]
        on_prompt = cache.by_prompt(q) @ keys.transpose(2, 3)  # (N, H, G, Tp)
        scores = [cache.by_row(on_prompt.masked_fill(cache.hidden, -torch.inf))]
        scores += [q @ keys.transpose(2, 3) for keys, _ in pages]  # (B, H, 1, PAGE)
        scores[-1][..., t % PAGE + 1 :] = -torch.inf  # not yet written
        weights = torch.cat(scores, dim=-1).softmax(dim=-1)
        on_prompt, *on_pages = weights.split([Tp, *[PAGE] * len(pages)], dim=-1)
        heads = cache.by_row(cache.by_prompt(on_prompt) @ values)
        for on_page, (_, values) in zip(on_pages, pages, strict=True):
            heads = heads + on_page @ values  # (B, H, 1, D)
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
    Tp, context = question.shape[1], model.settings.context
    if Tp + max_new_tokens > context:
        raise ValueError(
            f"A prompt of {Tp} tokens and {max_new_tokens} new ones exceed the model's "
            f"context of {context}. Lower max_new_tokens, or build the model with a "
            "longer context."
        )
    read = question[:, :-1]  # each row reads its prompt's last word itself
    hidden = (read == TOKEN_ID[PAD])[:, None, None]
    cache = Cache(read_prompts(model, read), hidden, group_size)
    question = question.repeat_interleave(group_size, dim=0)  # (N, Tp) -> (B, Tp)
    responses = question.new_full((len(question), max_new_tokens), TOKEN_ID[PAD])
    log_probs = torch.zeros_like(responses, dtype=torch.float)
    chosen = torch.zeros_like(responses, dtype=torch.bool)
    bias = torch.zeros(len(VOCABULARY), device=question.device)
    bias[encode([PAD, *forbidden])] = -torch.inf
    rows = torch.arange(len(question), device=question.device)  # still in the batch
    running = torch.ones_like(rows, dtype=torch.bool)  # not yet ended
    reach = max(2, 1 + model.settings.neighbours)
    recent = F.pad(question, (reach, 0), value=TOKEN_ID[PAD])[:, -reach:]
    for t in range(max_new_tokens):
        logits = decode_step(model, recent, cache, t)
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
