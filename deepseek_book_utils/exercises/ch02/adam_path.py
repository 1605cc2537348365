"""Grader of the exercise to chapter 2 about AdamW, over several steps with given gradients.

The constants are larger than in use, so that each of them shows in the numbers.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...nn.optimizers import AdamSettings, Moments, adamw
from ..arrays import numeric
from ..checking import Mistake, Wrong, ask, compare

Path = Callable[[Tensor, Tensor, float, float, float, float, float], Tensor]


def adamw_path(answer: Path, seed: int) -> None:
    """Grades `adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay)`."""
    generator = torch.Generator().manual_seed(seed)
    for steps, s in (
        (4, AdamSettings(0.1, 0.9, 0.95, 1e-8, 0.0)),
        (6, AdamSettings(0.1, 0.8, 0.9, 0.1, 0.0)),
        (5, AdamSettings(0.3, 0.7, 0.9, 1e-3, 0.4)),
    ):
        x = 2 + torch.rand(4, generator=generator, dtype=torch.float64)
        gradients = 0.2 + 2 * torch.rand(steps, 4, generator=generator, dtype=torch.float64)
        gradients[::2, 0] *= -1  # both signs in a column, one sign in the others
        gradients[:, 1] *= -1
        rates = s.learning_rate, s.beta1, s.beta2, s.epsilon, s.weight_decay
        got = numeric(ask(answer, x, gradients, *rates))
        if isinstance(got, Tensor) and got.shape == (steps + 1, 4):
            hint = "Row t is the position after step t, and the first row that after step 1."
            raise Wrong(f"You return {steps + 1} rows for {steps} steps: the start is among them.", hint)
        right = _right_path(x, gradients, s)
        about = f" for {steps} steps with epsilon {s.epsilon:g} and decay {s.weight_decay:g}"
        compare(got, right, _mistakes(x, gradients, s, right), about)


def _right_path(x: Tensor, gradients: Tensor, settings: AdamSettings) -> Tensor:
    """The positions (T, N) after each step."""
    moments: Moments | None = None
    positions = []
    for gradient in gradients:
        x, moments = adamw(x, gradient, moments, settings)
        positions.append(x)
    return torch.stack(positions)


def _mistakes(x: Tensor, gradients: Tensor, s: AdamSettings, right: Tensor) -> list[Mistake]:
    """What an AdamW returns that is another one in one place."""
    betas, rests = (s.beta1, s.beta2), (1 - s.beta1, 1 - s.beta2)
    eta, decay = s.learning_rate, s.weight_decay

    def path(
        kept: tuple[float, float] = betas,
        new: tuple[float, float] = rests,
        exponents: Callable[[int], tuple[int, int]] = lambda t: (t, t),  # 0: not corrected
        squared: Callable[[Tensor, Tensor], Tensor] = lambda g, m: g**2,
        divisor: Callable[[Tensor], Tensor] = lambda v: v.sqrt() + s.epsilon,
        step: Callable[[Tensor, Tensor], Tensor] = lambda x, r: x - eta * (r + decay * x),
        fade: tuple[float, float] = betas,
        penalty: float = 0.0,
        memory: str = "kept",
    ) -> Tensor:
        point, m, v, positions = x, torch.zeros_like(x), torch.zeros_like(x), []
        for t, g in enumerate(gradients, start=1):
            g = g + penalty * point
            m = kept[0] * m + new[0] * g
            v = kept[1] * v + new[1] * squared(g, m)
            first, second = exponents(t)
            m_hat = m / (1 - fade[0] ** first) if first else m
            v_hat = v / (1 - fade[1] ** second) if second else v
            point = step(point, m_hat / divisor(v_hat))
            positions.append(point)
            if memory == "corrected":
                m, v = m_hat, v_hat
            elif memory == "lost":
                m, v = 0 * m, 0 * v
        return torch.stack(positions)

    small = "Both moments begin at zero, and are too small at first."
    divide = "Divide m by 1 - beta1^t, and v by 1 - beta2^t."
    count = "The first step has t = 1."
    root = "The equation adds epsilon to the root: sqrt(v^) + epsilon."
    apart = "The decay stands beside the direction: theta - eta (direction + decay theta)."
    once = "Set them to zero once, before the loop."
    lost = "Your moments forget at every step what they were."
    plain = Mistake(right * torch.nan, "You divide by 1 - beta^0 = 0: you count the steps from 0.", count)
    if decay:
        return [
            Mistake(
                path(penalty=decay, step=lambda x, r: x - eta * r),
                "You add the decay to the gradient: that is an L2 penalty, and the moments scale it away.",
                apart,
            ),
            Mistake(path(step=lambda x, r: x - eta * r), "There is no decay in your step.", apart),
            Mistake(
                path(step=lambda x, r: x - eta * r - decay * x),
                "Your decay is not multiplied by eta.",
                apart,
            ),
            Mistake(
                path(step=lambda x, r: x - eta * (r - decay * x)),
                "Your decay makes the weights grow.",
                apart,
            ),
            Mistake(
                path(step=lambda x, r: (x - eta * r) * (1 - eta * decay)),
                "You shrink the weights after the step. The decay is that of theta as it was before.",
                apart,
            ),
        ]
    return [
        plain,
        Mistake(path(exponents=lambda t: (0, 0)), f"You do not correct the bias. {small}", divide),
        Mistake(path(exponents=lambda t: (t, 0)), f"You correct m, but not v. {small}", divide),
        Mistake(path(exponents=lambda t: (0, t)), f"You correct v, but not m. {small}", divide),
        Mistake(
            path(exponents=lambda t: (t + 1, t + 1)), "Your t is one too large in the correction.", count
        ),
        Mistake(
            path(exponents=lambda t: (1, 1)),
            "Your correction is the same at every step. It must fade.",
            count,
        ),
        Mistake(path(memory="lost"), lost, once),
        Mistake(path(memory="lost", exponents=lambda t: (1, 1)), lost, once),
        Mistake(
            path(memory="corrected"),
            "You write the corrected moments over m and v, so that the next step corrects them once more.",
            "Give m^ and v^ names of their own.",
        ),
        Mistake(path(divisor=lambda v: (v + s.epsilon).sqrt()), "Your epsilon stands under the root.", root),
        Mistake(path(divisor=lambda v: v.sqrt()), "There is no epsilon in your division.", root),
        Mistake(path(divisor=lambda v: v + s.epsilon), "You divide by v^. Adam divides by its root."),
        Mistake(
            path(squared=lambda g, m: m**2),
            "Your v is a mean of m squared. It is one of the squared gradients.",
            "Signs that change cancel in m. They must not cancel in v.",
        ),
        Mistake(
            path(squared=lambda g, m: g),
            "Your v is a mean of the gradients themselves, and where they are negative it has no root.",
            "Square them first.",
        ),
        Mistake(
            path(squared=lambda g, m: g.abs()),
            "Your v is a mean of absolute values. Asked is one of squares.",
        ),
        Mistake(
            path(kept=betas[::-1], new=rests[::-1], fade=betas[::-1]),
            "You have exchanged beta1 and beta2: beta1 belongs to m.",
        ),
        Mistake(path(kept=rests, new=betas), "You keep 1 - beta of a moment. beta is the share that stays."),
        Mistake(path(new=(1, 1)), "You add the whole gradient to the moments. Its share is 1 - beta."),
        Mistake(
            path(step=lambda x, r: x + eta * r), "You climb: against the gradient goes down, so subtract."
        ),
        Mistake(
            right[-1:].expand_as(right),
            "All rows of your result are the last position.",
            "A step in place, as `theta -= …`, changes every row that is the same tensor: append a clone.",
        ),
    ]
