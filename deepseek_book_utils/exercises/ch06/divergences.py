"""Graders of the exercises to chapter 6 about divergences of language models: two directions, and between.

Padding holds junk, so that a forgotten mask shows; gradients go to the student, and none to the teacher.
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..gradients import gradient_through
from ..parts import judge_parts

TokenKL = Callable[[Tensor, Tensor, Tensor, str], Tensor]
Pull = Callable[[Tensor, Tensor, str], Tensor]
Between = Callable[[Tensor, Tensor, float, float], Tensor]
DIRECTIONS = ("forward", "reverse")


def two_directions(answer: tuple[TokenKL, Pull], seed: int) -> None:
    """Grades `token_kl(student, teacher, mask, direction)` and `pull(student, teacher, direction)`."""
    token_kl, pull = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`token_kl`": lambda: _compare_means(token_kl, generator),
            "`pull`": lambda: _compare_pulls(pull, generator),
        }
    )


def _kl(first: Tensor, second: Tensor) -> Tensor:
    """KL(first || second) of logits (..., V), shape (...)."""
    log_p, log_q = first.log_softmax(dim=-1), second.log_softmax(dim=-1)
    return (log_p.exp() * (log_p - log_q)).sum(dim=-1)


def _directed(student: Tensor, teacher: Tensor, direction: str) -> Tensor:
    return _kl(teacher, student) if direction == "forward" else _kl(student, teacher)


def _compare_means(token_kl: TokenKL, generator: torch.Generator) -> None:
    for rows, time, words in ((4, 7, 6), (3, 9, 11), (6, 5, 4)):
        student, teacher = 2 * torch.randn(2, rows, time, words, generator=generator)
        lengths = torch.randint(1, time, (rows,), generator=generator)
        lengths[:2] = torch.tensor([time, 2])
        mask = torch.arange(time) < lengths[:, None]
        mask[0, 1] = False  # a word that somebody else wrote
        student[~mask] *= 9.0
        student.requires_grad_(), teacher.requires_grad_()
        for direction in DIRECTIONS:
            got = ask(token_kl, student, teacher, mask, direction)
            right = _directed(student, teacher.detach(), direction)[mask].mean()
            about = f' for "{direction}" and {words} words'
            with torch.no_grad():
                compare(got, right, list(_mean_mistakes(student, teacher, mask, direction)), about)
            (wanted,) = torch.autograd.grad(right, student)
            compare(gradient_through(got, student, "student"), wanted, [], f" in the gradient{about}")
            _refuse_flow(got, teacher)


def _refuse_flow(got: Tensor, teacher: Tensor) -> None:
    (flows,) = torch.autograd.grad(got, teacher, allow_unused=True)
    if flows is not None and flows.any():
        raise Wrong(
            "The value is right, but a gradient flows into `teacher`: it would learn from the student.",
            "The teacher's logits are constants here: `detach`.",
        )


def _mean_mistakes(student: Tensor, teacher: Tensor, mask: Tensor, direction: str) -> Iterator[Mistake]:
    per_word = _directed(student, teacher, direction)
    right = per_word[mask].mean()
    other = DIRECTIONS[1 - DIRECTIONS.index(direction)]
    whose = "Forward: the teacher's probabilities weigh. Reverse: the student's."
    yield Mistake(
        _directed(student, teacher, other)[mask].mean(),
        f'For "{direction}" you return the {other} divergence.',
        whose,
    )
    yield Mistake(per_word.mean(), "Padding counts in yours.", "Select by the mask, then take the mean.")
    yield Mistake(
        (per_word * mask).mean(), "You divide by all places, padding too.", "Divide by the places that count."
    )
    yield Mistake(right * mask.sum(), "You add the words up and do not divide.", "Asked is a mean.")
    yield Mistake(
        ((per_word * mask).sum(dim=1) / mask.sum(dim=1)).mean(),
        "You average within each answer first, so a word of a short one weighs more.",
        "One mean over all words of the batch.",
    )
    yield Mistake(right * mask.sum() / len(mask), "You divide by the answers. Divide by the words.")
    yield Mistake(right / student.shape[-1], "You take a mean over the vocabulary. A KL divergence sums.")
    yield Mistake(per_word[~mask].mean(), "You take the mask the wrong way round: true is what counts.")
    yield Mistake(-right, "The sign is the wrong way round: a divergence is never below 0.")
    weighs, said = (teacher, student) if direction == "forward" else (student, teacher)
    cross = -(weighs.softmax(dim=-1) * said.log_softmax(dim=-1)).sum(dim=-1)[mask].mean()
    yield Mistake(
        cross,
        "That is a cross-entropy. It is above 0 even where both agree.",
        "Subtract the entropy of the distribution that weighs.",
    )
    raw = (weighs.softmax(dim=-1) * (weighs - said)).sum(dim=-1)[mask].mean()
    yield Mistake(raw, "You subtract logits, which are no log-probabilities yet.", "`log_softmax`")


def _compare_pulls(pull: Pull, generator: torch.Generator) -> None:
    for words in (4, 7, 5):
        student, teacher = 1.5 * torch.randn(2, words, generator=generator)
        student[-1], teacher[-1] = student.min() - 5, teacher.max() + 1  # the student never says it
        for direction in DIRECTIONS:
            expected = _pulled(student.double(), teacher.double(), direction)
            about = f' for "{direction}" and {words} words'
            mistakes = list(_pull_mistakes(student.double(), teacher.double(), direction))
            compare(ask(pull, student, teacher, direction), expected, mistakes, about)


def _pulled(student: Tensor, teacher: Tensor, direction: str) -> Tensor:
    """Minus the gradient of the divergence by the student's logits, (V,)."""
    p, q = teacher.softmax(dim=-1), student.softmax(dim=-1)
    apart = (q / p).log()
    return p - q if direction == "forward" else -q * (apart - (q * apart).sum())


