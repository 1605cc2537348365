"""Grader of the exercise to chapter 4 about direct preference optimisation, with junk under the padding."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..gradients import gradient_through
from ..samples import responses


class PreferredPairs(NamedTuple):
    """Log-probabilities of the tokens of B pairs of responses, and which of them are real; each (B, T)."""

    chosen: Tensor
    rejected: Tensor
    ref_chosen: Tensor
    ref_rejected: Tensor
    chosen_mask: Tensor
    rejected_mask: Tensor


Answer = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, float], Tensor]
STABLE = "`F.logsigmoid(x)` is log sigma(x) for an x of any size."


def preference_loss(answer: Answer, seed: int) -> None:
    """Grades `dpo_loss(chosen, rejected, ref_chosen, ref_rejected, chosen_mask, rejected_mask, beta)`."""
    generator = torch.Generator().manual_seed(seed)
    for rows, time, spread, beta in ((6, 9, 0.4, 0.5), (8, 14, 0.3, 0.2), (4, 20, 0.6, 0.1)):
        batches = [_pairs(generator, rows, time, spread) for _ in range(2)]
        for pairs in batches:
            pairs.chosen.requires_grad_()
            pairs.rejected.requires_grad_()
        got = [ask(answer, *pairs, beta) for pairs in batches]
        right = [_right(pairs, beta) for pairs in batches]
        about = f" for beta {beta:g} and {rows} pairs"
        each = [_mistakes(PreferredPairs(*(field.detach() for field in pairs)), beta) for pairs in batches]
        known = [
            Mistake(torch.stack([m.value for m in same]), same[0].misconception, same[0].hint)
            for same in zip(*each, strict=True)
        ]
        numbers = torch.stack([as_tensor(numeric(number), torch.Size()) for number in got])
        compare(numbers, torch.stack(right), known, about)
        for pairs, number, loss in zip(batches, got, right, strict=True):
            for by, name in ((pairs.chosen, "chosen"), (pairs.rejected, "rejected")):
                (gradient,) = torch.autograd.grad(loss, by, retain_graph=True)
                compare(
                    gradient_through(number, by, name), gradient, [], f" in the gradient by `{name}`{about}"
                )
    _check_large(answer, generator)
    _check_first_update(answer, generator)


def _pairs(generator: torch.Generator, rows: int, time: int, spread: float) -> PreferredPairs:
    chosen, ref_chosen, chosen_mask = responses(generator, rows, time, spread)
    rejected, ref_rejected, rejected_mask = responses(generator, rows, time, 1.5 * spread)
    return PreferredPairs(
        chosen.double(),
        rejected.double(),
        ref_chosen.double(),
        ref_rejected.double(),
        chosen_mask,
        rejected_mask,
    )


def _sum(values: Tensor, mask: Tensor) -> Tensor:
    """(B, T) -> (B,), over real tokens."""
    return values.masked_fill(~mask, 0.0).sum(dim=1)


def _margins(
    b: PreferredPairs, total: Callable[[Tensor, Tensor], Tensor] = _sum, reference: float = 1.0
) -> Tensor:
    """How much more the policy has come to prefer the chosen response than the reference does, (B,)."""
    chosen = total(b.chosen, b.chosen_mask) - reference * total(b.ref_chosen, b.chosen_mask)
    rejected = total(b.rejected, b.rejected_mask) - reference * total(b.ref_rejected, b.rejected_mask)
    return chosen - rejected


def _right(b: PreferredPairs, beta: float) -> Tensor:
    return -F.logsigmoid(beta * _margins(b)).mean()


def _mistakes(b: PreferredPairs, beta: float) -> list[Mistake]:
    margins = _margins(b)
    policy, ref = _margins(b, reference=0.0), _margins(b, reference=0.0) - margins
    scheme = (
        "-log sigma(beta ((log pi - log ref) of chosen - (log pi - log ref) of rejected)), mean over pairs."
    )
    asked = "log pi(y) of a response is the sum over its real tokens."

    def loss(x: Tensor) -> Tensor:
        return -F.logsigmoid(x).mean()

    def mean_of_real(values: Tensor, mask: Tensor) -> Tensor:
        return _sum(values, mask) / mask.sum(dim=1)

    def with_padding(values: Tensor, mask: Tensor) -> Tensor:
        return values.sum(dim=1)

    def crossed(values: Tensor, mask: Tensor) -> Tensor:
        return _sum(values, b.chosen_mask)

    def of_all(values: Tensor, mask: Tensor) -> Tensor:
        return _sum(values, mask) / mask.shape[1]

    tokens = (b.chosen - b.ref_chosen) - (b.rejected - b.ref_rejected)
    both = b.chosen_mask & b.rejected_mask
    x = beta * margins
    found = [
        (-loss(x), "The sign is missing: log sigma is negative, and a loss is minimised.", "Negate it."),
        (loss(-x), "You have exchanged chosen and rejected.", scheme),
        (loss(margins), "There is no beta in your loss.", scheme),
        (loss(margins / beta), "You divide by beta. It multiplies.", scheme),
        (beta * loss(margins), "Beta stands outside of the sigmoid. It multiplies the margin.", scheme),
        (loss(beta * policy), "You leave the reference out.", scheme),
        (loss(beta * policy - ref), "Beta multiplies the policy's part alone. It multiplies both.", scheme),
        (
            loss(beta * (policy + ref)),
            "You add the reference's log-probabilities. They are subtracted.",
            scheme,
        ),
        (loss(-beta * ref), "You leave the policy out.", scheme),
        (loss(beta * _margins(b, mean_of_real)), "You average over the tokens of a response.", asked),
        (loss(beta * _margins(b, of_all)), "You average over all places of a row.", asked),
        (loss(beta * _margins(b, with_padding)), "The padding counts in your sums.", asked),
        (
            loss(beta * _margins(b, crossed)),
            "You take the mask of the chosen responses for the rejected ones too.",
            "The two differ in length.",
        ),
        (-x.sigmoid().mean(), "There is no logarithm in your loss.", STABLE),
        ((1 - x.sigmoid()).mean(), "There is no logarithm in your loss.", STABLE),
        (-(1 - x.sigmoid()).log().mean(), "Your sigmoid is that of the opposite outcome.", scheme),
        (loss(x) * len(x), "You add up the pairs and do not divide.", scheme),
        (loss(x.mean()), "You average the margins. The mean is one of losses, taken last.", scheme),
        (loss(x.sum()), "You add up the margins of all pairs before the sigmoid.", scheme),
        (-x.sigmoid().mean().log(), "You take the logarithm of a mean. The mean comes last.", scheme),
        (-x.mean(), "There is no sigmoid in your loss: it would go down for ever.", scheme),
        ((-x).relu().mean(), "That is a hinge. Asked is log sigma.", scheme),
        ((1 - x).relu().mean(), "That is a hinge. Asked is log sigma.", scheme),
        (
            (margins - 1 / (2 * beta)).square().mean(),
            "That is the square of IPO. Asked is log sigma.",
            scheme,
        ),
        (
            -F.logsigmoid(beta * tokens)[both].mean(),
            "You compare token by token. Whole responses are compared: tokens have no partners.",
            asked,
        ),
    ]
    found += [
        (
            loss(beta * (_sum(b.chosen - b.ref_chosen, b.chosen_mask))),
            "You leave the rejected responses out.",
            scheme,
        ),
        (
            loss(beta * (_sum(b.chosen.exp(), b.chosen_mask) - _sum(b.rejected.exp(), b.rejected_mask))),
            "You add up probabilities. The logarithm of a product is a sum of logarithms.",
            asked,
        ),
    ]
    return [Mistake(value, said, hint) for value, said, hint in found]


def _check_large(answer: Answer, generator: torch.Generator) -> None:
    """Policies far from the reference: sigma is 0 or 1 in floating point, and its logarithm is not."""
    pairs = _pairs(generator, 4, 30, 0.3)
    lead = torch.tensor([1.0, -1.0, 1.0, -1.0]).double()[:, None]
    far = pairs._replace(
        chosen=(pairs.chosen - 300 * (1 - lead)).requires_grad_(),
        rejected=(pairs.rejected - 300 * (1 + lead)).requires_grad_(),
    )
    got = ask(answer, *far, 0.5)
    right = _right(far, 0.5)
    value = as_tensor(numeric(got), torch.Size())
    if not value.isfinite():
        raise Wrong(
            f"For margins in the thousands your loss is {value:g}: the sigmoid is 0 or 1, or e^x too large.",
            STABLE,
        )
    epsilon = "You add a small number within the logarithm, or limit the sigmoid: large losses become small."
    limits = [
        (-_far_log(_margins(far) / 2, tiny)).mean().detach() for tiny in (1e-12, 1e-10, 1e-8, 1e-6, 1e-7)
    ]
    known = [Mistake(limit, epsilon, STABLE) for limit in limits]
    compare(value, right, known, " for margins in the thousands")
    for by, name in ((far.chosen, "chosen"), (far.rejected, "rejected")):
        (gradient,) = torch.autograd.grad(right, by, retain_graph=True)
        got_gradient = gradient_through(got, by, name)
        if not got_gradient.isfinite().all():
            raise Wrong("For margins in the thousands the gradient of your loss is not finite.", STABLE)
        compare(got_gradient, gradient, [], f" in the gradient by `{name}` for margins in the thousands")


def _far_log(x: Tensor, tiny: float) -> Tensor:
    """log(sigma(x) + tiny)."""
    return (x.sigmoid() + tiny).log()


def _check_first_update(answer: Answer, generator: torch.Generator) -> None:
    """At first the policy is the reference, which may come with the same graph."""
    pairs = _pairs(generator, 5, 8, 0.4)
    chosen, rejected = (values.clone().requires_grad_() for values in (pairs.chosen, pairs.rejected))
    same = pairs._replace(
        chosen=chosen, rejected=rejected, ref_chosen=chosen * 1.0, ref_rejected=rejected * 1.0
    )
    got = ask(lambda: answer(*same, 0.5))
    compare(numeric(got), torch.tensor(2.0).double().log(), [], " where the policy is the reference")
    for by, mask, sign, name in (
        (chosen, same.chosen_mask, -1, "chosen"),
        (rejected, same.rejected_mask, 1, "rejected"),
    ):
        right = sign * 0.5 * 0.5 * mask.double() / len(mask)
        none = Mistake(
            torch.zeros_like(right),
            "Where the policy is the reference your gradient is zero: it flows through the reference "
            "too, and cancels.",
            "The reference is a constant: detach it.",
        )
        compare(gradient_through(got, by, name), right, [none], " in the gradient where policy is reference")
