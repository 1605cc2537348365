"""Grader of the exercise to chapter 4 about the loss of PPO, and how much of a batch it clips."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..gradients import gradient_through

Answer = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]
Batch = tuple[Tensor, Tensor, Tensor]  # log_probs with a gradient, old_log_probs, advantages; each (B,)


def clip_and_count(answer: Answer, seed: int) -> None:
    """Grades `ppo_loss(log_probs, old_log_probs, advantages, epsilon)`: loss, gradient, clip fraction."""
    generator = torch.Generator().manual_seed(seed)
    for rows, epsilon, scale in ((28, 0.2, 1.0), (42, 0.1, 30.0), (28, 0.4, 0.5)):
        batches = [_batch(generator, rows, epsilon, scale) for _ in range(2)]
        got = [_two_numbers(answer, batch, epsilon) for batch in batches]
        right = [_right(*batch, epsilon) for batch in batches]
        about = f" for epsilon {epsilon:g} and advantages of about {scale:g}"
        known = [_loss_mistakes(*batch, epsilon) for batch in batches]
        numbers = torch.stack([as_tensor(numeric(loss), torch.Size()) for loss, _ in got])
        compare(numbers, torch.stack(right), _together(known), f" in the loss{about}")
        for batch, (loss, _), expected in zip(batches, got, right, strict=True):
            _compare_gradient(loss, expected, batch, epsilon, about)
        shares = torch.stack([as_tensor(numeric(share), torch.Size()) for _, share in got])
        ratios = [(log_probs - old).detach().exp() for log_probs, old, _ in batches]
        counted = torch.stack([((ratio - 1).abs() > epsilon).double().mean() for ratio in ratios])
        known = [_share_mistakes(*batch, epsilon) for batch in batches]
        compare(shares, counted, _together(known), f" in the clip fraction{about}")
    _check_first_update(answer, generator)
    _check_equal(answer, generator)


def _batch(generator: torch.Generator, rows: int, epsilon: float, scale: float) -> Batch:
    """Ratios on both sides of the interval and within it, each with advantages of both signs."""
    draws = torch.rand(3, rows, generator=generator, dtype=torch.float64)
    old, log_probs = -1 - 2 * draws[0], torch.empty(rows, dtype=torch.float64)
    sides = (-1, 0, 1, 0, 1, 0, 0)  # one below, two above, four within
    for i in range(rows):
        outside = (1 + sides[i % 7] * epsilon) * (1 + sides[i % 7] * (0.2 + 0.3 * draws[1, i]))
        within = 1 + epsilon * (draws[1, i] - 0.5)
        log_probs[i] = old[i] + (outside if sides[i % 7] else within).log()
    for i in (1, 6, 8):  # within the interval, though the logarithm of the ratio is below -epsilon
        log_probs[i] = old[i] + math.log(0.6 * math.exp(-epsilon) + 0.4 * (1 - epsilon))
    sign = torch.where(torch.arange(rows) // 7 % 2 == 0, 1.0, -1.0)
    advantages = scale * (sign * (0.5 + draws[2]) + 0.2)
    return log_probs.requires_grad_(), old, advantages


def _two_numbers(answer: Answer, batch: Batch, epsilon: float) -> tuple[Any, Any]:
    """Loss and clip fraction; raises Wrong for another form, and where the caller's tensors have changed."""
    log_probs, old, advantages = batch
    own, kept = advantages.clone(), old.clone()
    got = ask(lambda: answer(log_probs, kept, own, epsilon))
    if got is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two numbers, the loss and the clip fraction: `return loss, clip_fraction`.")
    if not torch.equal(own, advantages) or not torch.equal(kept, old):
        raise Wrong(
            "You change the caller's tensors in place: the stored advantages are others from now on.",
            "Compute a new tensor: `advantages = advantages - ...`, not `advantages -= ...`.",
        )
    return got[0], got[1]


def _normal(advantages: Tensor) -> Tensor:
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8)


