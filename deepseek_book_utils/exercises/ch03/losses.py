"""Grader of the exercise to chapter 3 about a translator's loss: teacher forcing, smoothed labels, padding.

At padding the logits are junk, so that a forgotten mask shows; the gradient is compared too.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, ask, compare, own_dtype
from ..gradients import gradient_through

ForcedLoss = Callable[[Tensor, Tensor, int, float], Tensor]


def forced_loss(answer: ForcedLoss, seed: int) -> None:
    """Grades `forced_loss(logits, target, padding, smoothing)`: value and gradient."""
    generator = torch.Generator().manual_seed(seed)
    for B, T, V, padding, smoothing in (
        (3, 6, 7, 0, 0.0),
        (4, 5, 9, 3, 0.2),
        (2, 7, 5, 4, 0.5),
        (1, 4, 6, 1, 0.1),
    ):
        target = torch.randint(V - 1, (B, T + 1), generator=generator)
        target += target >= padding  # every word but padding
        for row in range(1, B):
            target[row, T + 1 - row :] = padding
        logits = 2 * torch.randn(B, T, V, generator=generator)
        logits[target[:, 1:] == padding] *= 20
        given = logits.to(own_dtype()).requires_grad_()
        about = f" for {B} texts of up to {T} words, padding {padding} and a smoothing of {smoothing:g}"
        got = ask(answer, given, target, padding, smoothing)
        exact = given.detach().double().requires_grad_()
        right = _smoothed(exact, target[:, 1:], smoothing)[target[:, 1:] != padding].mean()
        with torch.no_grad():
            mistakes = list(_mistakes(exact, target, padding, smoothing))
        compare(got, right, mistakes if B > 1 else [], about)
        (wanted,) = torch.autograd.grad(right, exact)
        compare(gradient_through(got, given, "logits"), wanted, [], f" in the gradient{about}")


def _smoothed(logits: Tensor, following: Tensor, smoothing: float, other: bool = False) -> Tensor:
    """Each word's loss (B, T); `other` leaves the right word out of those that share the smoothing."""
    log_p, V = logits.log_softmax(dim=2), logits.shape[2]
    right = log_p.gather(2, following[..., None]).squeeze(2)
    shared = (log_p.sum(dim=2) - right) / (V - 1) if other else log_p.mean(dim=2)
    return -(1 - smoothing) * right - smoothing * shared


def _mistakes(logits: Tensor, target: Tensor, padding: int, smoothing: float) -> Iterator[Mistake]:
    following, before = target[:, 1:], target[:, :-1]
    real, losses = following != padding, _smoothed(logits, following, smoothing)
    right = losses[real].mean()
    shift = "The logits at place t predict the word at place t + 1 of the target."
    yield Mistake(-right, "Your sign is turned round: a loss is at least 0.")
    yield Mistake(
        losses.mean(), "Padding carries loss.", "Only places whose *next* word is no padding count."
    )
    yield Mistake(
        (losses * real).mean(), "You divide by all places, padding too.", "By the words that count."
    )
    yield Mistake((losses * real).sum(), "You add up and do not divide.", "By the words that count.")
    each = (losses * real).sum(dim=1) / real.sum(dim=1)
    yield Mistake(each.mean(), "You take a mean of the texts' means. Here every word weighs the same.")
    yield Mistake(
        (losses * real).sum(dim=1).mean(), "You divide by the number of texts.", "By that of words."
    )
    still = _smoothed(logits, before, smoothing)
    yield Mistake(still[before != padding].mean(), "You compare with the word that was just read.", shift)
    yield Mistake(still[real].mean(), "You compare with the word that was just read.", shift)
    early = before != padding
    yield Mistake(
        losses[early].mean(), "You look for padding one place too early.", "`target[:, 1:]` must be a word."
    )
    past = _smoothed(logits[:, 1:], target[:, :-2], smoothing)
    yield Mistake(past[target[:, :-2] != padding].mean(), "You shift the wrong way.", shift)
    late = _smoothed(logits[:, :-1], target[:, 2:], smoothing)
    yield Mistake(
        late[target[:, 2:] != padding].mean(), "You shift twice: the logits are one shorter already.", shift
    )
    plain, log_p = _smoothed(logits, following, 0.0), logits.log_softmax(dim=2)
    yield Mistake(plain[real].mean(), "Nothing is smoothed.", "`smoothing` is an argument.")
    yield Mistake(
        _smoothed(logits, following, smoothing, other=True)[real].mean(),
        "You share ε among the other words. The right one gets its share too.",
        "ε / V for all V words.",
    )
    everything = -(1 - smoothing) * log_p.gather(2, following[..., None]).squeeze(2) - smoothing * log_p.sum(
        dim=2
    )
    yield Mistake(everything[real].mean(), "Every word gets ε. They share it.", "ε / V")
    yield Mistake(
        (plain - smoothing * log_p.mean(dim=2))[real].mean(),
        "The right word keeps 1. It keeps 1 - ε.",
        "Labels add up to 1.",
    )
    yield Mistake(
        (1 - smoothing) * plain[real].mean(), "ε is taken away, and nobody gets it.", "ε / V for all words."
    )
    yield Mistake(
        _smoothed(logits, following, 1 - smoothing)[real].mean(), "ε and 1 - ε have changed places."
    )
    yield Mistake(_smoothed(logits, following, 0.1)[real].mean(), "Your smoothing is always 0.1.")
    p = logits.softmax(dim=2)
    yield Mistake(
        _smoothed(p, following, smoothing)[real].mean(), "Your softmax is taken twice.", "From logits, once."
    )
    raw = -(1 - smoothing) * logits.gather(2, following[..., None]).squeeze(2) - smoothing * logits.mean(
        dim=2
    )
    yield Mistake(
        raw[real].mean(), "The softmax is missing: you take logits for logarithms of probabilities."
    )
    chances = -(1 - smoothing) * p.gather(2, following[..., None]).squeeze(2) - smoothing * p.mean(dim=2)
    yield Mistake(chances[real].mean(), "The logarithm is missing: you take probabilities.")
    yield Mistake(right.exp(), "That is the perplexity. Asked is the loss.")
    yield Mistake(right / torch.tensor(2.0).log(), "Your loss is in bits.", "The natural logarithm.")
    yield Mistake(losses[:, :-1][real[:, 1:]].mean(), "You leave out the last word of each text.")
    yield Mistake(
        losses[real & (following != 0)].mean(), "Your padding is always token 0.", "`padding` is an argument."
    )
    yield Mistake(
        losses[following != 0].mean(), "Your padding is always token 0.", "`padding` is an argument."
    )