def _pull_mistakes(student: Tensor, teacher: Tensor, direction: str) -> Iterator[Mistake]:
    right = _pulled(student, teacher, direction)
    p, q = teacher.softmax(dim=-1), student.softmax(dim=-1)
    apart = (q / p).log()
    other = DIRECTIONS[1 - DIRECTIONS.index(direction)]
    yield Mistake(
        -right,
        "You return the gradient. The pull is minus it: above 0 where the word becomes more probable.",
    )
    for sign, and_sign in ((1, ""), (-1, ", and with the wrong sign")):
        yield Mistake(
            sign * _pulled(student, teacher, other),
            f'For "{direction}" you return the pull of the {other} divergence{and_sign}.',
        )
    if direction == "forward":
        yield Mistake(p, "You return the teacher's probabilities. What the student has already is missing.")
        yield Mistake(teacher - student, "You subtract logits. The pull is one of probabilities.")
        yield Mistake(p.log() - q.log(), "You subtract logarithms. The pull is one of probabilities.")
    else:
        yield Mistake(
            -q * apart,
            "The mean is missing: all pulls together must be 0, since probabilities add up to 1.",
            "Subtract KL from the logarithm of the ratio.",
        )
        yield Mistake(
            -q * (apart + 1), "You take the derivative by q. Asked is that by the logits.", "Add up: is it 0?"
        )
        yield Mistake(
            -(apart - (q * apart).sum()),
            "The factor Q is missing: a word that the student never says gets no pull.",
        )
        yield Mistake(
            -q * (apart + (q * apart).sum()), "You add KL to the logarithm of the ratio.", "Subtract it."
        )


def between(answer: Between, seed: int) -> None:
    """Grades `generalised_js(student, teacher, beta, temperature)`: values and gradients."""
    generator = torch.Generator().manual_seed(seed)
    cases = ((2.0, 0.3, 2.0), (2.0, 0.8, 1.0), (2.0, 0.0, 0.5), (2.0, 1.0, 2.0), (2.0, 0.5, 4.0))
    for scale, beta, temperature in (*cases, (600.0, 0.3, 2.0), (600.0, 0.0, 4.0), (600.0, 1.0, 2.0)):
        student, teacher = scale * torch.randn(2, 6, 7, generator=generator)
        for logits, first, second in ((student, 0, 1), (teacher, 1, 0)):  # both doubt, one against the other
            logits[:3, second] = logits[:3].max(dim=1).values
            logits[:3, first] = logits[:3, second] + 1.0
        student.requires_grad_(), teacher.requires_grad_()
        got = ask(answer, student, teacher, beta, temperature)
        right = _between(student / temperature, teacher.detach() / temperature, beta)
        about = f" for beta {beta:g}, T = {temperature:g} and logits of about {scale:g}"
        # float32 holds a logit of 600 to 3e-5: values of 0.05 and gradients near 0 know no more digits
        rtol, judged = (1e-4, slice(6)) if scale < 100 else (2e-3, slice(3))
        values = as_tensor(got, right.shape)
        if not values.isfinite().all():
            raise Wrong(
                f"The result is not finite{about}: {values.tolist()}.",
                "The logarithm of a softmax is minus infinity where it is too small for a float: "
                "`log_softmax`, and `torch.logaddexp` for the logarithm of the mixture.",
            )
        with torch.no_grad():
            compare(got, right, list(_between_mistakes(student, teacher, beta, temperature)), about, rtol)
        (wanted,) = torch.autograd.grad(right.sum(), student)
        if not isinstance(got, Tensor) or not got.requires_grad:
            raise Wrong(
                "The values are right, but no gradient flows from them back to `student`.",
                "Nothing on the way may be detached, or be taken under `no_grad` or by `item`.",
            )
        gradient = gradient_through(got.sum(), student, "student")
        compare(gradient[judged], wanted[judged], [], f" in the gradient{about}", rtol)
        _refuse_flow(got.sum(), teacher)


