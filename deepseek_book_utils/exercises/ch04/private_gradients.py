"""Grader of the exercise to chapter 4 about one private gradient: clipped per episode, and noisy as a whole.

Without noise the numbers are compared. With it, its spread is measured over thousands of parameters.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare

Answer = Callable[[list[Tensor], float, float, float, torch.Generator], list[Tensor]]
Gradients = list[Tensor]  # of each parameter tensor, (B, ...): one for each episode


def one_private_gradient(answer: Answer, seed: int) -> None:
    """Grades `private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator)`."""
    generator = torch.Generator().manual_seed(seed)
    for rows, max_norm, expected in ((5, 1.0, 5.0), (8, 2.0, 6.0), (3, 0.5, 4.0)):
        gradients = _gradients(generator, rows, max_norm)
        about = f" for {rows} episodes, C = {max_norm:g}, {expected:g} expected, and no noise"
        got = _flat(_layers(answer, gradients, max_norm, 0.0, expected, seed))
        right = _flat(_private(gradients, max_norm, expected))
        compare(got, right, _mistakes(gradients, max_norm, expected), about)
    still = [*_gradients(generator, 4, 1.0)]
    for layer in still:
        layer[1] = 0.0
    got = _flat(_layers(answer, still, 1.0, 0.0, 4.0, seed))
    if not got.isfinite().all():
        raise Wrong(
            "An episode whose gradient is zero makes your result NaN.",
            "Take care of 0/0: `max(1, norm / C)`.",
        )
    compare(got, _flat(_private(still, 1.0, 4.0)), [], " where one episode's gradient is zero")
    _check_noise(answer, generator, seed)


def _gradients(generator: torch.Generator, rows: int, max_norm: float) -> Gradients:
    """Norms around C: the first episode's is well above, the last one's below, in both layers together."""
    shapes = ((3, 2), (4,), (2,))
    draws = [torch.randn(rows + 1, *shape, generator=generator, dtype=torch.float64) for shape in shapes]
    layers = [layer[:1] + 0.4 * layer[1:] for layer in draws]  # nearly alike, so that their mean is long too
    norms = _norms(layers)
    wanted = max_norm * torch.linspace(3.0, 0.4, rows, dtype=torch.float64)
    return [layer * _along(wanted / norms, layer) for layer in layers]


def _norms(layers: Gradients) -> Tensor:
    """The norm of each episode's gradient over all layers, (B,)."""
    return sum((layer.flatten(1).square().sum(dim=1) for layer in layers), torch.zeros(len(layers[0]))).sqrt()


def _along(factors: Tensor, layer: Tensor) -> Tensor:
    """(B,) -> (B, 1, ...), to multiply a layer with."""
    return factors.view(-1, *[1] * (layer.ndim - 1))


def _layers(
    answer: Answer, gradients: Gradients, max_norm: float, noise: float, expected: float, seed: int
) -> list[Tensor]:
    """What the student's function returns, as tensors; the caller's own gradients must not change."""
    own = [layer.clone() for layer in gradients]
    got = ask(lambda: answer(own, max_norm, noise, expected, torch.Generator().manual_seed(seed)))
    if got is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(got, tuple | list) or len(got) != len(gradients):
        raise Wrong(f"Return a list of {len(gradients)} tensors, one for each parameter tensor.")
    if not all(torch.equal(a, b) for a, b in zip(own, gradients, strict=True)):
        raise Wrong("You change the caller's gradients in place.", "`layer * factor` makes a new tensor.")
    found = []
    for layer, gradient in zip(got, gradients, strict=True):
        layer = numeric(layer)
        if isinstance(layer, Tensor) and layer.shape == gradient.shape:
            raise Wrong("You return one gradient for each episode. Asked is their sum, with noise, divided.")
        found.append(as_tensor(layer, gradient.shape[1:]))
    return found


def _flat(layers: list[Tensor]) -> Tensor:
    return torch.cat([layer.flatten() for layer in layers])


