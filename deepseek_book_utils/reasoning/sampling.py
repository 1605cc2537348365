"""A batched sampler with a key-value cache, and the pen that slips.

The prompt is read once and its keys and values are repeated for the whole group; every further step
reads one token a row; rows that have ended leave the batch. Prompts are padded on the left, so that
all rows grow at the same place: with rotary positions only distances count, and the padding is
masked.

*Slips of the pen.* A two-layer model soon makes no mistakes here, and where nobody errs there is
nothing to reflect on. So the world errs: a digit written after an operation comes out wrong with
probability `slip`, and a check overlooks a wrong digit with probability `blind`. The policy did not
choose those tokens, so they carry no loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .language import (
    CHINESE,
    DIGITS,
    ENGLISH,
    EOS,
    HAN_DIGITS,
    HAN_OPERATIONS,
    OPERATIONS,
    PAD,
    TOKEN_ID,
    VOCABULARY,
    decode,
    encode,
)
from .model import ReasoningModel, rms_norm


@dataclass(frozen=True)
class Pen:
    """The hand that writes down what the model decides; `Pen(0, 0)` never errs."""

    slip: float = 0.05  # a digit after an operation comes out as another digit,
    clumsy: float = (
        0.20  # and so often where the language is clumsy: English multiplies badly, Chinese adds badly
    )
    blind: float = 0.30  # a check that would contradict the digit before it repeats that digit

    def __post_init__(self) -> None:
        if not all(0 <= chance <= 1 for chance in (self.slip, self.clumsy, self.blind)):
            raise ValueError(f"slip, clumsy and blind are probabilities, 0 to 1; got {self}.")


@dataclass
class Rollouts:
    """Sampled responses, G rows a prompt, prompts in order.

    prompts (B, Tp) padded on the left; responses, log_probs and chosen (B, Tr), padded on the
    right. `log_probs` are those of the policy that sampled; `chosen` marks the tokens that it chose
    itself (not slips, not padding); `lengths` (B,) counts every response token, the end included.
    """

    prompts: Tensor
    responses: Tensor
    log_probs: Tensor
    chosen: Tensor
    lengths: Tensor

    @property
    def ended(self) -> Tensor:
        """(B,) whether the response came to an end of its own; the others were truncated."""
        return (self.responses == TOKEN_ID[EOS]).any(dim=1)

    def texts(self) -> list[str]:
        """Every response as text, end mark included."""
        return [
            decode(row[:n]) for row, n in zip(self.responses.tolist(), self.lengths.tolist(), strict=True)
        ]


def pad_left(prompts: Sequence[str]) -> Tensor:
    """(N, Tp) token numbers of N prompts, padded on the left."""
    rows = [encode(prompt) for prompt in prompts]
    width = max(map(len, rows))
    return torch.tensor([[TOKEN_ID[PAD]] * (width - len(row)) + row for row in rows])


def padded_mask(tokens: Tensor) -> Tensor:
    """(B, 1, T, T): causal, and nobody looks at padding, except padding at itself (softmax needs
    one key).
    """
    T = tokens.shape[1]
    causal = torch.ones(T, T, dtype=torch.bool, device=tokens.device).tril()
    itself = torch.eye(T, dtype=torch.bool, device=tokens.device)
    real = tokens != TOKEN_ID[PAD]
    return ((causal & real[:, None, :]) | itself)[:, None]


def draw(logits: Tensor, temperature: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One token a row, and its log-probability at temperature 1; logits (B, V) -> (B,), (B,).
    Temperature 0 is greedy.

    Gumbel-max: argmax(log p_i + g_i) with g_i = -log(e_i), e_i ~ Exp(1), is a draw from p (Gumbel,
    1954).
    """
    log_probs = F.log_softmax(logits, dim=-1)
    scores = log_probs
    if temperature > 0:
        noise = torch.empty_like(log_probs).exponential_(generator=generator).clamp_(min=1e-20)
        scores = log_probs / temperature - noise.log()
    tokens = scores.argmax(dim=-1)
    return tokens, log_probs.gather(1, tokens[:, None])[:, 0]


def word_table(words: Sequence[str]) -> Tensor:
    """(V,) True for the given words."""
    return torch.isin(torch.arange(len(VOCABULARY)), torch.tensor(encode(words)))


IS_DIGIT = word_table(DIGITS + HAN_DIGITS)
IS_OPERATION = word_table(OPERATIONS + HAN_OPERATIONS)
IS_CLUMSY = word_table(OPERATIONS[-3:] + HAN_OPERATIONS[:-3])
IS_CHECK = word_table((ENGLISH[-2], CHINESE[-2]))
DIGIT_BLOCK = torch.where(
    torch.arange(len(VOCABULARY)) < TOKEN_ID[HAN_DIGITS[0]], TOKEN_ID["0"], TOKEN_ID["零"]
)