def _between(student: Tensor, teacher: Tensor, beta: float) -> Tensor:
    """The generalised Jensen-Shannon divergence of logits (N, V), shape (N,)."""
    if beta in (0, 1):
        return _directed(student, teacher, DIRECTIONS[int(beta)])
    return _mixed(student, teacher, beta, (beta, 1 - beta))


def _mixed(student: Tensor, teacher: Tensor, share: float, weights: tuple[float, float]) -> Tensor:
    """With the teacher's share in the mixture, and the weights of both divergences from it."""
    log_q, log_p = student.log_softmax(dim=-1), teacher.log_softmax(dim=-1)
    log_m = torch.logaddexp(log_p + math.log(share), log_q + math.log1p(-share))
    from_teacher = (log_p.exp() * (log_p - log_m)).sum(dim=-1)
    from_student = (log_q.exp() * (log_q - log_m)).sum(dim=-1)
    return weights[0] * from_teacher + weights[1] * from_student


def _between_mistakes(student: Tensor, teacher: Tensor, beta: float, T: float) -> Iterator[Mistake]:
    s, t = student / T, teacher / T
    right = _between(s, t, beta)
    if beta in (0, 1):
        asked, other = (DIRECTIONS[int(beta)], DIRECTIONS[1 - int(beta)])
        yield Mistake(
            0 * right,
            f"The formula gives 0 at beta = {beta:g}. By convention it stands for the {asked} divergence.",
            "Divided by beta (1 - beta) the formula has this limit. Both ends are cases of their own.",
        )
        yield Mistake(
            _directed(s, t, other), f"At beta = {beta:g} you return the {other} divergence, not the {asked}."
        )
    else:
        weighed = "D = beta KL(P ‖ M) + (1 - beta) KL(Q ‖ M), M = beta P + (1 - beta) Q."
        both = (beta, 1 - beta)
        yield Mistake(_mixed(s, t, 1 - beta, both[::-1]), "`beta` is the teacher's share. You turn it round.")
        yield Mistake(_mixed(s, t, 1 - beta, both), "The shares in M have changed places.", weighed)
        yield Mistake(
            _mixed(s, t, beta, both[::-1]), "The weights of both parts have changed places.", weighed
        )
        yield Mistake(_mixed(s, t, beta, (1, 1)), "Nothing weighs the two parts.", weighed)
        yield Mistake(_mixed(s, t, 0.5, both), "Your M has equal shares, whatever beta is.", weighed)
        yield Mistake(_mixed(s, t, beta, (0.5, 0.5)), "Your parts weigh the same, whatever beta is.", weighed)
        yield Mistake(_mixed(s, t, 0.5, (0.5, 0.5)), "Yours does not depend on beta.", weighed)
        yield Mistake(_mixed(s, t, beta, (beta, 0)), "The part of the student is missing.", weighed)
        yield Mistake(_mixed(s, t, beta, (0, 1 - beta)), "The part of the teacher is missing.", weighed)
        simple = beta * _kl(s, t) + (1 - beta) * _kl(t, s)
        yield Mistake(simple, "You mix the two divergences. Mix the distributions.", weighed)
        m = (beta * t.log_softmax(dim=-1) + (1 - beta) * s.log_softmax(dim=-1)).log_softmax(dim=-1)
        yield Mistake(
            beta * _kl(t, m) + (1 - beta) * _kl(s, m),
            "You mix logarithms.",
            "M is a mixture of probabilities.",
        )
        mixture = (beta * t.softmax(dim=-1) + (1 - beta) * s.softmax(dim=-1)).log()
        turned = beta * _kl(mixture, t) + (1 - beta) * _kl(mixture, s)
        yield Mistake(turned, "M stands on the wrong side of both.", weighed)
    yield Mistake(_between(student, teacher, beta), "The temperature changes nothing in yours.", "Divide.")
    yield Mistake(_between(student * T, teacher * T, beta), "You multiply by the temperature.", "Divide.")
    yield Mistake(_between(s, teacher, beta), "The teacher is not softened.", "Divide both by T.")
    yield Mistake(_between(student, t, beta), "The student is not softened.", "Divide both by T.")
    yield Mistake(T**2 * right, "You multiply by T². Here the divergence itself is asked for.")
    yield Mistake(right / student.shape[-1], "You take a mean over the vocabulary.", "`sum(dim=-1)`")