def _private(gradients: Gradients, max_norm: float, count: float) -> list[Tensor]:
    factors = (max_norm / _norms(gradients).clamp(min=1e-30)).clamp(max=1.0)
    return [(layer * _along(factors, layer)).sum(dim=0) / count for layer in gradients]


def _mistakes(gradients: Gradients, max_norm: float, expected: float) -> list[Mistake]:
    norms = _norms(gradients)
    rows = float(len(norms))
    right = _flat(_private(gradients, max_norm, expected))
    total = [layer.sum(dim=0) for layer in gradients]

    def scaled(factors: Tensor, count: float = expected) -> Tensor:
        return _flat([(layer * _along(factors, layer)).sum(dim=0) / count for layer in gradients])

    def clipped(layers: list[Tensor], limit: float) -> Tensor:
        flat = _flat(layers)
        return flat * min(1.0, limit / float(flat.norm()))

    each = [
        layer.flatten(1).norm(dim=1)
        for layer in gradients  # (B,) for each layer
    ]
    apart = _flat(
        [
            (layer * _along((max_norm / norm).clamp(max=1.0), layer)).sum(dim=0) / expected
            for layer, norm in zip(gradients, each, strict=True)
        ]
    )
    factor = (max_norm / norms).clamp(max=1.0)
    whole = "The norm of an episode goes over all of its numbers, in all layers."
    one = "Each episode by itself is scaled by min(1, C / norm), and then they are added."
    fixed = "Divide by the expected number: the real one would tell who was there."
    found = [
        (scaled(torch.ones_like(norms)), "Nothing is clipped.", one),
        (apart, "You clip each parameter tensor by itself: an episode may then count more than C.", whole),
        (
            clipped(total, max_norm) / expected,
            "You clip the sum. Then one episode can outweigh all others.",
            one,
        ),
        (
            clipped([layer / rows for layer in total], max_norm),
            "You clip the mean. Then one episode can outweigh all others.",
            one,
        ),
        (
            clipped([layer / expected for layer in total], max_norm),
            "You clip the mean. Then one episode can outweigh all others.",
            one,
        ),
        (scaled(max_norm / norms), "You make short gradients longer. Only those above C are changed.", one),
        (scaled(1 / norms.clamp(min=1.0)), "You clip at 1 whatever C is.", one),
        (scaled((max_norm / norms.square()).clamp(max=1.0)), "You leave out the root of the norm.", whole),
        (scaled(((max_norm / norms) ** 2).clamp(max=1.0)), "You scale by the square of C / norm.", one),
        (
            scaled((max_norm / norms).clamp(min=1.0)),
            "Your minimum is a maximum: short gradients grow, and long ones stay.",
            one,
        ),
        (scaled((norms / max_norm).clamp(max=1.0)), "Your factor is upside down: C / norm.", one),
        (
            _flat([layer.clamp(-max_norm, max_norm).sum(dim=0) / expected for layer in gradients]),
            "You clip every number by itself. Clip the length, so that the direction stays.",
            whole,
        ),
        (
            scaled(torch.where(norms > max_norm, 0.0, 1.0).double()),
            "You throw away episodes that are too long. Shorten them.",
            one,
        ),
        (right * expected / rows, "You divide by the number of episodes that came.", fixed),
        (right * expected, "You do not divide.", fixed),
        (right * expected / rows / expected, "You divide twice.", fixed),
        (
            scaled((max_norm / sum(each, torch.zeros(len(norms)))).clamp(max=1.0)),
            "You add up the norms of the layers. The squares are added.",
            whole,
        ),
        (
            scaled(torch.full_like(norms, min(1.0, max_norm / float(norms.max())))),
            "You scale all episodes by the factor of the longest.",
            one,
        ),
        (
            scaled(torch.full_like(norms, min(1.0, max_norm / float(norms.mean())))),
            "You scale all episodes by the factor of the mean norm.",
            one,
        ),
        (-right, "Your sign is turned: nothing is subtracted here.", one),
        (scaled(factor / max_norm), "You divide by C at the end.", one),
    ]
    return [Mistake(value, said, hint) for value, said, hint in found]


