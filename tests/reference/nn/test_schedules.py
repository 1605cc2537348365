"""Our schedules against torch.optim.lr_scheduler's: the learning rate of every step."""

import math

import pytest
import torch
from torch.optim import lr_scheduler

from deepseek_book_utils.nn.schedules import (
    PlateauSettings,
    PlateauState,
    cosine,
    pick_schedule,
    reduce_on_plateau,
    step_decay,
    warm_up,
)

BASE, STEPS = 0.3, 120


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)


def rates(build) -> list[float]:
    """The rate that torch would use in each step."""
    sgd = optimizer()
    scheduler, seen = build(sgd), []
    for _ in range(STEPS):
        seen.append(sgd.param_groups[0]["lr"])
        sgd.step()
        scheduler.step()
    return seen


CURVES = {
    "constant": (pick_schedule("constant"), lambda o: lr_scheduler.LambdaLR(o, lambda _: 1.0)),
    "step": (pick_schedule("step", every=30), lambda o: lr_scheduler.StepLR(o, 30)),
    "step, by halves": (
        pick_schedule("step", every=7, factor=0.5),
        lambda o: lr_scheduler.StepLR(o, 7, gamma=0.5),
    ),
    "exponential": (
        pick_schedule("exponential", factor=0.97),
        lambda o: lr_scheduler.ExponentialLR(o, gamma=0.97),
    ),
    "cosine": (pick_schedule("cosine", total=STEPS), lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)),
    "cosine with a floor": (
        pick_schedule("cosine", total=STEPS, floor=0.1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.1 * BASE),
    ),
}


def after_warm_up(build, length: int):
    """torch's linear warm-up from 1/length in length - 1 steps, then another schedule."""
    return lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LinearLR(o, start_factor=1 / length, total_iters=length - 1), build(o)],
        milestones=[length],
    )


@pytest.mark.parametrize("name", CURVES)
def test_curves_equal_torch(name) -> None:
    ours, build = CURVES[name]
    assert [BASE * ours(step) for step in range(STEPS)] == pytest.approx(rates(build), rel=1e-9, abs=1e-14)


WARM = {
    "constant": ({}, CURVES["constant"][1]),
    "step": ({"every": 30}, CURVES["step"][1]),
    "exponential": ({"factor": 0.97}, CURVES["exponential"][1]),
    "cosine": ({"total": STEPS}, CURVES["cosine"][1]),
}


@pytest.mark.filterwarnings("ignore:.*scheduler.step.*:UserWarning")
@pytest.mark.filterwarnings("ignore:.*epoch parameter.*:UserWarning")
@pytest.mark.parametrize("length", [2, 10, 37])
@pytest.mark.parametrize("name", WARM)
def test_warm_up_composes_with_each_as_in_torch(name, length) -> None:
    options, build = WARM[name]
    ours = pick_schedule(name, warm_up_steps=length, **options)
    reference = rates(after_warm_up(build, length))
    assert [BASE * ours(step) for step in range(STEPS)] == pytest.approx(reference, rel=1e-9, abs=1e-14)


def test_warm_up_by_hand() -> None:
    assert [warm_up(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    after = [warm_up(step, 2, lambda s: step_decay(s, every=2, factor=0.5)) for step in range(7)]
    assert after == [0.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25]  # `after` counts from 0 when the warm-up is over


def test_the_cosine_stays_at_its_floor() -> None:
    """torch's climbs again, which a run that is longer than planned would notice late."""
    assert [cosine(step, 10, floor=0.2) for step in (10, 11, 15, 20, 1000)] == [0.2] * 5
    assert cosine(0, 10, floor=0.2) == 1.0 and cosine(5, 10, floor=0.2) == pytest.approx(0.6)


def falls_and_stalls(seed: int, length: int = 300) -> list[float]:
    """A noisy loss that falls towards 0.2 and stays there, with a relapse in the middle."""
    noise = torch.randn(length, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return [
        0.2 + math.exp(-t / 20) + 0.02 * abs(noise[t].item()) + (0.3 if 100 < t < 110 else 0)
        for t in range(length)
    ]


PLATEAUS = [
    {},
    {"patience": 0},
    {"patience": 3, "factor": 0.5},
    {"patience": 3, "factor": 0.5, "cooldown": 5},
    {"patience": 2, "threshold": 0.05, "cooldown": 1},
    {"patience": 1, "factor": 0.7, "minimum": 0.01, "threshold": 0.0},
]


@pytest.mark.parametrize("case", PLATEAUS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_reduce_on_plateau_equals_torch(case, seed) -> None:
    """eps=0: torch would otherwise leave out reductions below 1e-8."""
    sgd = optimizer()
    theirs = dict(case)
    theirs["min_lr"] = theirs.pop("minimum", 0.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd, eps=0.0, **theirs)
    state, settings, seen = PlateauState(BASE), PlateauSettings(**case), set()
    for loss in falls_and_stalls(seed):
        state = reduce_on_plateau(state, loss, settings)
        scheduler.step(loss)
        assert state.learning_rate == pytest.approx(sgd.param_groups[0]["lr"], rel=1e-12)
        assert (state.best, state.waited) == (scheduler.best, scheduler.num_bad_epochs)
        assert state.resting == scheduler.cooldown_counter
        seen.add(state.learning_rate)
    assert len(seen) >= 4  # it was reduced several times


def test_a_loss_that_is_no_number_is_not_better() -> None:
    state = reduce_on_plateau(PlateauState(BASE, best=1.0), math.nan, PlateauSettings(patience=0))
    assert state == PlateauState(BASE * 0.1, best=1.0)
