"""Group relative policy optimisation: advantages, ratio, clipping, KL, and four ways to
average.

Letters: B rows (prompts times group), G group, T response tokens. After DeepSeekMath
(arXiv 2402.03300, section 4.1) and DeepSeek-R1 (arXiv 2501.12948, eqs. 1 to 3), with
the corrections of Dr. GRPO (2503.20783) and DAPO (2503.14476).

Left out: process rewards and the replacement of the reference model during training.
"""

import torch
from torch import Tensor


def group_advantages(rewards: Tensor, group_size: int, scale: bool = True) -> Tensor:
    """How much better each response did than its group; rewards (B,) -> advantages
    (B,).

    `scale=False` leaves out the division by the standard deviation, as Dr. GRPO does. A
    group whose rewards are all equal has nothing to say: its advantages are exactly
    zero. Raises ValueError on rewards that cannot be compared.
    """
    if group_size < 2:
        raise ValueError(
            f"A group of {group_size} has nobody to compare with: take group_size >= 2."
        )
    rewards = torch.as_tensor(rewards)  # whole numbers, booleans and lists will do
    if not rewards.is_floating_point():
        rewards = rewards.float()
    if rewards.ndim != 1 or len(rewards) == 0 or len(rewards) % group_size:
        raise ValueError(
            f"Expected rewards (B,), B a positive multiple of {group_size}; "
            f"got {tuple(rewards.shape)}."
        )
    if not torch.isfinite(rewards).all():
        raise ValueError(
            "A reward is NaN or infinite: repair the reward function, "
            "every response needs a number."
        )
    groups = rewards.view(-1, group_size)  # (B,) -> (B/G, G)
    # A_i = (r_i - mean(r)) / std(r)                              DeepSeek-R1, eq. 3
    advantages = groups - groups.mean(dim=1, keepdim=True)
    if scale:
        advantages = advantages / (groups.std(dim=1, keepdim=True) + 1e-4)
    without_spread = groups.amax(dim=1, keepdim=True) == groups.amin(
        dim=1, keepdim=True
    )
    return advantages.masked_fill(without_spread, 0.0).view(-1)


def unscaled_advantages(rewards: Tensor, group_size: int) -> Tensor:
    """Each reward less the mean of its group: Dr. GRPO. (B,) -> (B,)."""
    return group_advantages(rewards, group_size, scale=False)


def leave_one_out(rewards: Tensor, group_size: int) -> Tensor:
    """Each reward less the mean of the *others* in its group: RLOO (Ahmadian et al.,
    arXiv 2402.14740). (B,) -> (B,).
    """
    # r_i - sum_{j != i} r_j / (G - 1) = (r_i - mean(r)) G / (G - 1)
    return unscaled_advantages(rewards, group_size) * group_size / (group_size - 1)


def less_batch_mean(rewards: Tensor, group_size: int) -> Tensor:
    """Each reward less the mean of all: REINFORCE with one baseline for every problem,
    however hard it is. (B,) -> (B,).
    """
    return rewards - rewards.mean()


def rewards_alone(rewards: Tensor, group_size: int) -> Tensor:
    """The rewards as they are: REINFORCE without a baseline. (B,) -> (B,)."""
    return rewards


def policy_ratio(
    log_probs: Tensor, old_log_probs: Tensor, mask: Tensor, level: str = "token"
) -> Tensor:
    """How much likelier the new policy makes what the old one wrote: (B, T) for tokens,
    (B, 1) for whole responses.

    "token" is DeepSeekMath's ratio; "sequence" is the ratio as the R1 paper prints it,
    pi(o|q) / pi_old(o|q), which grows with the length; "geometric" is its |o|-th root
    (GSPO, arXiv 2507.18071). A ratio stops at exp(20), and has no slope there.
    """
    if level not in ("token", "sequence", "geometric"):
        raise ValueError(
            f"Unknown ratio level {level!r}: choose token, sequence or geometric."
        )
    mask = mask.bool()  # set to 0, not multiplied by it: 0 * NaN is NaN
    log_ratio = (log_probs - old_log_probs).masked_fill(~mask, 0.0)
    # token: rho_t = pi(o_t | q, o_<t) / pi_old(o_t | q, o_<t)
    if level != "token":
        log_ratio = log_ratio.sum(dim=1, keepdim=True)  # sequence: rho = prod_t rho_t
    if level == "geometric":
        log_ratio = log_ratio / mask.sum(dim=1, keepdim=True).clamp(min=1)
    # exp(89) is infinite, and its slope where it is clipped is 0 * inf, so NaN
    return log_ratio.clamp(max=20).exp()


