"""Graders of the exercises to chapter 6 about soft targets: what they say, and how hard they pull.

Temperatures are powers of two, so that dividing by them costs no digit of logits in the thousands.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..parts import judge_parts

Soften = Callable[[Tensor, float], Tensor]
Count = Callable[[Tensor], Tensor]
Pull = Callable[[Tensor, Tensor, float], Tensor]
Limit = Callable[[Tensor, Tensor], Tensor]


def soft_targets(answer: tuple[Soften, Count], seed: int) -> None:
    """Grades `soft_targets(logits, temperature)` and `classes_told(probabilities)`."""
    soften, count = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`soft_targets`": lambda: _compare_targets(soften, generator),
            "`classes_told`": lambda: _compare_counts(count, generator),
        }
    )


def _compare_targets(soften: Soften, generator: torch.Generator) -> None:
    for rows, classes, temperature, scale in ((6, 5, 4.0, 3.0), (5, 5, 0.5, 2.0), (4, 9, 2.0, 3000.0)):
        logits = scale * torch.randn(rows, classes, generator=generator)
        logits[:, 1] = logits.max(dim=1).values + 1.5  # soft in spite of the scale
        expected = (logits.double() / temperature).softmax(dim=1)
        about = f" at T = {temperature:g}, with logits of about {scale:g}"
        got = as_tensor(ask(soften, logits, temperature), expected.shape)
        if not got.isfinite().all():
            raise Wrong(
                f"The result is not finite{about}: {got.flatten().tolist()[:5]}.",
                "`exp` of 3000 is too large for any float. Subtract the row's largest logit first.",
            )
        mistakes = list(_target_mistakes(logits.double(), temperature)) if scale < 100 else []
        compare(got, expected, mistakes, about)


def _target_mistakes(logits: Tensor, T: float) -> Iterator[Mistake]:
    p = logits.softmax(dim=1)
    yield Mistake(p, "The temperature changes nothing in yours.", "Divide the logits by it.")
    yield Mistake((logits * T).softmax(dim=1), "You multiply by T: a high temperature sharpens.", "Divide.")
    yield Mistake(
        p / T,
        "You divide the probabilities. They no longer add up to 1.",
        "The logits are divided, before the softmax.",
    )
    yield Mistake(
        p ** (1 / T), "You soften the probabilities, and they no longer add up to 1.", "Divide by their sum."
    )
    yield Mistake((logits / T).softmax(dim=0), "Your columns add up to 1. A row is a picture.", "`dim=1`")
    yield Mistake((logits / T).log_softmax(dim=1), "You return logarithms. Asked are probabilities.")
    yield Mistake((logits / T**2).softmax(dim=1), "You divide by T². The square belongs to the loss.")
    yield Mistake((logits / T).exp(), "Nothing makes a row add up to 1.", "Divide by the row's sum.")
    yield Mistake((logits / T).sigmoid(), "Each class is judged by itself in yours.", "`softmax`")
    yield Mistake(logits / T, "You return logits. The softmax is missing.")
    whole = (logits / T).exp()
    yield Mistake(whole / whole.sum(), "The whole batch adds up to 1. Each row should.", "`dim=1`")


def _compare_counts(count: Count, generator: torch.Generator) -> None:
    for rows, classes, spread in ((7, 6, 2.0), (5, 11, 1.0), (6, 6, 4.0)):
        p = (spread * torch.randn(rows, classes, generator=generator)).softmax(dim=1)
        p[-1], p[-2, 1:], p[-2, 0] = 1 / classes, 0.0, 1.0  # knows nothing; is sure, without any doubt
        expected = torch.special.entr(p.double()).sum(dim=1).exp()
        got = as_tensor(ask(count, p), expected.shape)
        if got.isnan().any():
            raise Wrong(
                "Your count is not a number where a probability is 0: 0 times minus infinity.",
                "A class that is ruled out adds nothing: `torch.special.xlogy` or `entr` knows it.",
            )
        compare(got, expected, list(_count_mistakes(p.double())), f" for {classes} classes")


def _count_mistakes(p: Tensor) -> Iterator[Mistake]:
    entropy = torch.special.entr(p).sum(dim=1)
    yield Mistake(entropy, "You return the entropy, in nats. Asked is its exponential.")
    yield Mistake(entropy / torch.tensor(2.0).log(), "You return the entropy, in bits.", "exp(H), H in nats")
    yield Mistake(
        (entropy / torch.tensor(2.0).log()).exp(),
        "The entropy is in bits, and you raise e to it.",
        "Take the natural logarithm, or 2 to the power of the bits.",
    )
    yield Mistake(2**entropy, "The entropy is in nats, and you raise 2 to it.", "`exp`")
    yield Mistake((-entropy).exp(), "A sign is lost: no count is below 1.", "H is minus the sum of p log p.")
    yield Mistake(
        (entropy / p.shape[1]).exp(), "You average over the classes. The entropy is a sum.", "`sum(dim=1)`"
    )
    yield Mistake(1 / p.square().sum(dim=1), "You weigh by squares: another count, that hears doubts less.")
    yield Mistake(1 / p.amax(dim=1), "You look at the largest probability alone.", "Every class counts.")
    yield Mistake((p > 0).sum(dim=1), "You count the classes above 0, however unlikely they are.")


def teachers_pull(answer: tuple[Pull, Limit], seed: int) -> None:
    """Grades `soft_gradient(student, teacher, temperature)` and `hot_limit(student, teacher)`."""
    pull, limit = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`soft_gradient`": lambda: _compare_pulls(pull, generator),
            "`hot_limit`": lambda: _compare_limits(limit, generator),
        }
    )


def _logits(generator: torch.Generator, rows: int, classes: int) -> Tensor:
    """Of student and teacher, (2, B, C); the means of their rows are far from zero and from each other."""
    offsets = torch.tensor([2.0, -3.0]).view(2, 1, 1) + torch.randn(2, rows, 1, generator=generator)
    return 2 * torch.randn(2, rows, classes, generator=generator) + offsets


def _compare_pulls(pull: Pull, generator: torch.Generator) -> None:
    for rows, classes, T in ((6, 5, 4.0), (6, 5, 0.5), (9, 7, 16.0), (3, 5, 1.0)):
        z, v = _logits(generator, rows, classes)
        q, p = (z.double() / T).softmax(dim=1), (v.double() / T).softmax(dim=1)
        mistakes = _pull_mistakes(z.double(), v.double(), T)
        about = f" for {rows} pictures at T = {T:g}"
        compare(ask(pull, z, v, T), T * (q - p) / rows, list(mistakes), about)


def _pull_mistakes(z: Tensor, v: Tensor, T: float) -> Iterator[Mistake]:
    q, p, n = (z / T).softmax(dim=1), (v / T).softmax(dim=1), len(z)
    inner = "Two factors meet: T² in front, and 1/T from the derivative of z/T. What is left?"
    yield Mistake((q - p) / T / n, "The factor T² of the loss is missing.", inner)
    yield Mistake((q - p) / n, "You lose a T.", inner)
    yield Mistake(T**2 * (q - p) / n, "The derivative of z/T is missing.", inner)
    yield Mistake(T**3 * (q - p) / n, "You multiply by the derivative of T z. It is z/T.", inner)
    yield Mistake(
        T * (p - q) / n,
        "The sign is the wrong way round.",
        "Where q is larger than p, the loss grows with z.",
    )
    yield Mistake(T * (q - p), "You return each picture's own gradient. The loss is a mean of B.", "1/B")
    yield Mistake(T * (q - p) / n / z.shape[1], "You divide by the classes too. The loss sums over them.")
    hard, sure = z.softmax(dim=1), v.softmax(dim=1)
    yield Mistake(T * (hard - p) / n, "The student is not softened in yours.", "Both are divided by T.")
    yield Mistake(T * (q - sure) / n, "The teacher is not softened in yours.", "Both are divided by T.")
    yield Mistake((hard - sure) / n, "You take the gradient at T = 1.", "Both are divided by T.")
    yield Mistake(T * (z - v) / n, "You subtract logits. The gradient is a difference of probabilities.")
    log_p, log_q = p.log(), q.log()
    apart = (log_q - log_p) - (q * (log_q - log_p)).sum(dim=1, keepdim=True)
    yield Mistake(T * q * apart / n, "That is the gradient of KL(q ‖ p). Asked is KL(p ‖ q).")


def _compare_limits(limit: Limit, generator: torch.Generator) -> None:
    for rows, classes in ((4, 3), (7, 6), (2, 10)):
        z, v = _logits(generator, rows, classes).double()
        away = (z - v) - (z - v).mean(dim=1, keepdim=True)
        expected = away / (rows * classes)
        mistakes = list(_limit_mistakes(z, v))
        got = ask(limit, z.float(), v.float())
        compare(got, expected, mistakes, f" for {rows} pictures of {classes} classes")


def _limit_mistakes(z: Tensor, v: Tensor) -> Iterator[Mistake]:
    n, classes = z.shape
    away = (z - v) - (z - v).mean(dim=1, keepdim=True)
    centred = "Logits may be shifted by a number for each picture, and the softmax stays: the means drop out."
    yield Mistake((z - v) / n / classes, "The means of the logits must go.", centred)
    yield Mistake(
        (z - v - (z - v).mean(dim=0)) / n / classes, "You take means over the pictures.", f"{centred} `dim=1`"
    )
    yield Mistake((z - v - (z - v).mean()) / n / classes, "You take one mean of the batch.", centred)
    yield Mistake(
        (z - v + (z - v).mean(dim=1, keepdim=True)) / n / classes, "You add the means.", "Subtract them."
    )
    yield Mistake(away / n, "You lose the 1/C: near T = ∞ each probability is about 1/C.")
    yield Mistake(away / classes, "You lose the 1/B: the loss is a mean over pictures.")
    yield Mistake(away, "You lose 1/B and 1/C.", "The mean over pictures, and probabilities of about 1/C.")
    yield Mistake(away / n / classes**2, "You divide by C twice.")
    yield Mistake(-away / n / classes, "The sign is the wrong way round.", "Minus the teacher's logits.")
    yield Mistake(
        0 * away,
        "You return zeros. They come without the factor T², and here it stands in front.",
        "q - p shrinks as 1/T, and T (q - p) does not.",
    )
