"""Graders of the exercises to chapter 4 about advantages and ratios.

Each makes its data from the seed, and knows what common misconceptions would have returned.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...reasoning.grpo import group_advantages as right_advantages
from ...reasoning.grpo import policy_ratio as right_ratio
from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..samples import responses


def group_advantages(answer: Callable[[Tensor, int], Tensor], seed: int) -> None:
    """Grades `group_advantages(rewards, group_size)`."""
    generator = torch.Generator().manual_seed(seed)
    for group_size, scale in ((2, 1.0), (8, 1.0), (16, 300.0), (4, 0.01)):
        rewards = scale * torch.rand(4 * group_size, generator=generator).round(decimals=2)
        rewards[::group_size] += scale  # a spread beside which 1e-4 is little
        rewards[:group_size] += 5 * scale  # an easy question: its group earns more
        rewards[group_size : 2 * group_size] = scale  # a group without spread
        groups = rewards.view(-1, group_size)
        centred = groups - groups.mean(dim=1, keepdim=True)
        mistakes = [
            Mistake(
                (centred / groups.std(dim=1, keepdim=True)).view(-1),
                "Where all responses of a group earn the same, you divide zero by zero.",
                "Add 1e-4 to the deviation: such a group then gets advantages of zero.",
            ),
            Mistake(
                -right_advantages(rewards, group_size),
                "The sign is the wrong way round: what beats its group must be raised.",
                "Take the reward minus the mean, not the mean minus the reward.",
            ),
            Mistake(
                (rewards - rewards.mean()) / (rewards.std() + 1e-4),
                "You compare with the whole batch. A response competes with its own group only.",
                "`rewards.view(-1, group_size)` has one group in each row.",
            ),
            Mistake(
                (centred / (rewards.std() + 1e-4)).view(-1),
                "The mean is that of the group, but the deviation is that of the whole batch.",
                "Take both along dim=1.",
            ),
            Mistake(
                centred.view(-1),
                "You subtract the mean but do not divide. That is Dr. GRPO; asked is R1's equation 3.",
                "Divide by the standard deviation of the group.",
            ),
            Mistake(
                (centred / (groups.var(dim=1, keepdim=True) + 1e-4)).view(-1),
                "You divide by the variance. The standard deviation is its square root.",
            ),
            Mistake(
                groups.view(-1) / (groups.std(dim=1, keepdim=True) + 1e-4).expand_as(groups).reshape(-1),
                "You divide by the deviation but do not subtract the mean, so every advantage is positive.",
            ),
            Mistake(
                (centred / (groups.std(dim=1, keepdim=True, correction=0) + 1e-4)).view(-1),
                "Your deviation divides by G; asked is the one that divides by G - 1, torch's default.",
                "`std(dim=1)` without `correction=0` or `unbiased=False`.",
            ),
        ]
        mistakes += [
            Mistake(
                (centred / (groups.std(dim=1, keepdim=True) + constant)).view(-1),
                f"You add {constant:g} to the deviation, and asked is 1e-4. Small rewards show it.",
            )
            for constant in (1e-3, 1e-5, 1e-6, 1e-8)
        ]
        got = ask(answer, rewards, group_size)
        about = f" for groups of {group_size} with rewards of about {scale:g}"
        compare(got, right_advantages(rewards, group_size), mistakes, about, rtol=2e-3)


def ratio_levels(answer: Callable[[Tensor, Tensor, Tensor, str], Tensor], seed: int) -> None:
    """Grades `policy_ratio(log_probs, old_log_probs, mask, level)`."""
    generator = torch.Generator().manual_seed(seed)
    for rows, time, spread in ((5, 8, 0.5), (12, 20, 1.0), (2, 400, 0.1)):
        log_probs, old, mask = responses(generator, rows, time, spread)
        about = f" for {rows} responses of up to {time} tokens"
        got = numeric(ask(answer, log_probs, old, mask, "token"))
        if isinstance(got, Tensor) and got.shape in ((rows, 1), (rows,)):
            raise Wrong(
                'For "token" you return one number a response, and each token has a ratio of its own.'
            )
        _compare_tokens(as_tensor(got, mask.shape), log_probs, old, mask, about)
        got = numeric(ask(answer, log_probs, old, mask, "sequence"))
        if isinstance(got, Tensor) and got.shape == mask.shape:
            raise Wrong('For "sequence" you return a number for each token. A response has one: (B, 1).')
        expected = right_ratio(log_probs, old, mask, "sequence")
        compare(got, expected, _sequence_mistakes(log_probs, old, mask), f' at level "sequence"{about}')


def _compare_tokens(got: Tensor, log_probs: Tensor, old: Tensor, mask: Tensor, about: str) -> None:
    """Real tokens first, so that a mistake there is named whatever stands in the padding."""
    real, padding = (log_probs - old)[mask], (log_probs - old)[~mask]
    whole = right_ratio(log_probs, old, mask, "sequence").expand_as(mask)[mask]
    mistakes = [
        Mistake(
            (-real).exp(),
            "Your ratio is the wrong way round: the new policy belongs above, the old one below.",
        ),
        Mistake(real, "That is the logarithm of the ratio.", "What undoes a logarithm?"),
        Mistake(
            log_probs[mask] / old[mask],
            "You divide log-probabilities. The ratio is one of probabilities.",
            "The logarithm of a ratio is a difference.",
        ),
        Mistake(whole, 'For "token" you return the ratio of the whole response, once for each token.'),
    ]
    compare(got[mask], real.exp(), mistakes, f' at level "token"{about}')
    junk = "The real tokens are right, but the padding carries junk, and must have the ratio 1."
    zero = "The padding has the ratio 0, and must have the ratio 1, which changes nothing."
    hint = "Set the logarithm of the ratio to zero there, before you take `exp`."
    mistakes = [Mistake(padding.exp(), junk, hint), Mistake(torch.zeros_like(padding), zero, hint)]
    compare(got[~mask], torch.ones_like(padding), mistakes, " in the padding")


def _sequence_mistakes(log_probs: Tensor, old: Tensor, mask: Tensor) -> list[Mistake]:
    raw = log_probs - old
    kept = raw.masked_fill(~mask, 0.0)
    length = mask.sum(dim=1, keepdim=True)
    new_probs, old_probs = log_probs.exp() * mask, old.exp() * mask
    root = (
        "You take the mean of the logarithms: the |o|-th root of the ratio, which is GSPO's. R1 prints none."
    )
    product = "A response is as likely as the *product* of its tokens, so the ratios of tokens multiply."
    in_logs = "In logarithms, a product is a sum."

    def total(values: Tensor) -> Tensor:
        return values.sum(dim=1, keepdim=True)

    return [
        Mistake(total(raw).exp(), "The padding counts in your product.", "Set its log-ratio to zero first."),
        Mistake((total(kept) / length).exp(), root, "Take the sum."),
        Mistake(kept.mean(dim=1, keepdim=True).exp(), root, "Take the sum."),
        Mistake(raw.mean(dim=1, keepdim=True).exp(), root, "Take the sum, and mind the padding."),
        Mistake(total(kept.exp() * mask), f"You add up the ratios of the tokens. {product}", in_logs),
        Mistake(
            total(kept.exp() * mask) / length, f"You average the ratios of the tokens. {product}", in_logs
        ),
        Mistake(total(new_probs) / total(old_probs), f"You add up probabilities. {product}", in_logs),
        Mistake(
            total(log_probs * mask) / total(old * mask),
            "You divide log-probabilities. The ratio is one of probabilities.",
            "The logarithm of a ratio is a difference.",
        ),
        Mistake(
            total(-kept).exp(),
            "Your ratio is the wrong way round: the new policy belongs above, the old below.",
        ),
        Mistake(total(kept), "That is the logarithm of the ratio.", "What undoes a logarithm?"),
        Mistake(
            (kept.exp() * mask).prod(dim=1, keepdim=True),
            "Your product meets a zero in the padding. There it must meet a one.",
        ),
        Mistake(
            total(log_probs * mask).exp() / total(old * mask).exp(),
            "The probability of a long response is too small for a floating-point number: you divide 0 by 0.",
            "Subtract the logarithms first, and take `exp` last.",
        ),
    ]