def slip_of_the_pen(
    tokens: Tensor, previous: Tensor, before: Tensor, pen: Pen, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """What reaches the paper instead of `tokens` (B,), after `previous` (B,) and `before` (B,)
    that; and where it slipped.

    Slips keep to the language of the digit.
    """
    device = tokens.device
    digit = IS_DIGIT.to(device)[tokens]
    base = DIGIT_BLOCK.to(device)[tokens]
    chance = torch.rand(tokens.shape, generator=generator, device=device)
    other = (
        base + (tokens - base + torch.randint(1, 10, tokens.shape, generator=generator, device=device)) % 10
    )
    rate = torch.where(IS_CLUMSY.to(device)[previous], pen.clumsy, pen.slip)
    slipped = digit & IS_OPERATION.to(device)[previous] & (chance < rate)
    same_language = IS_DIGIT.to(device)[before] & (DIGIT_BLOCK.to(device)[before] == base)
    overlooked = (
        digit & IS_CHECK.to(device)[previous] & same_language & (tokens != before) & (chance < pen.blind)
    )
    return torch.where(slipped, other, torch.where(overlooked, before, tokens)), slipped | overlooked


def prefill(model: ReasoningModel, prompts: Tensor, group_size: int, context: int) -> tuple[Tensor, Tensor]:
    """Read the prompts (N, Tp) once. Returns logits (N·G, V) and the cache (layers, 2, N·G, H,
    context, D).
    """
    x, T = model.embed(prompts), prompts.shape[1]
    mask, keys_values = padded_mask(prompts), []
    for block in model.blocks:
        q, k, v = block.project(x, model.angles[:T])
        heads = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = block.mix(x, heads.transpose(1, 2).flatten(2))
        keys_values.append(torch.stack((k, v)))
    read = torch.stack(keys_values).repeat_interleave(group_size, dim=2)
    cache = read.new_zeros(*read.shape[:4], context, read.shape[5])
    cache[..., :T, :] = read
    logits = model.head(rms_norm(x[:, -1]))
    return logits.repeat_interleave(group_size, dim=0), cache


def decode_step(
    model: ReasoningModel, recent: Tensor, cache: Tensor, visible: Tensor, position: int
) -> Tensor:
    """Logits (B, V) after one more token at `position`; its keys and values enter the cache.

    recent (B, neighbours + 1): the last tokens, oldest first. visible (B, 1, 1, position + 1):
    False at padding.
    """
    x = model.embed(recent)[:, -1:]  # (B, neighbours + 1) -> (B, 1, C)
    angles = model.angles[position : position + 1]
    for block, (keys, values) in zip(model.blocks, cache, strict=True):
        q, k, v = block.project(x, angles)
        keys[:, :, position], values[:, :, position] = k[:, :, 0], v[:, :, 0]
        past_keys, past_values = keys[:, :, : position + 1], values[:, :, : position + 1]
        scores = q @ past_keys.transpose(2, 3) * q.shape[-1] ** -0.5  # (B, H, 1, D) -> (B, H, 1, T)
        heads = scores.masked_fill(~visible, float("-inf")).softmax(dim=-1) @ past_values
        x = block.mix(x, heads.transpose(1, 2).flatten(2))
    return model.head(rms_norm(x[:, 0]))


@torch.inference_mode()
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
    """Sample `group_size` responses to every prompt; raises ValueError on what it cannot sample."""
    if not prompts or group_size < 1 or max_new_tokens < 1:
        raise ValueError(
            "Nothing to sample: give at least one prompt, one response a prompt and one new token."
        )
    device = model.head.weight.device
    question = pad_left(prompts).to(device)
    Tp, B = question.shape[1], len(prompts) * group_size
    if Tp + max_new_tokens > model.settings.context:
        raise ValueError(
            f"Prompt ({Tp} tokens) and max_new_tokens ({max_new_tokens}) exceed the model's context of "
            f"{model.settings.context}. Lower max_new_tokens or build the model with a longer context."
        )
    logits, cache = prefill(model, question, group_size, Tp + max_new_tokens)
    question = question.repeat_interleave(group_size, dim=0)
    bias = torch.zeros(len(VOCABULARY), device=device)
    bias[encode(forbidden)] = float("-inf")
    responses = torch.full((B, max_new_tokens), TOKEN_ID[PAD], device=device)
    log_probs = torch.zeros(B, max_new_tokens, device=device)
    chosen = torch.zeros_like(responses, dtype=torch.bool)
    rows, running = torch.arange(B, device=device), torch.ones(B, dtype=torch.bool, device=device)
    recent = question[:, -(model.settings.neighbours + 1) :]
    visible = F.pad(question != TOKEN_ID[PAD], (0, max_new_tokens), value=True)[:, None, None]
    for t in range(max_new_tokens):
        tokens, token_log_probs = draw(logits + bias, temperature, generator)
        tokens, slipped = slip_of_the_pen(tokens, recent[:, -1], recent[:, -2], pen, generator)
        tokens = tokens.where(running, TOKEN_ID[PAD])  # a row that has ended writes padding
        responses[rows, t], log_probs[rows, t], chosen[rows, t] = tokens, token_log_probs, running & ~slipped
        running = running & (tokens != TOKEN_ID[EOS])
        if t + 1 == max_new_tokens or not running.any():
            break
        recent = torch.cat((recent[:, 1:], tokens[:, None]), dim=1)
        if running.float().mean() < 0.85:  # enough rows have ended to pay for moving the cache
            rows, recent, visible, cache = (
                rows[running],
                recent[running],
                visible[running],
                cache[:, :, running],
            )
            running = running[running]
        logits = decode_step(model, recent, cache, visible[..., : Tp + t + 1], Tp + t)
    lengths = (responses != TOKEN_ID[PAD]).sum(dim=1)
    longest = int(lengths.max())
    return Rollouts(question, responses[:, :longest], log_probs[:, :longest], chosen[:, :longest], lengths)
