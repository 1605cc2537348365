"""Grader of the exercise to chapter 2 about LAMB: every layer takes a step of its own length."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare

Step = Callable[[list[Tensor], list[Tensor], float, float], list[Tensor]]
Pairs = list[tuple[Tensor, Tensor]]


def lamb_step(answer: Step, seed: int) -> None:
    """Grades `lamb_step(weights, directions, eta, decay)`."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    shapes = ((3, 4), (4,), (4, 2))
    sizes = (2.0, 0.1, 60.0)  # far apart, one ratio above ten
    layers = [(size * normal(*shape), normal(*shape)) for size, shape in zip(sizes, shapes, strict=True)]
    _compare_layers(answer, layers, 0.1, 0.0, " without decay")
    _compare_layers(answer, layers, 0.2, 0.3, " with decay 0.3")
    fresh = [*layers, (torch.zeros(3, dtype=torch.float64), normal(3))]
    _compare_layers(answer, fresh, 0.1, 0.3, " with a layer of zeros")
    still = [*layers, (normal(3), torch.zeros(3, dtype=torch.float64))]
    _compare_layers(answer, still, 0.1, 0.0, " with a layer whose direction is zero")
    both = torch.zeros(2, dtype=torch.float64)
    _compare_layers(answer, [*fresh, (both, both)], 0.1, 0.3, " with a layer of zeros that should not move")


def _compare_layers(answer: Step, layers: Pairs, eta: float, decay: float, about: str) -> None:
    weights, directions = [x for x, _ in layers], [r for _, r in layers]
    got = ask(answer, weights, directions, eta, decay)
    right = _moved(layers, eta, decay)
    if got is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(got, tuple | list) or len(got) != len(layers):
        raise Wrong(f"Return a list of {len(layers)} tensors, one for each layer.")
    rows = [as_tensor(numeric(layer), x.shape).flatten() for layer, x in zip(got, right, strict=True)]
    compare(torch.cat(rows), _flat(right), _layer_mistakes(layers, eta, decay), about)


def _flat(layers: list[Tensor]) -> Tensor:
    return torch.cat([layer.flatten() for layer in layers])


def _trust(x: Tensor, u: Tensor) -> Tensor:
    """|x| / |u|, and 1 where either is zero."""
    return x.norm() / u.norm() if x.norm() > 0 and u.norm() > 0 else torch.tensor(1.0, dtype=torch.float64)


def _moved(
    layers: Pairs, eta: float, decay: float, trust: Callable[[Tensor, Tensor], Any] = _trust
) -> list[Tensor]:
    return [x - eta * trust(x, r + decay * x) * (r + decay * x) for x, r in layers]


def _layer_mistakes(layers: Pairs, eta: float, decay: float) -> list[Mistake]:
    def moved(trust: Callable[[Tensor, Tensor], Any]) -> Tensor:
        return _flat(_moved(layers, eta, decay, trust))

    def rows(x: Tensor, u: Tensor) -> Tensor:
        return x.norm(dim=-1, keepdim=True) / u.norm(dim=-1, keepdim=True)

    whole = _trust(_flat([x for x, _ in layers]), _flat([r + decay * x for x, r in layers]))
    per_layer = "The ratio is one number for each layer: its |x|, divided by its |u|."
    guard = "Take the ratio 1 where either norm is zero."
    euclid = "|x| is the root of the sum of squares: `x.norm()`."
    first = [
        Mistake(
            moved(lambda x, u: x.norm() / u.norm() if u.norm() else 1.0),
            "A layer of zeros stays zero for ever: its norm is zero, and so is every step.",
            guard,
        ),
        Mistake(
            moved(lambda x, u: x.norm() / u.norm()),
            "You divide by the norm of an update that is zero.",
            guard,
        ),
        Mistake(moved(lambda x, u: 1.0), "There is no trust ratio in your step: that is AdamW.", per_layer),
        Mistake(moved(lambda x, u: u.norm() / x.norm()), "Your ratio is upside down.", per_layer),
        Mistake(moved(lambda x, u: x.norm()), "You do not divide by the norm of the update.", per_layer),
        Mistake(moved(lambda x, u: 1 / u.norm()), "The norm of the weights is missing above.", per_layer),
        Mistake(moved(lambda x, u: whole), "You take the norms over all layers together.", per_layer),
        Mistake(moved(rows), "You take a norm for each row. A layer is a whole tensor.", "`x.norm()`"),
        Mistake(
            moved(lambda x, u: (x.norm() / u.norm()).square()),
            "You leave out the roots of the norms.",
            euclid,
        ),
        Mistake(moved(lambda x, u: (x.norm() / u.norm()).sqrt()), "You take a root too many.", euclid),
        Mistake(moved(lambda x, u: x.abs().sum() / u.abs().sum()), "You add up absolute values.", euclid),
        Mistake(moved(lambda x, u: x.abs().max() / u.abs().max()), "You take the largest entries.", euclid),
        Mistake(
            moved(lambda x, u: _trust(x, u).clamp(max=10)),
            "You limit the ratio to 10, as some programs do. Here it has no limit.",
        ),
        Mistake(
            moved(lambda x, u: _trust(x, u).clamp(max=1)), "You limit the ratio to 1. Here it has no limit."
        ),
        Mistake(moved(lambda x, u: _trust(x, u) / eta), "The learning rate is missing.", per_layer),
        Mistake(moved(lambda x, u: -_trust(x, u)), "You add the step. It must be subtracted."),
        Mistake(
            _flat([x for x, _ in layers]) - moved(_trust), "You return the steps, and not the new weights."
        ),
        Mistake(
            _flat([x for x, _ in layers]),
            "Your weights do not move.",
        ),
    ]
    if not decay:
        return first
    inside = "The norm below is that of u = r + decay x, decay included."
    return [
        Mistake(
            _flat([x - eta * _trust(x, r) * (r + decay * x) for x, r in layers]),
            "The norm below is that of the direction alone: you leave the decay out of it.",
            inside,
        ),
        Mistake(
            _flat([x - eta * _trust(x, r) * r for x, r in layers]), "There is no decay in your step.", inside
        ),
        Mistake(
            _flat([x - eta * (_trust(x, r) * r + decay * x) for x, r in layers]),
            "Your decay stands outside of the trust ratio.",
            inside,
        ),
        Mistake(
            _flat([(1 - eta * decay) * x - eta * _trust(x, r) * r for x, r in layers]),
            "Your decay stands outside of the trust ratio.",
            inside,
        ),
        Mistake(
            _flat([x - eta * _trust(x, r - decay * x) * (r - decay * x) for x, r in layers]),
            "Your decay makes the weights grow.",
            "u = r + decay x",
        ),
        *first,
    ]
