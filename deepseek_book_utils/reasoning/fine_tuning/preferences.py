"""Direct Preference Optimization (DPO): learn from pairs of answers, one preferred,
without a reward model and without sampling in between.

Letters: N pairs, T response tokens. After Rafailov et al. (arXiv 2305.18290). The pairs
are a policy's own answers to the same problem, one right, one wrong, as the verifier
says. `rounds` samples them anew from the policy as it has become, and starts from that
policy's probabilities: the on-line form. Left out of the paper: human judges, ties and
supervised training on the chosen answers beforehand.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...lm.policy import Policy
from ...lm.sampling import response_log_probs
from ...settings import check_ranges
from ..tasks import Task, sample_responses


class Preference(NamedTuple):
    """Loss (scalar), and for every pair (N,) the implicit rewards and their margin,
    without gradient.
    """

    loss: Tensor
    chosen_rewards: Tensor
    rejected_rewards: Tensor
    margins: Tensor


def dpo_loss(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
    beta: float,
) -> Preference:
    """How badly the policy tells N chosen answers from N rejected ones.

    All four (N,): log-probabilities of whole answers, summed over their tokens. Raises
    ValueError on no pair, shapes that differ, or beta <= 0.
    """
    shapes = {
        tuple(log_probs.shape)
        for log_probs in (
            policy_chosen,
            policy_rejected,
            reference_chosen,
            reference_rejected,
        )
    }
    if len(shapes) > 1 or policy_chosen.ndim != 1 or not len(policy_chosen):
        raise ValueError(
            f"Expected four times (N,), N >= 1, one sum an answer; got {shapes}."
        )
    if not beta > 0:
        raise ValueError(f"beta = {beta} ties the policy to its reference: take > 0.")
    # r(x, y) = beta log(pi(y | x) / pi_ref(y | x))      Rafailov et al., section 4
    chosen = beta * (policy_chosen - reference_chosen.detach())
    rejected = beta * (policy_rejected - reference_rejected.detach())
    # -log sigmoid(r(x, y_w) - r(x, y_l))                Rafailov et al., eq. 7
    loss = -F.logsigmoid(chosen - rejected).mean()
    chosen, rejected = chosen.detach(), rejected.detach()
    return Preference(loss, chosen, rejected, chosen - rejected)


@dataclass(frozen=True)
class DPOSettings:
    """One run of preference learning; raises ValueError on values without sense."""

    problems: int = 640  # times 16 answers: what 40 updates of R1-Zero sample
    group_size: int = 16  # answers a problem
    rounds: int = 1  # how often the pairs are sampled anew; 1 is off-line, as published
    pairs: int = 8  # at most from one problem, so that no problem outweighs the rest
    epochs: int = 1  # passes over the pairs of a round
    batch_size: int = 32  # pairs an update
    beta: float = 0.1  # the paper's default: how dear it is to leave the reference
    learning_rate: float = 5e-4
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this
    max_new_tokens: int = 90

    def __post_init__(self) -> None:
        counts = ("problems", "group_size", "rounds", "pairs", "epochs", "batch_size")
        check_ranges(
            self,
            count=(*counts, "max_new_tokens"),
            positive=("beta", "learning_rate", "max_grad_norm"),
        )
        if self.group_size < 2:
            raise ValueError(
                f"A group of {self.group_size} has no pair: take group_size >= 2."
            )
        if self.problems < self.rounds:
            raise ValueError(f"Take at least one problem a round; got {self}.")


class Pairs(NamedTuple):
    """N pairs of answers to the same prompt, chosen before rejected.

    prompts (N, Tp), padded on the left; responses and mask (2, N, T), padded on the
    right, mask True where the policy drew the token; reference (2, N), what the policy
    that wrote the answers gave them, as sums of log-probabilities.
    """

    prompts: Tensor
    responses: Tensor
    mask: Tensor
    reference: Tensor


def join_pairs(parts: Sequence[Pairs], pad: int) -> Pairs:
    """Pairs of several batches as one, padded to the longest."""
    Tp = max(part.prompts.shape[1] for part in parts)
    T = max(part.responses.shape[2] for part in parts)
    prompts, responses, mask = [], [], []
    for part in parts:
        left, right = Tp - part.prompts.shape[1], T - part.responses.shape[2]
        prompts.append(F.pad(part.prompts, (left, 0), value=pad))
        responses.append(F.pad(part.responses, (0, right), value=pad))
        mask.append(F.pad(part.mask, (0, right)))
    reference = torch.cat([part.reference for part in parts], dim=1)
    return Pairs(
        torch.cat(prompts), torch.cat(responses, 1), torch.cat(mask, 1), reference
    )


def right_and_wrong(
    right: Sequence[bool], settings: DPOSettings, rng: random.Random
) -> list[tuple[int, int]]:
    """Rows of a right and of a wrong answer to the same problem; `right` (B,) says
    which they are, in groups.
    """
    rows: list[tuple[int, int]] = []
    G = settings.group_size
    for start in range(0, len(right), G):
        group = range(start, start + G)
        good = [row for row in group if right[row]]
        bad = [row for row in group if not right[row]]
        n = min(len(good), len(bad), settings.pairs)
        rows += zip(rng.sample(good, n), rng.sample(bad, n), strict=True)
    return rows


def sample_pairs(
    model: Policy,
    task: Task,
    problems: Sequence[Any],
    settings: DPOSettings,
    rng: random.Random,
    generator: torch.Generator,
) -> Pairs:
    """Pairs of the model's own answers to each problem, a right one and a wrong one.

    Problems whose answers are all right or all wrong give none. Raises ValueError if no
    problem gives any.
    """
    parts, G = [], settings.group_size
    for start in range(0, len(problems), 16):  # few at a time keep the cache small
        asked = problems[start : start + 16]
        rollouts, texts = sample_responses(
            model, task, asked, G, generator, settings.max_new_tokens
        )
        right = [task.right(text, asked[i // G]) for i, text in enumerate(texts)]
        rows = right_and_wrong(right, settings, rng)
        if rows:
            both = torch.tensor(rows).T  # (2, N)
            mask = rollouts.loss_mask[both]  # (B, T) -> (2, N, T)
            reference = rollouts.log_probs[both].masked_fill(~mask, 0.0).sum(dim=-1)
            prompts, responses = rollouts.prompts[both[0]], rollouts.responses[both]
            parts.append(Pairs(prompts, responses, mask, reference))
    if not parts:
        raise ValueError(
            "No problem has a right and a wrong answer: there is nothing to prefer. "
            "Sample more answers a problem, or take problems of another difficulty."
        )
    return join_pairs(parts, task.pad)


def pairs_at(pairs: Pairs, rows: list[int]) -> Pairs:
    """Some of the pairs."""
    prompts, responses, mask, reference = pairs
    return Pairs(prompts[rows], responses[:, rows], mask[:, rows], reference[:, rows])


def pair_log_probs(model: Policy, pairs: Pairs) -> Tensor:
    """log pi(y | x) (2, N) of whole answers, over the tokens that the policy drew."""
    rows = response_log_probs(
        model,
        pairs.prompts.repeat(2, 1),
        pairs.responses.flatten(0, 1),
        pairs.mask.flatten(0, 1),
    )  # (2N, T)
    return rows.sum(dim=1).view(2, -1)


def dpo_update(
    model: Policy,
    optimizer: torch.optim.Optimizer,
    pairs: Pairs,
    settings: DPOSettings,
) -> dict[str, float]:
    """One step down the loss of these pairs; returns what was measured before it.

    chosen and rejected: how far log pi(y | x) has moved away from the reference.
    """
    policy = pair_log_probs(model, pairs)
    preference = dpo_loss(
        policy[0], policy[1], pairs.reference[0], pairs.reference[1], settings.beta
    )
    optimizer.zero_grad()
    preference.loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), settings.max_grad_norm)
    optimizer.step()
    moved = (policy.detach() - pairs.reference).mean(dim=1)  # (2, N) -> (2,)
    return {
        "loss": preference.loss.item(),
        "margin": preference.margins.mean().item(),
        "ordered": (preference.margins > 0).float().mean().item(),
        "chosen": moved[0].item(),
        "rejected": moved[1].item(),
    }


def train_dpo(
    model: Policy,
    task: Task,
    settings: DPOSettings,
    seed: int,
    watch: Callable[[int], None] | None = None,
) -> list[dict[str, float]]:
    """Train the model in place; returns what was measured at every update.

    `watch` is called after every update, with how many there have been.
    """
    rng = random.Random(seed)
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0
    )
    history: list[dict[str, float]] = []
    each = settings.problems // settings.rounds
    for number in range(1, settings.rounds + 1):
        problems = [task.sample(rng) for _ in range(each)]
        pairs = sample_pairs(model, task, problems, settings, rng, generator)
        N = len(pairs.prompts)
        order = [i for _ in range(settings.epochs) for i in rng.sample(range(N), N)]
        for start in range(0, len(order), settings.batch_size):
            rows = order[start : start + settings.batch_size]
            measured = dpo_update(model, optimizer, pairs_at(pairs, rows), settings)
            history.append({"round": number, "pairs": N, **measured})
            if watch:
                watch(len(history))
    return history
