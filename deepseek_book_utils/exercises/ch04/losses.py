"""Graders of the exercises to chapter 4 about what is minimised: the KL estimate and the clipped loss.

What is padding holds junk, so that a forgotten mask shows; where a gradient is asked for, it is compared too.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...reasoning.grpo import grpo_loss, kl_estimate
from ...reasoning.grpo import policy_ratio as right_ratio
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..samples import responses


def _gradient(got: object, by: Tensor) -> Tensor:
    """The gradient of a student's number; raises Wrong where there is none."""
    hint = "Nothing on the way from `log_probs` may be detached, or be taken under `no_grad` or by `item`."
    gradient = None
    if isinstance(got, Tensor) and got.requires_grad:
        try:
            (gradient,) = torch.autograd.grad(got, by, allow_unused=True)
        except RuntimeError as error:
            raise Wrong(
                f"The gradient of your result cannot be taken: {error}",
                "Is a tensor changed in place, as by `x *= mask`?",
            ) from error
    if gradient is None:
        raise Wrong("The number is right, but no gradient flows from it back to `log_probs`.", hint)
    return gradient


def _other_averages(values: Tensor, mask: Tensor) -> list[Mistake]:
    """What other averages than the one over all real tokens would give."""
    kept = values.masked_fill(~mask, 0.0)
    asked = "Asked is one mean over all real tokens of the batch."
    return [
        Mistake(values.mean(), "The padding counts in your mean.", "Average `values[mask]`, say."),
        Mistake(
            kept.mean(),
            "You divide by the number of all places, the padding included.",
            "Divide by `mask.sum()`.",
        ),
        Mistake((kept.sum(dim=1) / mask.sum(dim=1)).mean(), "You average within each response first.", asked),
        Mistake(kept.sum(dim=1).mean(), "You add up the tokens of each response, and average then.", asked),
        Mistake(kept.sum(), "You add up the tokens and do not divide.", asked),
    ]


def _compare_numbers(
    got: list[object], right: list[Tensor], mistakes: list[list[Mistake]], about: str
) -> None:
    """Compare the numbers of several batches at once: one alone may look like another mistake by chance."""
    numbers = torch.stack([as_tensor(number, torch.Size()) for number in got])
    together = [
        Mistake(torch.stack([mistake.value for mistake in same]), same[0].misconception, same[0].hint)
        for same in zip(*mistakes, strict=True)
    ]
    compare(numbers, torch.stack(right), together, about)


def k3_kl(answer: Callable[[Tensor, Tensor, Tensor], Tensor], seed: int) -> None:
    """Grades `k3_kl(log_probs, ref_log_probs, mask)`: value and gradient."""
    generator = torch.Generator().manual_seed(seed)
    for rows, time, spread in ((5, 9, 1.0), (12, 20, 0.2), (3, 40, 2.0), (4, 6, 0.0)):
        batches = [responses(generator, rows, time, spread) for _ in range(2)]
        got = [ask(answer, log_probs.requires_grad_(), ref, mask) for log_probs, ref, mask in batches]
        right = [kl_estimate(log_probs, ref)[mask].mean() for log_probs, ref, mask in batches]
        mistakes = [_kl_mistakes(log_probs.detach(), ref, mask) for log_probs, ref, mask in batches]
        about = f" for policies whose log-probabilities differ by about {spread:g}"
        _compare_numbers(got, right, mistakes, about)
        for (log_probs, _, mask), number, expected in zip(batches, got, right, strict=True):
            (gradient,) = torch.autograd.grad(expected, log_probs)
            share = mask / mask.sum()
            part = "You detach the {0} that stands in the estimate, so its part of the gradient is missing."
            parts = [
                Mistake(share, part.format("ratio")),
                Mistake(gradient - share, part.format("logarithm of the ratio")),
            ]
            compare(_gradient(number, log_probs), gradient, parts, f" in its gradient{about}")


def _kl_mistakes(log_probs: Tensor, ref: Tensor, mask: Tensor) -> list[Mistake]:
    log_ratio = ref - log_probs
    ratio = log_ratio.exp()
    k3 = ratio - log_ratio - 1
    divided = ref / log_probs

    def mean(values: Tensor) -> Tensor:
        return values[mask].mean()

    return [
        Mistake(mean(-k3), "Your estimate is negative. A divergence never is.", "Is every sign turned?"),
        Mistake(
            mean(1 / ratio + log_ratio - 1),
            "Your ratio is the wrong way round: the reference belongs above, the policy below.",
            "`ref_log_probs - log_probs` is the logarithm of that ratio.",
        ),
        Mistake(mean(k3 + 1), "The 1 is not subtracted: equal policies would get one, and must get zero."),
        Mistake(
            mean(ratio + log_ratio - 1),
            "The logarithm has the wrong sign: the ratio *minus* its logarithm minus one.",
        ),
        Mistake(
            mean(-log_ratio),
            "That is k1, the log-ratio alone: right on average, but it can be negative.",
            "k3 adds the ratio minus one to it.",
        ),
        Mistake(mean(log_ratio), "That is k1, the log-ratio alone, and with the wrong sign too."),
        Mistake(
            mean(log_ratio**2 / 2),
            "That is k2, half the square of the log-ratio. It is never negative, but biased.",
        ),
        Mistake(
            mean(divided - divided.log() - 1),
            "You divide log-probabilities. The ratio is one of probabilities.",
            "The logarithm of a ratio is a difference.",
        ),
        *_other_averages(k3, mask),
    ]


