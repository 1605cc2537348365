"""Grader of the exercise to chapter 2 about the schedule of the learning rate: warm-up, then a cosine."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ...nn.schedules import cosine, warm_up
from ..checking import Mistake, as_tensor, ask, compare

Rate = Callable[[int, int, int, float, float], float]


def learning_rate(answer: Rate, seed: int) -> None:
    """Grades `learning_rate(step, warm_up, total, peak, floor)`, one schedule at a time."""
    generator = torch.Generator().manual_seed(seed)
    for low, high, share in ((4, 9, 0.0), (5, 8, 0.2), (0, 1, 0.1)):
        length = int(torch.randint(low, high, (), generator=generator))
        total = length + int(torch.randint(12, 20, (), generator=generator))
        peak = 0.1 + float(torch.rand((), generator=generator, dtype=torch.float64))
        floor = share * peak
        about = f" for warm_up = {length}, total = {total}, peak = {peak:.3f} and floor = {floor:.3f}"
        steps = range(total + 6)
        rates = [as_tensor(ask(answer, step, length, total, peak, floor), torch.Size()) for step in steps]
        right = [_right_rate(step, length, total, peak, share) for step in steps]
        mistakes = _rate_mistakes(length, total, peak, floor, len(steps))
        compare(torch.stack(rates), torch.tensor(right, dtype=torch.float64), mistakes, about)


def _right_rate(step: int, length: int, total: int, peak: float, share: float) -> float:
    def fall(t: int) -> float:
        return cosine(t, total - length, share)

    return peak * (warm_up(step, length, fall) if length else fall(step))


def _rate_mistakes(length: int, total: int, peak: float, floor: float, count: int) -> list[Mistake]:
    """Schedules that are another in one place."""

    def rates(
        rise: Callable[[int], float] = lambda t: (t + 1) / length,
        progress: Callable[[int], float] = lambda t: (t - length) / (total - length),
        fall: Callable[[float], float] = lambda p: (1 + math.cos(math.pi * p)) / 2,
        between: Callable[[float], float] = lambda f: floor + (peak - floor) * f,
        limit: float = 1.0,
    ) -> Tensor:
        return torch.tensor(
            [peak * rise(t) if t < length else between(fall(min(progress(t), limit))) for t in range(count)],
            dtype=torch.float64,
        )

    after = total - length
    half = "From its top to its bottom the cosine goes through pi: (1 + cos(pi p)) / 2 with p from 0 to 1."
    long = "The cosine begins when the warm-up is over, and has total - warm_up steps."
    straight = "It rises in a straight line: peak / warm_up, 2 peak / warm_up, …, peak."
    swing = "(peak - floor) is what the cosine swings through, and the floor is added to that."
    return [
        Mistake(
            rates(rise=lambda t: t / length),
            "Your first rate is zero: that step would teach nothing.",
            straight,
        ),
        Mistake(rates(rise=lambda t: 1.0), "There is no warm-up: your first rate is the peak.", straight),
        Mistake(
            rates(rise=lambda t: (floor + (peak - floor) * (t + 1) / length) / peak),
            "Your warm-up rises from the floor. Asked is one that rises from zero.",
            straight,
        ),
        Mistake(rates(progress=lambda t: t / total), "Your cosine counts from the start of training.", long),
        Mistake(rates(progress=lambda t: t / after), "Your cosine counts from the start of training.", long),
        Mistake(
            rates(progress=lambda t: (t - length) / total), "Your cosine takes `total` steps by itself.", long
        ),
        Mistake(
            rates(progress=lambda t: (t - length + 1) / after),
            "Your cosine is one step ahead: its first rate must be the peak.",
            "At step = warm_up its progress is 0.",
        ),
        Mistake(
            rates(progress=lambda t: (t - length) / (after - 1)),
            "Your cosine is at the floor one step too early. It gets there at step = total.",
        ),
        Mistake(
            rates(between=lambda f: floor + peak * f),
            "You add the floor to the whole cosine: it starts above the peak.",
            swing,
        ),
        Mistake(
            rates(between=lambda f: max(floor, peak * f)),
            "You cut the cosine off at the floor. It must come to rest there.",
            swing,
        ),
        Mistake(rates(between=lambda f: peak * f), "Your cosine goes down to zero, not to the floor.", swing),
        Mistake(
            rates(between=lambda f: peak * (floor + (1 - floor) * f)),
            "You take the floor for a share of the peak. It is a learning rate.",
            swing,
        ),
        Mistake(
            rates(limit=math.inf),
            "After `total` steps your rate climbs again. It must stay at the floor.",
            "`min`",
        ),
        Mistake(
            rates(fall=lambda p: math.cos(math.pi * p)),
            "Your cosine goes below the floor, to minus one.",
            half,
        ),
        Mistake(rates(fall=lambda p: math.cos(math.pi * p / 2)), "Your cosine is a quarter of a wave.", half),
        Mistake(
            rates(fall=lambda p: (1 + math.cos(2 * math.pi * p)) / 2), "Your cosine is a whole wave.", half
        ),
        Mistake(
            rates(fall=lambda p: (1 + math.cos(180 * p)) / 2),
            "You count in degrees. `math.cos` takes radians.",
            half,
        ),
        Mistake(rates(fall=lambda p: (1 + math.cos(p)) / 2), "There is no pi in your cosine.", half),
        Mistake(rates(fall=lambda p: (1 - math.cos(math.pi * p)) / 2), "Your cosine rises.", half),
        Mistake(rates(fall=lambda p: 1 - p), "You go down in a straight line. Asked is a cosine.", half),
    ]