def clipped_objective(
    ratio: Tensor, advantage: Tensor, clip_low: float = 0.2, clip_high: float = 0.2
) -> Tensor:
    """What is maximised: min(rho A, clip(rho, 1 - low, 1 + high) A), element by
    element.
    """
    return torch.minimum(
        ratio * advantage, ratio.clamp(1 - clip_low, 1 + clip_high) * advantage
    )


def kl_estimate(log_probs: Tensor, ref_log_probs: Tensor) -> Tensor:
    """Schulman's k3 estimate of KL(pi || pi_ref), token by token: unbiased under pi,
    never negative. It stops where the ratio is exp(20), and has no slope there.
    """
    log_ratio = (ref_log_probs - log_probs).clamp(max=20)
    # pi_ref / pi - log(pi_ref / pi) - 1                          DeepSeek-R1, eq. 2
    return log_ratio.exp() - log_ratio - 1


def average(
    values: Tensor, mask: Tensor, variant: str, max_length: int | None = None
) -> Tensor:
    """One number from values (B, T), where mask (B, T) is true; the variants differ in
    what a long response weighs.

    grpo    mean over responses of the mean over their tokens
    bnpo    sum over all tokens / their number in this minibatch
    dapo    the same, over the whole batch; equals bnpo when the minibatch is the batch
    dr_grpo sum over all tokens / (B * max_length), a constant
    """
    mask = mask.bool()
    values = values.masked_fill(~mask, 0.0)
    if variant == "grpo":
        return (values.sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()
    if variant in ("bnpo", "dapo"):
        return values.sum() / mask.sum().clamp(min=1)
    if variant == "dr_grpo" and max_length is not None:
        return values.sum() / (len(values) * max_length)
    raise ValueError(
        f"Cannot average by {variant!r}: "
        "choose grpo, bnpo, dapo, or dr_grpo with max_length."
    )


def grpo_loss(
    log_probs: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    mask: Tensor,
    *,
    variant: str = "grpo",
    level: str = "token",
    clip_low: float = 0.2,
    clip_high: float = 0.2,
    beta: float = 0.0,
    ref_log_probs: Tensor | None = None,
    max_length: int | None = None,
) -> Tensor:
    """Loss (scalar) of a batch of responses.

    log_probs, old_log_probs, ref_log_probs, mask: (B, T), with a gradient through
    log_probs only; advantages: (B,). What stands outside of the mask does not matter.
    Raises ValueError on an empty batch, shapes that do not fit, or beta without
    ref_log_probs.
    """
    if mask.numel() == 0 or not mask.any():
        raise ValueError(
            "Empty batch: no token carries loss. "
            "Skip this step, or sample groups that have spread."
        )
    if (
        not log_probs.shape == old_log_probs.shape == mask.shape
        or advantages.shape != log_probs.shape[:1]
    ):
        shapes = [tuple(t.shape) for t in (log_probs, old_log_probs, mask, advantages)]
        raise ValueError(
            "Expected log_probs, old_log_probs, mask (B, T) and advantages (B,); "
            f"got {shapes}."
        )
    log_probs = log_probs.masked_fill(~mask.bool(), 0.0)
    ratio = policy_ratio(log_probs, old_log_probs.detach(), mask, level)
    objective = clipped_objective(
        ratio, advantages[:, None], clip_low, clip_high
    ).expand_as(log_probs)
    if beta:
        if ref_log_probs is None or ref_log_probs.shape != mask.shape:
            raise ValueError(
                "beta > 0 pulls towards a reference: pass ref_log_probs (B, T)."
            )
        penalty = kl_estimate(log_probs, ref_log_probs.detach())
        objective = objective - beta * penalty
    return -average(objective, mask, variant, max_length)