def _right(log_probs: Tensor, old: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    ratio, weight = (log_probs - old).exp(), _normal(advantages)
    return -torch.minimum(ratio * weight, ratio.clamp(1 - epsilon, 1 + epsilon) * weight).mean()


def _together(mistakes: list[list[Mistake]]) -> list[Mistake]:
    """The mistakes of several batches at once: one alone may look like another by chance."""
    return [
        Mistake(torch.stack([m.value for m in same]), same[0].misconception, same[0].hint)
        for same in zip(*mistakes, strict=True)
    ]


def _loss_mistakes(log_probs: Tensor, old: Tensor, advantages: Tensor, epsilon: float) -> list[Mistake]:
    log_ratio = (log_probs - old).detach()
    ratio, weight = log_ratio.exp(), _normal(advantages)
    low, high = 1 - epsilon, 1 + epsilon
    plain, clipped = ratio * weight, ratio.clamp(low, high) * weight
    right = torch.minimum(plain, clipped)
    centred = advantages - advantages.mean()
    inside = (ratio - 1).abs() <= epsilon
    smaller = "The smaller of the two products, with and without the clip."
    normal = "A = (A - mean) / (std + 1e-8), over the whole batch."

    def loss(ratio: Tensor, weight: Tensor = weight, epsilon: float = epsilon) -> Tensor:
        clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * weight
        return -torch.minimum(ratio * weight, clipped).mean()

    mistakes = [
        (
            right.mean(),
            "The sign is missing: the objective is maximised, and a loss is minimised.",
            "Negate.",
        ),
        (-torch.maximum(plain, clipped).mean(), "You take the larger of the two products.", smaller),
        (-plain.mean(), "Nothing is clipped, so one step may go as far as it likes.", smaller),
        (
            -clipped.mean(),
            "You clip, but leave out the minimum: what has gone the wrong way gets no gradient back.",
            smaller,
        ),
        (
            -torch.minimum(plain, log_ratio.clamp(-epsilon, epsilon).exp() * weight).mean(),
            "You clip the logarithm of the ratio. The interval around 1 is the ratio's.",
            "Take `exp` first.",
        ),
        (loss(log_ratio), "You use the logarithm of the ratio.", "Take `exp`."),
        (loss(1 / ratio), "Your ratio is the wrong way round: the old policy belongs below.", ""),
        (loss(log_probs.detach() / old), "You divide log-probabilities.", "Subtract them, and take `exp`."),
        (
            -torch.minimum(plain, plain.clamp(low, high)).mean(),
            "You clip the product of ratio and advantage. The clip belongs to the ratio alone.",
            "",
        ),
        (
            -(ratio.clamp(max=high) * weight).mean(),
            "You cut every ratio at 1 + epsilon, whatever the sign of its advantage.",
            smaller,
        ),
        (
            -torch.minimum(plain, ratio.clamp(max=high) * weight).mean(),
            "You clip from above only. A negative advantage needs the clip from below.",
            "",
        ),
        (
            -torch.minimum(plain, ratio.clamp(min=low) * weight).mean(),
            "You clip from below only. A positive advantage needs the clip from above.",
            "",
        ),
        (loss(ratio, epsilon=0.2), "You clip at 0.2 whatever `epsilon` is.", ""),
        (-(log_probs.detach() * weight).mean(), "There is no ratio in your loss: that is REINFORCE.", ""),
        (loss(ratio, advantages), "You do not normalise the advantages.", normal),
        (loss(ratio, centred), "You subtract the mean of the advantages, but do not divide.", normal),
        (
            loss(ratio, advantages / (advantages.std() + 1e-8)),
            "You divide the advantages by their deviation, but do not subtract the mean.",
            normal,
        ),
        (loss(ratio, centred / advantages.var()), "You divide the advantages by their variance.", normal),
        (
            loss(ratio, centred / (advantages.std(correction=0) + 1e-8)),
            "Your standard deviation divides by B. Torch's own divides by B - 1, and is asked for here.",
            "`advantages.std()`; in numpy `ddof=1`.",
        ),
        (-right.sum(), "You add up and do not divide: the step would grow with the batch.", "`mean()`"),
        (
            -right[inside].mean(),
            "You average over what is not clipped. Clipped steps count in the mean too.",
            "",
        ),
        (-(right * inside).mean(), "You set clipped steps to zero.", smaller),
    ]
    return [Mistake(value.detach(), *said) for value, *said in mistakes]


def _compare_gradient(loss: Any, expected: Tensor, batch: Batch, epsilon: float, about: str) -> None:
    log_probs, old, _ = batch
    (gradient,) = torch.autograd.grad(expected, log_probs)
    inside = ((log_probs - old).exp() - 1).abs() <= epsilon
    half = Mistake(
        torch.where(inside, gradient / 2, gradient),
        "Where nothing is clipped, half of your gradient is missing: you detach the clipped ratio.",
    )
    got = gradient_through(loss, log_probs, "log_probs")
    compare(got, gradient, [half], f" in the gradient{about}")


def _share_mistakes(log_probs: Tensor, old: Tensor, advantages: Tensor, epsilon: float) -> list[Mistake]:
    log_ratio = (log_probs - old).detach()
    ratio, weight = log_ratio.exp(), _normal(advantages)
    outside = (ratio - 1).abs() > epsilon
    cut = ((ratio > 1 + epsilon) & (weight > 0)) | ((ratio < 1 - epsilon) & (weight < 0))
    asked = "Asked is the share of the batch with |ratio - 1| > epsilon."
    mistakes = [
        (~outside, "Your clip fraction is the share that lies inside the interval.", asked),
        (cut, "You count where the minimum takes the clipped product. That depends on the advantage.", asked),
        (ratio - 1 > epsilon, "You count what lies above the interval, and not what lies below.", asked),
        (ratio - 1 < -epsilon, "You count what lies below the interval, and not what lies above.", asked),
        (log_ratio.abs() > epsilon, "You count with the logarithm of the ratio.", asked),
        (ratio.abs() > epsilon, "You compare the ratio itself with epsilon: nearly all are larger.", asked),
        ((ratio - 1).abs() * outside, "You average how far they lie outside. Count them.", asked),
    ]
    found = [Mistake(values.double().mean(), *said) for values, *said in mistakes]
    number = Mistake(outside.double().sum(), "You return how many are clipped. Asked is their share.", asked)
    percent = Mistake(100 * outside.double().mean(), "You return percent. A share is between 0 and 1.", asked)
    return [*found, number, percent]


def _check_first_update(answer: Answer, generator: torch.Generator) -> None:
    """At the first update both policies are one, and `old_log_probs` comes with the same graph."""
    _, old, advantages = _batch(generator, 14, 0.4, 1.0)
    log_probs = old.clone().requires_grad_()
    same = log_probs * 1.0
    got = ask(lambda: answer(log_probs, same, advantages.clone(), 0.2))
    loss = got[0]
    expected = -_normal(advantages) / len(advantages)
    none = Mistake(
        torch.zeros_like(expected),
        "At a first update both policies are one, and your gradient is zero: it flows through "
        "`old_log_probs` too, and cancels.",
        "The old policy is a constant: detach it.",
    )
    gradient = gradient_through(loss, log_probs, "log_probs")
    compare(gradient, expected, [none], " in the gradient at a first update")
    share = as_tensor(numeric(got[1]), torch.Size())
    compare(share, torch.tensor(0.0), [], " in the clip fraction at a first update")


def _check_equal(answer: Answer, generator: torch.Generator) -> None:
    """A batch whose advantages are all the same has nothing to teach, and a standard deviation of zero."""
    log_probs, old, advantages = _batch(generator, 14, 0.2, 1.0)
    loss, _ = _two_numbers(answer, (log_probs, old, torch.full_like(advantages, 2.0)), 0.2)
    value = as_tensor(numeric(loss), torch.Size())
    if not value.isfinite():
        raise Wrong(
            "Where all advantages are the same, your loss is not finite: their standard deviation is zero.",
            "What stands beside the standard deviation in the statement?",
        )
    compare(value, torch.tensor(0.0), [], " in the loss where all advantages are the same")
