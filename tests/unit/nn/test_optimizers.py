"""What the optimisers refuse, and what they say."""

import math

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.optimizers import (
    AdamSettings,
    LAMBSettings,
    Optimizer,
    SGDSettings,
    adam,
    adamw,
    lamb,
    sgd,
)

SETTINGS = [SGDSettings, AdamSettings, LAMBSettings]
RULES = [(sgd, SGDSettings()), (adam, AdamSettings()), (adamw, AdamSettings()), (lamb, LAMBSettings())]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("value", [-1e-3, math.nan, math.inf])
@pytest.mark.parametrize("name", ["learning_rate", "weight_decay"])
def test_rates_are_finite_and_not_negative(settings, value, name) -> None:
    with pytest.raises(ValueError, match=f"{name} = {value} .*take {name} >= 0"):
        settings(**{name: value})


@pytest.mark.parametrize("value", [1.0, -0.1, math.nan])
@pytest.mark.parametrize(
    ("settings", "name"), [(SGDSettings, "momentum"), (AdamSettings, "beta1"), (LAMBSettings, "beta2")]
)
def test_what_remembers_must_forget(settings, name, value) -> None:
    with pytest.raises(ValueError, match=f"take 0 <= {name} < 1"):
        settings(**{name: value})


@pytest.mark.parametrize("settings", [AdamSettings, LAMBSettings])
@pytest.mark.parametrize("value", [-1e-8, math.nan])
def test_epsilon_is_not_negative(settings, value) -> None:
    with pytest.raises(ValueError, match="take epsilon >= 0"):
        settings(epsilon=value)


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(ValueError, match="take momentum > 0"):
        SGDSettings(nesterov=True)


@pytest.mark.parametrize(("rule", "settings"), RULES)
def test_shapes_are_not_broadcast(rule, settings) -> None:
    """torch would: a gradient (3,) fits a parameter (3, 3), and every row would move alike."""
    with pytest.raises(ValueError, match=r"\(3, 3\) got a gradient \(3,\): .*this very parameter"):
        rule(torch.ones(3, 3), torch.ones(3), None, settings)


@pytest.mark.parametrize(("rule", "settings"), RULES[1:])
def test_the_clock_of_a_parameter_is_one_number(rule, settings) -> None:
    _, moments = rule(torch.ones(2), torch.ones(2), None, settings)
    assert moments.step == 1 and rule(torch.ones(2), torch.ones(2), moments, settings)[1].step == 2


def test_an_optimizer_without_parameters() -> None:
    parameters = nn.Linear(2, 1).parameters()
    list(parameters)  # a generator that was read
    with pytest.raises(ValueError, match=r"pass model.parameters\(\), fresh"):
        Optimizer(parameters, sgd, SGDSettings())


def test_a_step_before_the_backward_pass() -> None:
    model = nn.Linear(2, 1)
    optimizer = Optimizer(model.parameters(), sgd, SGDSettings())
    with pytest.raises(ValueError, match=r"call loss.backward\(\) first"):
        optimizer.step()
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    with pytest.raises(ValueError, match=r"call loss.backward\(\) first"):
        optimizer.step()


def test_a_schedule_that_goes_below_zero_is_noticed() -> None:
    model = nn.Linear(2, 1)
    optimizer = Optimizer(model.parameters(), adam, AdamSettings())
    model(torch.ones(1, 2)).sum().backward()
    with pytest.raises(ValueError, match="learning_rate = -0.1"):
        optimizer.step(learning_rate=-0.1)
    before = model.weight.detach().clone()
    optimizer.step(learning_rate=0.0)
    assert torch.equal(model.weight, before)
