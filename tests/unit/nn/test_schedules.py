"""What the schedules refuse, and what they say; what they do at the ends of their ranges."""

import math

import pytest

from deepseek_book_utils.nn.schedules import (
    PlateauSettings,
    PlateauState,
    constant,
    cosine,
    exponential,
    pick_schedule,
    reduce_on_plateau,
    step_decay,
    warm_up,
)


@pytest.mark.parametrize("name", ["cosinus", "Cosine", "", "plateau"])
def test_an_unknown_schedule_lists_the_names(name) -> None:
    with pytest.raises(ValueError, match=f"Unknown schedule '{name}'.*constant, step, exponential, cosine"):
        pick_schedule(name)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cosine", {}, "total.*Correct the options"),
        ("step", {"total": 3}, "total.*Correct the options"),
        ("constant", {"factor": 0.5}, "factor.*Correct the options"),
        ("cosine", {"total": 0}, "take total >= 1"),
        ("cosine", {"total": 10, "warm_up_steps": -1}, "take 0 for no warm-up"),
    ],
)
def test_wrong_options_are_met_before_the_training(name, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        pick_schedule(name, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: constant(-1), "count the steps from 0"),
        (lambda: step_decay(-1, every=3), "count the steps from 0"),
        (lambda: exponential(-1, factor=0.9), "count the steps from 0"),
        (lambda: cosine(-1, total=3), "count the steps from 0"),
        (lambda: warm_up(-1, length=3), "count the steps from 0"),
        (lambda: warm_up(0, length=0), "take length >= 1"),
        (lambda: step_decay(0, every=0), "take every >= 1"),
        (lambda: step_decay(0, every=3, factor=1.5), "take 0 < factor <= 1"),
        (lambda: exponential(0, factor=0.0), "take 0 < factor <= 1"),
        (lambda: cosine(0, total=3, floor=2.0), "take 0 <= floor <= 1"),
        (lambda: cosine(0, total=3, floor=-0.5), "take 0 <= floor <= 1"),
        (lambda: PlateauSettings(factor=1.0), "take 0 < factor < 1"),
        (lambda: PlateauSettings(patience=-1), "take patience >= 0"),
        (lambda: PlateauSettings(threshold=-0.1), "take threshold >= 0"),
        (lambda: PlateauSettings(cooldown=-1), "take cooldown >= 0"),
        (lambda: PlateauSettings(minimum=-0.1), "take minimum >= 0"),
    ],
)
def test_values_that_make_no_sense(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_length_of_one_is_a_length() -> None:
    assert [cosine(step, total=1, floor=0.25) for step in (0, 1, 2)] == [1, 0.25, 0.25]
    assert [step_decay(step, every=1, factor=0.5) for step in (0, 1, 2)] == [1, 0.5, 0.25]
    assert [warm_up(step, length=1, after=exponential_half) for step in (0, 1, 2)] == [1, 1, 0.5]


def exponential_half(step: int) -> float:
    return exponential(step, 0.5)


def test_without_a_warm_up_a_picked_schedule_is_itself() -> None:
    picked = pick_schedule("cosine", total=4, floor=0.5)
    assert [picked(step) for step in range(6)] == [cosine(step, 4, 0.5) for step in range(6)]


def rates(losses: list[float], settings: PlateauSettings) -> list[float]:
    """The rate after each loss, from 1 on."""
    state, found = PlateauState(1.0), []
    for loss in losses:
        state = reduce_on_plateau(state, loss, settings)
        found.append(state.learning_rate)
    return found


def test_a_plateau_counts_from_the_first_loss_even_if_it_is_no_number() -> None:
    settings = PlateauSettings(factor=0.5, patience=2, cooldown=0)
    assert rates([math.nan] * 6, settings) == [1, 1, 0.5, 0.5, 0.5, 0.25]


def test_an_equal_loss_is_not_better() -> None:
    """Nor is one better by exactly the threshold: torch asks for less than that."""
    still = PlateauSettings(factor=0.5, patience=0, threshold=0.0, cooldown=0)
    assert rates([1.0, 1.0, 1.0], still) == [1, 0.5, 0.25]
    quarter = PlateauSettings(factor=0.5, patience=0, threshold=0.25, cooldown=0)
    assert rates([1.0, 0.75, 0.74], quarter) == [1, 0.5, 0.5]