def _check_noise(answer: Answer, generator: torch.Generator, seed: int) -> None:
    """Measure the spread of the noise over many parameters, and ask whether it is drawn anew for each."""
    rows, max_norm, noise, expected = 11, 2.0, 1.25, 7.0
    shapes = ((60, 50), (1000,))
    gradients = [torch.randn(rows, *shape, generator=generator, dtype=torch.float64) for shape in shapes]
    mean = _flat(_private(gradients, max_norm, expected))
    first = (_flat(_layers(answer, gradients, max_norm, noise, expected, seed)) - mean) * expected
    again = (_flat(_layers(answer, gradients, max_norm, noise, expected, seed)) - mean) * expected
    other = (_flat(_layers(answer, gradients, max_norm, noise, expected, seed + 1)) - mean) * expected
    scheme = "Add normal noise of standard deviation sigma C to every number of the sum, then divide."
    if first.abs().max() < 1e-9:
        raise Wrong("There is no noise in your gradient.", scheme)
    if not torch.allclose(first, again):
        raise Wrong(
            "The same generator gives other noise: you draw from torch's global one.", "`generator=generator`"
        )
    if torch.allclose(first, other):
        raise Wrong("Another generator gives the same noise: you seed your own.", "`generator=generator`")
    if len(first.round(decimals=6).unique()) < 3900:
        raise Wrong("Many parameters get the same noise. Each number needs its own.", scheme)
    _compare_spread(float(first.std()), rows, max_norm, noise, expected, scheme)
    big, small = first.split([3000, 1000])
    if torch.allclose(big[:1000], small):
        raise Wrong("Every parameter tensor begins with the same noise.", "Seed nothing within the loop.")
    if abs(float(first.mean())) > 6 * noise * max_norm / math.sqrt(len(first)):
        raise Wrong(f"The mean of your noise is {first.mean():.3g}. It should be zero.", "`torch.randn`")
    if abs(float((first**4).mean() / (first**2).mean() ** 2) - 3) > 0.6:
        raise Wrong("Your noise is not normal.", "`torch.randn`, not `torch.rand`.")
    nobody = [layer[:0] for layer in gradients]
    empty = _flat(_layers(answer, nobody, max_norm, noise, expected, seed))
    if not empty.isfinite().all():
        raise Wrong("When no episode comes, your result is not finite.", "Divide by the expected number.")
    if empty.abs().max() < 1e-9:
        raise Wrong("When no episode comes you add no noise, and that tells who stayed away.", scheme)


def _compare_spread(
    got: float, rows: int, max_norm: float, noise: float, expected: float, scheme: str
) -> None:
    """Raise Wrong unless the noise on the sum has the deviation sigma C, up to six standard errors."""
    right = noise * max_norm

    def near(value: float) -> bool:
        return abs(got / value - 1) < 6 / math.sqrt(2 * 4000)

    if near(right):
        return
    known = (
        (noise, "Your noise is not multiplied by C."),
        (max_norm, "Your noise is not multiplied by sigma."),
        (right**2, "You take the variance of the noise for its standard deviation."),
        (math.sqrt(right), "You take a root of sigma C. It is the standard deviation itself."),
        (right * math.sqrt(rows), "You add noise to every episode. Once, to the sum, is enough."),
        (right * rows, "Your noise grows with the number of episodes. It depends on sigma and C alone."),
        (right * expected, "You add the noise after dividing. It belongs to the sum, and is divided too."),
        (right / expected, "You divide the noise twice."),
        (right / rows, "You divide the noise by the number of episodes, and then once more."),
        (right / math.sqrt(12), "Your noise is uniform. It must be normal: `torch.randn`."),
        (right * math.sqrt(1 / 3), "Your noise is uniform. It must be normal: `torch.randn`."),
        (1.0, "Your noise has a standard deviation of 1."),
        (noise / max_norm, "You divide the noise by C."),
    )
    for value, said in known:
        if near(value):
            raise Wrong(said, scheme)
    raise Wrong(f"The noise on your sum has a standard deviation of {got:.3f}. Asked is {right:g}.", scheme)