def clipped_loss(answer: Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor], seed: int) -> None:
    """Grades `clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon)`: value and gradient."""
    generator = torch.Generator().manual_seed(seed)
    for rows, time, spread, epsilon, scale in (
        (12, 12, 0.5, 0.2, 1.0),  # as many rows as columns: advantages along the wrong axis raise no error
        (8, 16, 0.0, 0.2, 1.0),  # the first update: both policies are one
        (6, 30, 0.3, 0.1, 300.0),
        (16, 10, 2.0, 10.0, 0.01),
    ):
        batches = [_clip_batch(generator, rows, time, spread, scale) for _ in range(2)]
        got = [ask(answer, *batch, epsilon) for batch in batches]
        right = [grpo_loss(*batch, variant="dapo", clip_low=epsilon, clip_high=epsilon) for batch in batches]
        about = f" for epsilon {epsilon:g} and advantages of about {scale:g}"
        mistakes = [_clip_mistakes(*batch, epsilon) for batch in batches]
        if not spread:
            about, mistakes = " at a first update", []
        _compare_numbers(got, right, mistakes, about)
        for (log_probs, old, *_), number, loss in zip(batches, got, right, strict=True):
            (gradient,) = torch.autograd.grad(loss, log_probs)
            inside = ((log_probs - old).exp() - 1).abs() <= epsilon
            half = Mistake(
                torch.where(inside, gradient / 2, gradient),
                "Where nothing is clipped, half of your gradient is missing: you detach the clipped ratio.",
            )
            none = Mistake(
                torch.zeros_like(gradient),
                "At a first update both policies are one, and your gradient is zero: it flows through "
                "`old_log_probs` too, and cancels.",
                "The old policy is a constant: detach it.",
            )
            known = [half] if spread else [none, half]
            compare(_gradient(number, log_probs), gradient, known, f" in its gradient{about}")


def _clip_batch(
    generator: torch.Generator, rows: int, time: int, spread: float, scale: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """log_probs with a gradient, old_log_probs, advantages of both signs, mask; no spread: one policy."""
    log_probs, old, mask = responses(generator, rows, time, spread)
    log_probs.requires_grad_()
    advantages = scale * (0.5 + torch.rand(rows, generator=generator))
    advantages[::2] *= -1
    advantages[-2:] = 0.0  # a group without spread
    return log_probs, old if spread else log_probs, advantages, mask


def _clip_mistakes(
    log_probs: Tensor, old: Tensor, advantages: Tensor, mask: Tensor, epsilon: float
) -> list[Mistake]:
    """What is returned by those who clip, weigh, or average otherwise."""
    ratio, weight = (log_probs - old).exp(), advantages[:, None]
    low, high = 1 - epsilon, 1 + epsilon
    plain, clipped = ratio * weight, ratio.clamp(low, high) * weight
    right = torch.minimum(plain, clipped)
    real = mask & (weight != 0)

    def loss(ratio: Tensor, weight: Tensor = weight, epsilon: float = epsilon) -> Tensor:
        clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * weight
        return -torch.minimum(ratio * weight, clipped).expand_as(mask)[mask].mean()

    mistakes = [
        (right, "The sign is missing: the objective is maximised, and a loss is minimised.", "Negate it."),
        (
            -torch.maximum(plain, clipped),
            "You take the larger of the two. The objective takes the smaller.",
            "",
        ),
        (-plain, "Nothing is clipped, so one step may go as far as it likes.", "`ratio.clamp(low, high)`"),
        (
            -clipped,
            "You clip, but leave out the minimum: a token that has gone the wrong way gets no gradient back.",
            "Take the smaller of the two products, with and without the clip.",
        ),
        (
            -torch.minimum(plain, plain.clamp(low, high)),
            "You clip the product of ratio and advantage. The clip belongs to the ratio alone.",
            "",
        ),
        (
            -torch.minimum(plain, ratio.clamp(max=high) * weight),
            "You clip from above only. A negative advantage needs the clip from below.",
            "",
        ),
        (
            -torch.minimum(plain, ratio.clamp(min=low) * weight),
            "You clip from below only. A positive advantage needs the clip from above.",
            "",
        ),
        (
            -log_probs * weight,
            "There is no ratio in your loss: that is REINFORCE.",
            "Divide by the old policy.",
        ),
    ]
    found = [Mistake(values[mask].mean(), *said) for values, *said in mistakes]
    sequence = right_ratio(log_probs, old, mask, "sequence")
    found += [
        Mistake(loss(1 / ratio), "Your ratio is the wrong way round: the old policy belongs below."),
        Mistake(loss(log_probs - old), "You use the logarithm of the ratio.", "Take `exp`."),
        Mistake(
            loss(sequence), "You take the ratio of the whole response; the equation here takes it per token."
        ),
        Mistake(loss(ratio, epsilon=0.2), "You clip at 0.2 whatever `epsilon` is."),
        Mistake(
            -right[real].mean(), "You leave out tokens with a zero advantage. They count in the mean too."
        ),
        *_other_averages(-right, mask),
    ]
    if len(ratio) == ratio.shape[1]:
        wrong_axis = "You lay the advantages along the time axis. There is one for each row."
        found.append(
            Mistake(loss(ratio, advantages[None, :]), wrong_axis, "`advantages[:, None]` is (B, 1).")
        )
    return found
