"""Grader of the exercise to chapter 4 about the length bias: what one token weighs in the loss."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...reasoning.grpo import average, group_advantages
from ..checking import Mistake, Wrong, as_tensor, ask, compare, seed_of
from ..parts import judge_parts


def batch_of(student: str) -> tuple[Tensor, Tensor]:
    """Lengths in tokens (8,) and advantages (8,) of one group of this student's; two answers are wrong."""
    generator = torch.Generator().manual_seed(seed_of(str(student)))
    lengths = torch.randint(150, 900, (8,), generator=generator)
    for place, (low, high) in enumerate(((10, 30), (960, 1020), (40, 120), (300, 800))):
        lengths[place] = torch.randint(low, high, (1,), generator=generator)
    rewards = torch.ones(8)
    rewards[2:4] = 0.0  # neither the shortest answer of the group nor the longest
    order = torch.randperm(8, generator=generator)
    return lengths[order], group_advantages(rewards[order], 8)


def length_bias(
    answer: tuple[Callable[[Tensor, str, int], Tensor], Callable[[], tuple[str, float]], str], seed: int
) -> None:
    """Grades `token_weight(lengths, variant, max_length)` and `my_findings()`, made on batch_of(student)."""
    token_weight, my_findings, student = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`token_weight`": lambda: _compare_weights(token_weight, generator),
            "`my_findings`": lambda: _compare_findings(ask(my_findings), student),
        }
    )


def _compare_weights(token_weight: Callable[..., Any], generator: torch.Generator) -> None:
    for rows, longest, max_length in ((4, 12, 20), (16, 300, 1000), (7, 5, 5)):
        lengths = torch.randint(1, longest, (rows,), generator=generator)
        lengths[:2] = torch.tensor([longest - 1, 1])
        mask = torch.arange(longest) < lengths[:, None]
        for variant in ("grpo", "dapo", "dr_grpo"):
            values = torch.zeros(rows, longest, dtype=torch.float64, requires_grad=True)
            (gradient,) = torch.autograd.grad(average(values, mask, variant, max_length), values)
            got = ask(token_weight, lengths, variant, max_length)
            about = f' for "{variant}", lengths {lengths.tolist()[:4]}… and max_length {max_length}'
            compare(got, gradient[:, 0], _weight_mistakes(lengths, variant, max_length), about)


def _weight_mistakes(lengths: Tensor, variant: str, max_length: int) -> list[Mistake]:
    rows, one = len(lengths), torch.ones(len(lengths), dtype=torch.float64)
    weights = {
        "grpo": one / (rows * lengths),
        "dapo": one / lengths.sum(),
        "dr_grpo": one / (rows * max_length),
    }
    if variant == "dapo":
        one_mean = "There is one mean over all tokens of the batch, and no other."
        first = [
            Mistake(one / lengths.sum() * rows, "You divide by the mean length of a response.", one_mean),
            Mistake(one / lengths.sum() / rows, 'For "dapo" you divide by B as well.', one_mean),
        ]
    else:
        missing = (
            f'The weights for "{variant}" are B times too large: the mean over the responses is missing.'
        )
        hint = "How much does each of B responses count in a mean?"
        first = [Mistake(weights[variant] * rows, missing, hint)]
    first += [
        Mistake(
            lengths * weights[variant],
            f'That is the weight of a whole response under "{variant}". Asked is that of one of its tokens.',
        ),
        Mistake(
            one / (rows * lengths.max()),
            f'For "{variant}" you divide by the places of the padded batch. Padding must not count.',
            "`max_length` is a constant, not the longest response of this batch.",
        ),
    ]
    if variant == "dr_grpo":
        whole = "The weights are zeros: a tensor of whole numbers cannot hold a fraction."
        first.append(Mistake(0 * one, whole, "`full_like` takes over the integers of `lengths`."))
    others = [
        Mistake(weights[other], f'For "{variant}" you return what "{other}" gives each token.')
        for other in weights
        if other != variant
    ]
    return first + others


def _compare_findings(found: object, student: str) -> None:
    """The name of the biased variant, and the factor in the student's own batch."""
    if not isinstance(found, tuple | list) or len(found) != 2 or not isinstance(found[0], str):
        raise Wrong("Return two things: the name of a variant, and a number.")
    variant, factor = found
    if variant in ("dapo", "dr_grpo"):
        constant = {"dapo": "the number of tokens in the batch", "dr_grpo": "a constant"}[variant]
        raise Wrong(
            f'Under "{variant}" each token of a batch weighs the same: one over {constant}.',
            "Compare the two weights that `token_weight` gives your wrong answers, variant by variant.",
        )
    if variant != "grpo":
        raise Wrong(f'There is no variant "{variant}".', 'Answer "grpo", "dapo" or "dr_grpo".')

    lengths, advantages = batch_of(student)
    wrong = lengths[advantages < 0].double()
    right = wrong.max() / wrong.min()
    own = "Only wrong answers are asked about: those with a negative advantage."
    mistakes = [
        Mistake(1 / right, "You give one over the factor: a token of the long answer weighs less, not more."),
        Mistake(1 - 1 / right, "You give the share that is lost. Asked is how many times smaller it gets."),
        Mistake(torch.tensor(1.0), "A factor of 1 is no bias: so it is under the other two variants."),
        Mistake(wrong.max() - wrong.min(), "You give a difference. Asked is how many times smaller it gets."),
        Mistake(
            lengths.max() / lengths.min(), "You compare the longest and the shortest of all answers.", own
        ),
        Mistake(  # whatever else it is, so that no message gives the right number away
            as_tensor(factor, right.shape),
            f"That is not the factor between the two wrong answers of `{student}`.",
            "Run this cell after you have set `STUDENT`, and compare one token's weight in each of the two.",
        ),
    ]
    compare(factor, right, mistakes, rtol=2e-3)  # a number may be typed
