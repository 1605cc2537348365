"""What the schedules refuse, and what they say."""

import pytest

from deepseek_book_utils.nn.schedules import (
    PlateauSettings,
    constant,
    cosine,
    exponential,
    pick_schedule,
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
