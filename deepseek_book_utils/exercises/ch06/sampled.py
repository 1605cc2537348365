"""Grader of the exercise to chapter 6 about drawn words: the reverse KL from one number a word, and its
gradient.

A gradient that is right on average is judged by its average: every word of a vocabulary stands in the batch
once, and counts as often as the student says it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..parts import judge_parts
from ..samples import responses

Estimate = Callable[[Tensor, Tensor, Tensor], tuple[float, float]]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
NUMBER = torch.Size([])


def drawn_words(answer: tuple[Estimate, Loss], seed: int) -> None:
    """Grades `estimate(log_probs, teacher, mask)` and `sampled_loss(log_probs, teacher, mask)`."""
    estimate, loss = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`estimate`": lambda: _compare_estimates(estimate, generator),
            "`sampled_loss`": lambda: _compare_gradients(loss, generator),
        }
    )


def _compare_estimates(estimate: Estimate, generator: torch.Generator) -> None:
    for rows, time, spread in ((4, 6, 1.0), (9, 20, 0.3), (2, 8, 2.0)):
        log_probs, teacher, mask = responses(generator, rows, time, spread)
        teacher -= 0.6 * spread  # the mean of k1 is no zero: a divergence never is
        got: Any = ask(estimate, log_probs, teacher, mask)
        if not isinstance(got, tuple | list):
            got = numeric(got)
            got = got.tolist() if isinstance(got, Tensor) and got.shape == (2,) else None
        if got is None or len(got) != 2:
            raise Wrong("Return two numbers: the mean of k1, and its standard error.")
        k1 = (log_probs.double() - teacher.double())[mask]
        about = f" for {len(k1)} words"
        means = list(_mean_mistakes(log_probs.double(), teacher.double(), mask))
        compare(got[0], k1.mean(), means, f" in the mean{about}")
        errors = list(_error_mistakes(k1, (log_probs.double() - teacher.double()) * mask))
        compare(got[1], k1.std() / len(k1) ** 0.5, errors, f" in the standard error{about}")


def _mean_mistakes(log_probs: Tensor, teacher: Tensor, mask: Tensor) -> Iterator[Mistake]:
    every = log_probs - teacher
    k1 = every[mask]
    ratio = (-k1).exp()
    yield Mistake(
        -k1.mean(), "The sign is wrong: k1 is log Q minus log P, Q the student.", "Reverse: Q first"
    )
    yield Mistake(every.mean(), "Padding counts in yours.", "Select by the mask.")
    yield Mistake((every * mask).mean(), "You divide by all places, padding too.", "Select by the mask.")
    yield Mistake(k1.sum(), "You add the words up. Asked is their mean.")
    yield Mistake(
        ((every * mask).sum(dim=1) / mask.sum(dim=1)).mean(),
        "You average within each answer first.",
        "One mean over all words of the batch.",
    )
    yield Mistake((ratio - 1 + k1).mean(), "That is k3, and k1 is asked for.", "log Q - log P, no more")
    yield Mistake((k1.square() / 2).mean(), "That is k2, and k1 is asked for.", "log Q - log P, no more")
    yield Mistake(k1.abs().mean(), "k1 may be below 0, where the teacher likes the word better.", "No `abs`.")
    yield Mistake(
        (log_probs.exp() * every)[mask].mean(),
        "You weigh by the student's probability. The words were drawn from it: that is the weight.",
    )
    yield Mistake(
        (log_probs.exp() - teacher.exp())[mask].mean(), "You subtract probabilities, not their logarithms."
    )
    yield Mistake((log_probs / teacher)[mask].mean(), "You divide logarithms. A ratio's is a difference.")


def _error_mistakes(k1: Tensor, every: Tensor) -> Iterator[Mistake]:
    count = len(k1)
    root = (
        "The standard error of a mean is the standard deviation divided by the root of the number of words."
    )
    yield Mistake(k1.std(), "You return the spread of one word. Asked is the error of the mean.", root)
    yield Mistake(k1.var(), "You return the variance.", root)
    yield Mistake(k1.var() / count, "You return the square of the standard error.", root)
    yield Mistake(k1.std() / count, "You divide by the number of words. Divide by its root.", root)
    yield Mistake(k1.var() / count**0.5, "You take the variance for the standard deviation.", root)
    yield Mistake(
        k1.std(correction=0) / count**0.5,
        "You divide by n. The mean is estimated from the same words: divide by n - 1.",
        "torch's `std` does so unless told otherwise.",
    )
    yield Mistake(k1.std() / every.numel() ** 0.5, "Your n counts padding.", "`mask.sum()`")
    yield Mistake(k1.std() / len(every) ** 0.5, "Your n counts answers. Asked are words.", "`mask.sum()`")
    yield Mistake(every.std() / count**0.5, "Padding counts in your spread.", "Select by the mask.")
    yield Mistake(k1.abs().mean() / count**0.5, "You average distances from 0.", root)
    yield Mistake(k1.square().mean().sqrt() / count**0.5, "Your spread is one around 0.", "Around the mean.")


def _compare_gradients(loss: Loss, generator: torch.Generator) -> None:
    baselines = []
    for words, rows, time in ((9, 4, 5), (14, 3, 8), (6, 6, 2)):
        student, theirs = 1.2 * torch.randn(2, words, generator=generator)
        student, theirs = student.log_softmax(dim=0), theirs.log_softmax(dim=0)
        mask = torch.zeros(rows * time, dtype=torch.bool)
        mask[torch.randperm(rows * time, generator=generator)[:words]] = True
        log_probs, teacher = torch.full((2, rows * time), -1000.0)
        teacher -= 5.0
        order = torch.randperm(words, generator=generator)
        log_probs[mask], teacher[mask] = student[order], theirs[order]
        log_probs, teacher = log_probs.view(rows, time).requires_grad_(), teacher.view(rows, time)
        teacher.requires_grad_()
        mask = mask.view(rows, time)
        got = ask(loss, log_probs, teacher, mask)
        pushed, moves_teacher = _pushed(got, log_probs, teacher)
        if pushed[~mask].any():
            raise Wrong("Your loss changes with the junk under the padding.", "Select by the mask.")
        weight = torch.empty(words, dtype=torch.float64)
        weight[order] = pushed[mask].double()
        right, q = _average(student.double() - theirs.double(), student), student.exp().double()
        mistakes = list(_gradient_mistakes(student.double(), theirs.double(), rows, time))
        about = f" in the gradient, averaged over {words} words as often as the student says them"
        average = _average(weight * words, student)
        if (average.abs() <= 1e-5 * q).all():
            raise Wrong(
                "On average your gradient is zero: nothing is learned.",
                "The mean of the gradient of log Q over words drawn from Q is 0. Weigh each word's "
                "log-probability by its own k1, as a constant.",
            )
        compare(average, right, mistakes, about)
        baselines.append((student - theirs - weight * words).mean().item())
        if moves_teacher:
            raise Wrong("A gradient flows into `teacher`: it would move.", "k1 is a constant: `detach`.")
    if max(baselines) - min(baselines) > 1e-3:  # a constant, 0 or -1, is the same for every batch
        raise Wrong(
            "You subtract a baseline that comes from the batch. The word itself has a part in it, so the "
            "gradient of few words is too small on average.",
            "No baseline is asked for.",
        )


def _pushed(got: Any, log_probs: Tensor, teacher: Tensor) -> tuple[Tensor, bool]:
    """The gradient of the student's number by the words' log-probabilities, and whether one reaches the
    teacher. Raises Wrong where there is none.
    """
    as_tensor(got, NUMBER)
    found: tuple[Tensor | None, ...] = (None, None)
    try:
        if isinstance(got, Tensor) and got.requires_grad:
            found = torch.autograd.grad(got, (log_probs, teacher), allow_unused=True)
    except RuntimeError as error:
        raise Wrong(
            f"The gradient of your loss cannot be taken: {error}",
            "Is a tensor changed in place, as by `x *= mask`?",
        ) from error
    if found[0] is None:
        raise Wrong(
            "No gradient flows from your loss back to `log_probs`.",
            "k1 is to be detached, and the log-probability beside it is not.",
        )
    return found[0], found[1] is not None and bool(found[1].any())


def _average(weight: Tensor, student: Tensor) -> Tensor:
    """The mean of weight times the gradient of log Q by the logits, over words drawn from Q: (V,)."""
    q = student.double().exp()
    return q * (weight - (q * weight).sum())


def _gradient_mistakes(student: Tensor, theirs: Tensor, rows: int, time: int) -> Iterator[Mistake]:
    k1, q = student - theirs, student.exp()
    right = _average(k1, student)
    yield Mistake(
        -right,
        "The sign is wrong: your loss drives the student away from its teacher.",
        "A word with a high k1 is to become less probable, and a loss goes down.",
    )
    yield Mistake(
        _average(1 - (-k1).exp(), student),
        "That is k3, taken as a loss. Its gradient is on average that of the *forward* divergence.",
        "k1, detached, times the log-probability.",
    )
    yield Mistake(right * len(k1), "You add the words up. Asked is their mean.")
    yield Mistake(right * len(k1) / rows / time, "You divide by all places. Divide by the words that count.")
    yield Mistake(right * len(k1) / rows, "You divide by the answers. Divide by the words that count.")
    yield Mistake(
        _average(-theirs, student),
        "Your words weigh by the teacher's log-probability alone, and the student's belongs to k1.",
        "Otherwise the student learns the teacher's best word, and no other.",
    )
    yield Mistake(_average(k1 + student, student), "k1 is not detached in your product: it is a weight.")
    yield Mistake(_average(-k1 - student, student), "k1 is not detached, and the sign is wrong.")
    yield Mistake(
        _average(k1.sign(), student),
        "You use whether k1 is above 0. Its size counts, too.",
        "No `abs`, no `sign`.",
    )
    yield Mistake(_average(k1.abs(), student), "You weigh by the size of k1, and its sign is lost.")
    yield Mistake(_average(q * k1, student), "You take the probability for its logarithm.", "k1 times log Q.")
    yield Mistake(
        _average(q * (k1 + 1), student), "You weigh by Q once more. The words were drawn from it.", ""
    )
    yield Mistake(_average(2 * k1, student), "Your gradient is twice too large.", "k1², say, needs a half.")
