"""A batched sampler, and its inverse: the log-probabilities of what was sampled.

Letters: N prompts, G rows of a group, B = N G rows, T time, V vocabulary.

The prompt is read once, and its keys and values serve the whole group; every further
step reads one token a row; rows that have ended leave the batch. Prompts are
padded on the left, so that all rows grow at the same place: with rotary positions only
distances count, and the padding is masked. Words, tasks and what may alter a drawn
token are the caller's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from .policy import Policy

# What reaches the paper: alter(tokens, before, previous, generator), all (B,), returns
# the tokens as they are written and where (B,) they were altered; `previous` was
# written last, `before` before that.
Alter = Callable[[Tensor, Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]


@dataclass
class Rollouts:
    """Sampled responses, G rows a prompt, prompts in order.

    prompts (B, Tp), padded on the left; responses, log_probs and loss_mask (B, Tr),
    padded on the right. log_probs are those of the policy that sampled; loss_mask marks
    the tokens that it chose itself: neither altered ones nor padding. `end` and `pad`
    are the tokens that end and fill a response.
    """

    prompts: Tensor
    responses: Tensor
    log_probs: Tensor
    loss_mask: Tensor
    end: int
    pad: int

    @property
    def lengths(self) -> Tensor:
        """(B,) tokens of each response, the end included."""
        return (self.responses != self.pad).sum(dim=1)

    @property
    def ended(self) -> Tensor:
        """(B,) whether the response came to an end of its own, or was truncated."""
        return (self.responses == self.end).any(dim=1)

    def trimmed(self) -> "Rollouts":
        """The same without columns that hold padding only."""
        T = int(self.lengths.max())
        return replace(
            self,
            responses=self.responses[:, :T],
            log_probs=self.log_probs[:, :T],
            loss_mask=self.loss_mask[:, :T],
        )


def pad_left(rows: Sequence[Sequence[int]], pad: int) -> Tensor:
    """(N, Tp) token numbers of N prompts, padded on the left; raises ValueError if
    there is none, or an empty one.
    """
    if not rows or not all(rows):
        raise ValueError("Nothing to sample: give at least one prompt, none empty.")
    width = max(map(len, rows))
    return torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows])


def draw(
    logits: Tensor,
    forbidden: Sequence[int],
    temperature: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """One token a row, and its log-probability; logits (B, V) -> (B,), (B,).

    The `forbidden` tokens are not drawn. The log-probability is that of the whole
    policy at temperature 1, as training computes it. Temperature 0 is greedy. Raises
    ValueError for another temperature, or where no token can be drawn.

    Gumbel-max: argmax(log p_i + g_i) with g_i = -log(-log(u_i)), u_i uniform, is a draw
    from p (Gumbel, 1954).
    """
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature = {temperature}: take 0 (greedy) or more.")
    log_probs = F.log_softmax(logits.float(), dim=-1)
    scores = log_probs.index_fill(
        1, torch.tensor(forbidden, device=logits.device, dtype=torch.long), -torch.inf
    )
    if temperature > 0:
        u = torch.rand(scores.shape, generator=generator, device=scores.device)
        scores = scores / temperature - u.clamp_(min=1e-20).log_().neg_().log_()
    best, tokens = scores.max(dim=-1)
    if not best.isfinite().all():
        raise ValueError(
            "No token can be drawn: logits are NaN or infinite, or every token is "
            "forbidden. Look at the weights first: training may have broken them."
        )
    return tokens, log_probs.gather(1, tokens[:, None])[:, 0]


def check_request(
    policy: Policy, prompts: Tensor, group_size: int, new: int, end: int, pad: int
) -> None:
    """Raise ValueError for what cannot be sampled."""
    if prompts.numel() == 0 or (prompts[:, -1] == pad).any():
        raise ValueError("Nothing to sample: give at least one prompt, none empty.")
    if group_size < 1 or new < 1:
        raise ValueError("Sample at least one response a prompt, and one new token.")
    if end == pad:
        raise ValueError(
            f"Token {end} would end responses and fill them: choose another pad."
        )
    if prompts.shape[1] + new > policy.settings.context:
        raise ValueError(
            f"A prompt of {prompts.shape[1]} tokens and {new} new ones exceed the "
            f"model's context of {policy.settings.context}. Lower max_new_tokens, or "
            "build the model with a longer context."
        )


@torch.no_grad()
def generate(
    policy: Policy,
    prompts: Tensor,
    group_size: int,
    generator: torch.Generator,
    max_new_tokens: int,
    temperature: float = 1.0,
    *,
    end: int,
    pad: int,
    alter: Alter | None = None,
    forbidden: Sequence[int] = (),
) -> Rollouts:
    """Sample `group_size` responses to each of prompts (N, Tp), padded on the left,
    without the `forbidden` tokens.

    A response ends with `end`, or after `max_new_tokens`. `alter` may change what was
    drawn before it is written. Raises ValueError if there is nothing to sample, if it
    exceeds the context, or if no token can be drawn.
    """
    check_request(policy, prompts, group_size, max_new_tokens, end, pad)
    prompts = prompts.to(next(policy.parameters()).device)
    cache = policy.read(prompts[:, :-1], group_size)  # rows read the last word
    prompts = prompts.repeat_interleave(group_size, dim=0)  # (N, Tp) -> (B, Tp)
    responses = prompts.new_full((len(prompts), max_new_tokens), pad)
    log_probs = torch.zeros_like(responses, dtype=torch.float)
    loss_mask = torch.zeros_like(responses, dtype=torch.bool)
    rows = torch.arange(len(prompts), device=prompts.device)  # still in the batch
    running = torch.ones_like(rows, dtype=torch.bool)  # not yet ended
    before, previous = F.pad(prompts, (1, 0), value=pad)[:, -2:].T
    for t in range(max_new_tokens):
        with torch.inference_mode():
            logits = policy(previous[:, None], cache)[:, 0]
        tokens, picked = draw(logits, [pad, *forbidden], temperature, generator)
        altered = torch.zeros_like(running)
        if alter is not None:
            tokens, altered = alter(tokens, before, previous, generator)
        tokens = tokens.where(running, pad)  # ended rows write padding
        responses[rows, t], log_probs[rows, t] = tokens, picked.where(running, 0)
        loss_mask[rows, t] = running & ~altered
        running &= tokens != end
        if not running.any():
            break
        before, previous = previous, tokens
        if running.float().mean() < 0.85:  # moving the cache costs less than it saves
            cache.keep(running)
            rows, before, previous = rows[running], before[running], previous[running]
            running = running[running]
    return Rollouts(prompts, responses, log_probs, loss_mask, end, pad).trimmed()


def response_log_probs(
    policy: Policy, prompts: Tensor, responses: Tensor, mask: Tensor
) -> Tensor:
    """log pi(o_t | q, o_<t) where mask (B, T) is true, 0 elsewhere; prompts (B, Tp),
    responses (B, T).

    Every prompt is read once, however many of its responses there are. Its last word
    belongs to the rows: what it says is the first word of the response.
    """
    different, which = prompts.unique(dim=0, return_inverse=True)
    cache = policy.read(different[:, :-1])
    cache.keep(which)
    tokens = torch.cat((prompts[:, -1:], responses[:, :-1]), dim=1)
    log_probs = policy(tokens, cache, select=mask).float().log_softmax(dim=-1)  # (M, V)
    picked = log_probs.gather(1, responses[mask][:, None])[:, 0]
    return torch.zeros(mask.shape, device=mask.device).masked_scatter(mask, picked)
