"""Grader of the exercise to chapter 3 about layer norm and batch norm."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare, own_dtype
from ..parts import judge_parts

LayerNorm = Callable[[Tensor, Tensor, Tensor, float], Tensor]
BatchNorm = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]
CASES = ((3, 4, 5, 0.5), (2, 5, 3, 0.1), (4, 3, 4, 1e-5))


def two_norms(answer: tuple[LayerNorm, BatchNorm], seed: int) -> None:
    """Grades `layer_norm(x, gain, bias, eps)` and `batch_norm(x, real, gain, bias, eps)`."""
    layer_norm, batch_norm = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`layer_norm`": lambda: _compare_layers(layer_norm, generator),
            "`batch_norm`": lambda: _compare_batches(batch_norm, generator),
        }
    )


def _batch(generator: torch.Generator, B: int, T: int, C: int) -> tuple[Tensor, Tensor, Tensor]:
    """x with a mean of its own in each text and channel, gain and bias."""
    x = torch.randn(B, T, C, generator=generator) + torch.randn(B, 1, C, generator=generator) + 1
    gain, bias = 1.5 + torch.rand(C, generator=generator), torch.randn(C, generator=generator)
    return x.to(own_dtype()), gain.to(own_dtype()), bias.to(own_dtype())


def _normal(
    x: Tensor, over: int | tuple[int, ...], gain: Tensor, bias: Tensor, eps: float, free: int = 0
) -> Tensor:
    """x with mean 0 and variance 1 over these axes; `free` is what n lacks in the variance."""
    variance = x.var(dim=over, correction=free, keepdim=True)
    return (x - x.mean(dim=over, keepdim=True)) / (variance + eps).sqrt() * gain + bias


def _compare_layers(answer: LayerNorm, generator: torch.Generator) -> None:
    for B, T, C, eps in (*CASES, (1, 1, 6, 1e-5)):
        x, gain, bias = _batch(generator, B, T, C)
        exact = (x.double(), gain.double(), bias.double(), eps)
        right = _normal(exact[0], 2, *exact[1:])
        mistakes = list(_layer_mistakes(*exact)) if B > 1 else []
        compare(ask(answer, x, gain, bias, eps), right, mistakes, f" for {C} channels and eps = {eps:g}")


def _layer_mistakes(x: Tensor, gain: Tensor, bias: Tensor, eps: float) -> Iterator[Mistake]:
    axis = "Mean and variance are those of one word, over its channels."
    yield Mistake(_normal(x, 1, gain, bias, eps), "You take means over the words of a text.", axis)
    yield Mistake(_normal(x, 0, gain, bias, eps), "You take means over the texts.", axis)
    yield Mistake(
        _normal(x, (0, 1), gain, bias, eps), "That is batch norm: means over texts and words.", axis
    )
    yield Mistake(_normal(x, (1, 2), gain, bias, eps), "You take one mean of a whole text.", axis)
    yield Mistake(_normal(x, (0, 1, 2), gain, bias, eps), "You take one mean of the whole batch.", axis)
    yield from _general_mistakes(x, 2, gain, bias, eps)


def _general_mistakes(
    x: Tensor, over: int | tuple[int, ...], gain: Tensor, bias: Tensor, eps: float
) -> Iterator[Mistake]:
    """What goes wrong in either norm, over its axes."""
    mean, variance = x.mean(dim=over, keepdim=True), x.var(dim=over, correction=0, keepdim=True)
    plain = (x - mean) / (variance + eps).sqrt()
    yield Mistake(
        _normal(x, over, gain, bias, eps, free=1),
        "You divide the squares by n - 1.",
        "The mean of the squares: `var(correction=0)`.",
    )
    yield Mistake((x - mean) / (variance + eps) * gain + bias, "You divide by the variance.", "By its root.")
    yield Mistake((x - mean) * (variance + eps).sqrt() * gain + bias, "You multiply by the root.", "Divide.")
    yield Mistake(x / (variance + eps).sqrt() * gain + bias, "Nothing subtracts the mean.", "x - μ")
    squares = x.square().mean(dim=over, keepdim=True)
    yield Mistake(
        x / (squares + eps).sqrt() * gain + bias, "That is RMS norm: the mean is not subtracted.", "x - μ"
    )
    yield Mistake(
        (x - mean) / (squares + eps).sqrt() * gain + bias,
        "Your variance is the mean of x². It is the mean of (x - μ)².",
    )
    yield Mistake((x - mean) * gain + bias, "Nothing is divided: the numbers keep their size.")
    yield Mistake(plain, "Gain and bias are missing.")
    yield Mistake(plain + bias, "The gain is missing.", "It scales each channel.")
    yield Mistake(plain * gain, "The bias is missing.", "It shifts each channel.")
    yield Mistake((plain + bias) * gain, "You shift first and scale then.", "Gain first, then bias.")
    yield Mistake((plain * bias) + gain, "Gain and bias have changed places.", "The gain is a factor.")
    yield Mistake(
        (x - mean) / (variance.sqrt() + eps) * gain + bias, "You add eps to the root.", "It stands below it."
    )
    yield Mistake((x - mean) / (variance + eps**2).sqrt() * gain + bias, "You square eps.", "σ² + ε")
    for other in (0.0, 1e-5):
        yield Mistake(
            (x - mean) / (variance + other).sqrt() * gain + bias,
            "Your result does not depend on eps.",
            "It stands below the root, beside the variance.",
        )


def _compare_batches(answer: BatchNorm, generator: torch.Generator) -> None:
    for B, T, C, eps in (*CASES, (5, 1, 3, 1e-5), (1, 6, 2, 0.1)):
        x, gain, bias = _batch(generator, B, T, C)
        real = torch.rand(B, T, generator=generator) < 0.6
        real.view(-1)[torch.randperm(B * T, generator=generator)[:3]] = True
        if B > 1 < T:
            real[0], real[1] = torch.arange(T) < T - 1, torch.arange(T) > 0  # padding behind, and in front
        x = torch.where(real[..., None], x, 7.0 + x)
        exact = (x.double(), gain.double(), bias.double(), eps)
        words = exact[0][real]
        right = _placed(_normal(words, 0, *exact[1:]), real)
        about = f" for {len(words)} words in {B} texts and eps = {eps:g}"
        got = as_tensor(ask(answer, x, real, gain, bias, eps), right.shape)
        if got[~real].any() and torch.allclose(got[real], right[real], rtol=1e-4, atol=1e-5):
            raise Wrong(
                "The words are right. At padding the result is not 0.", "`masked_fill`, or a mask as factor."
            )
        if B > 1 < T:
            compare(got, right, list(_batch_mistakes(exact[0], real, *exact[1:])), about)
        compare(got, right, [], about)


def _placed(words: Tensor, real: Tensor) -> Tensor:
    """Words (N, C) at their places (B, T, C), with zeros elsewhere."""
    out = words.new_zeros(*real.shape, words.shape[-1])
    out[real] = words
    return out


def _batch_mistakes(x: Tensor, real: Tensor, gain: Tensor, bias: Tensor, eps: float) -> Iterator[Mistake]:
    words, mask = x[real], real[..., None]
    axis = "Mean and variance are those of one channel, over all real words of all texts."
    everywhere = _normal(x, (0, 1), gain, bias, eps)
    wrong = [
        (everywhere, "Padding counts in your means.", "Take `x[real]` first."),
        (_normal(x * mask, (0, 1), gain, bias, eps), "Padding counts as zeros in your means.", "`x[real]`"),
        (_normal(x, 2, gain, bias, eps), "That is layer norm: means over the channels of a word.", axis),
        (_normal(x, 0, gain, bias, eps), "You take means over the texts, for each place by itself.", axis),
        (_normal(x, 1, gain, bias, eps), "You take means over the words of each text by itself.", axis),
    ]
    for value, said, hint in wrong:
        yield Mistake(value * mask, said, hint)
        yield Mistake(value, said, hint)
    alone = torch.zeros_like(x)
    for row, here in zip(range(len(x)), real, strict=True):
        if here.any():
            alone[row][here] = _normal(x[row][here], 0, gain, bias, eps)
    yield Mistake(alone, "You normalise each text by itself.", axis)
    yield Mistake(
        _placed(_normal(words, (0, 1), gain, bias, eps), real), "You take one mean of all channels.", axis
    )
    count = real.sum()
    mean = (x * mask).sum(dim=(0, 1)) / count
    squares = ((x * mask - mean).square()).sum(dim=(0, 1)) / count
    yield Mistake(
        _placed((words - mean) / (squares + eps).sqrt() * gain + bias, real),
        "Padding adds to your variance: 0 less the mean is not 0.",
        "Subtract the mean, then put zeros at padding, then square.",
    )
    for mistake in _general_mistakes(words, 0, gain, bias, eps):
        yield Mistake(_placed(mistake.value, real), mistake.misconception, mistake.hint)
