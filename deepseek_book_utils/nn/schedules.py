"""Learning rate schedules as free functions of the step, counted from 0, that return a
factor: multiply the learning rate by it.

    factor = pick_schedule("cosine", total=1000)
    for step in range(1000):
        optimizer.step(learning_rate=0.1 * factor(step))

Reduce-on-plateau depends on the losses seen so far, not on the step; it is a function
from a state and a loss to the next state.

Left out: restarts (the cosine stays at its floor, where torch's climbs again), other
ways of warming up, cyclic schedules.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from ..settings import check_ranges

Schedule = Callable[[int], float]


def check_counts(step: int, **lengths: int) -> None:
    """Raise ValueError unless step >= 0 and every length >= 1."""
    if step < 0:
        raise ValueError(f"step = {step}: count the steps from 0.")
    for name, length in lengths.items():
        if length < 1:
            raise ValueError(f"{name} = {length} is no length: take {name} >= 1.")


def check_factor(factor: float) -> None:
    """Raise ValueError unless 0 < factor <= 1."""
    if not 0 < factor <= 1:
        raise ValueError(
            f"factor = {factor} would not lower the rate: take 0 < factor <= 1."
        )


def constant(step: int) -> float:
    """The learning rate as it is: 1 at every step."""
    check_counts(step)
    return 1.0


def step_decay(step: int, every: int, factor: float = 0.1) -> float:
    """Multiply by `factor` after each `every` steps; raises ValueError on values that
    make no sense.
    """
    check_counts(step, every=every)
    check_factor(factor)
    return factor ** (step // every)


def exponential(step: int, factor: float) -> float:
    """Multiply by `factor` after each step; raises ValueError on values that make no
    sense.
    """
    check_counts(step)
    check_factor(factor)
    return factor**step


def cosine(step: int, total: int, floor: float = 0.0) -> float:
    """From 1 down to `floor` along half a cosine, in `total` steps; it stays there.

    Raises ValueError on values that make no sense.
    """
    check_counts(step, total=total)
    if not 0 <= floor <= 1:
        raise ValueError(
            f"floor = {floor} is a fraction of the learning rate: take 0 <= floor <= 1."
        )
    # eta_min + (eta_max - eta_min) (1 + cos(pi T_cur / T)) / 2
    #                               SGDR, Loshchilov and Hutter, arXiv 1608.03983, eq. 5
    progress = min(step, total) / total
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


def warm_up(step: int, length: int, after: Schedule = constant) -> float:
    """Rise in a straight line, 1/length, 2/length, ..., 1, then follow `after`, which
    counts from 0 again.

    Gradual warm-up of Goyal et al. (arXiv 1706.02677, section 2.2). The first step is
    not zero: it would teach nothing. Raises ValueError on values that make no sense.
    """
    check_counts(step, length=length)
    return (step + 1) / length if step < length else after(step - length)


SCHEDULES: dict[str, Callable[..., float]] = {
    "constant": constant,
    "step": step_decay,
    "exponential": exponential,
    "cosine": cosine,
}


def pick_schedule(name: str, warm_up_steps: int = 0, **options: float) -> Schedule:
    """The schedule of this name as a function of the step alone, behind a warm-up if
    asked for: `pick_schedule("cosine", warm_up_steps=100, total=900)`.

    Raises ValueError on an unknown name, or options that the schedule does not take.
    """
    if name not in SCHEDULES:
        raise ValueError(
            f"Unknown schedule {name!r}: choose one of {', '.join(SCHEDULES)}. "
            "(A warm-up goes before any of them: warm_up_steps=100. For a rate that "
            "falls when the loss stops falling, call reduce_on_plateau.)"
        )
    if warm_up_steps < 0:
        raise ValueError(f"warm_up_steps = {warm_up_steps}: take 0 for no warm-up.")
    schedule = partial(SCHEDULES[name], **options)
    try:
        schedule(0)  # a wrong option is better met here than in the training loop
    except TypeError as error:
        raise ValueError(f"Schedule {name!r}: {error}. Correct the options.") from error
    if not warm_up_steps:
        return schedule
    return partial(warm_up, length=warm_up_steps, after=schedule)


@dataclass(frozen=True)
class PlateauSettings:
    """Settings of `reduce_on_plateau`; raises ValueError on values without sense."""

    factor: float = 0.1  # what the learning rate is multiplied by
    patience: int = 10  # so many losses in a row may bring nothing better
    threshold: float = 1e-4  # better means: lower by this fraction of the best
    cooldown: int = 0  # so many losses after a reduction are not counted
    minimum: float = 0.0  # the learning rate stops here

    def __post_init__(self) -> None:
        check_ranges(
            self,
            between=("factor",),
            whole=("patience", "cooldown"),
            not_negative=("threshold", "minimum"),
        )


class PlateauState(NamedTuple):
    """What `reduce_on_plateau` remembers; begin with `PlateauState(learning_rate)`."""

    learning_rate: float
    best: float = math.inf  # lowest loss so far
    waited: int = 0  # losses since then
    resting: int = 0  # losses that the cooldown still ignores


def reduce_on_plateau(
    state: PlateauState, loss: float, settings: PlateauSettings
) -> PlateauState:
    """The next state, after one more loss: its learning rate falls when the loss has
    not fallen for longer than `patience`.

    `loss` should be positive: "better" is a fraction of the best. A loss that is NaN
    counts as not better. Unlike torch's, it also makes reductions below 1e-8.
    """
    rate, best, waited, resting = state
    if loss < best * (1 - settings.threshold):
        best, waited = loss, 0
    else:
        waited += 1
    if resting:
        resting, waited = resting - 1, 0
    if waited > settings.patience:
        rate = max(rate * settings.factor, settings.minimum)
        waited, resting = 0, settings.cooldown
    return PlateauState(rate, best, waited, resting)
