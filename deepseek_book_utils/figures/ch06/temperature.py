"""The reacting figure on temperature: what a teacher says of a digit, and which way that moves a student."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ...interactive import Picture, Settings, asset, figure, num, slider

Loss = Callable[
    [Tensor, Tensor, Tensor, float, float], Tensor
]  # student, teacher, labels, temperature, alpha
T, ALPHA = 4.0, 0.9  # where the figure opens


def _rounded(logits: Tensor) -> list[list[float]]:
    """Logits (N, 10) to two digits: the page and its sentences start from the same numbers."""
    return [[round(value, 2) for value in row] for row in logits.tolist()]


def _sentence(
    label: int, student: Sequence[float], teacher: Sequence[float], change: Settings, loss: Loss
) -> str:
    temperature, alpha = float(change.get("T", T)), float(change.get("alpha", ALPHA))
    v = torch.tensor([teacher], dtype=torch.float64)
    z = torch.tensor([student], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(z, v, torch.tensor([label]), temperature, alpha), z)
    pull = (-gradient[0]).tolist()
    soft = (v[0] / temperature).softmax(dim=0).tolist()
    first = sorted(range(10), key=lambda i: -soft[i])[:3]
    told = ", ".join(f"{i}: {num(soft[i])}" for i in first)
    strongest = max(range(10), key=lambda i: abs(pull[i]))
    return (
        f"A picture of a {label}. At T = {num(temperature, 1)} the teacher says {told}. With "
        f"α = {num(alpha, 1)} the loss moves the student's {strongest} most, by "
        f"{num(pull[strongest], plus=True)}."
    )


def temperature_figure(
    images: Tensor, labels: Tensor, student: Tensor, teacher: Tensor, start: int, loss: Loss
) -> Picture:
    """What the teacher and the student say of a digit at a temperature, and the negative gradient of the loss
    by the student's logits.

    images (N, 64) with ink from 0 to 1, labels (N,), logits (N, 10) of both; `start` is the number of the
    digit that shows first. `loss` is `distillation_loss`. Raises ValueError if the sizes do not fit.
    """
    sizes = {len(one) for one in (images, labels, student, teacher)}
    if len(sizes) != 1 or not 0 <= start < len(images):
        raise ValueError(f"give as many of each, and a start among them; got sizes {sorted(sizes)}, {start}")
    z, v, named = _rounded(student), _rounded(teacher), labels.tolist()
    other = (start + 1) % len(named)
    changes: list[Settings] = [{}, {"T": 1.0}, {"T": 16.0}, {"alpha": 0.0}, {"alpha": 1.0}]
    changes += [{"digit": other + 1}, {"digit": other + 1, "T": 1.0}]
    says = []
    for change in changes:
        at = int(change.get("digit", start + 1)) - 1
        says.append((change, _sentence(named[at], z[at], v[at], change, loss)))
    return figure(
        "temperature",
        "Temperature uncovers what the teacher knows besides the answer",
        "What else does this picture resemble?",
        [
            slider("T", "Temperature T", 1, 16, 0.5, T),
            slider("alpha", "Weight α of the teacher", 0, 1, 0.1, ALPHA),
            slider("digit", "Picture", 1, len(named), 1, start + 1),
        ],
        asset("ch06/temperature.js"),
        {
            "ink": [
                "".join(f"{round(16 * value):x}" if value < 1 else "g" for value in row)
                for row in images.tolist()
            ],
            "labels": named,
            "z": z,
            "v": v,
        },
        says=says,
        height=312,
    )
