"""What the accountant refuses, and how epsilon must move with noise, chance, steps and delta."""

import math

import pytest

from deepseek_book_utils.rl.policy.privacy import (
    epsilon_from_renyi,
    epsilon_spent,
    noise_for_epsilon,
    renyi_divergence,
)


@pytest.mark.parametrize(
    "change", [{"noise": 0}, {"sample_rate": 1.1}, {"sample_rate": -0.1}, {"order": 1}, {"order": math.inf}]
)
def test_divergences_without_sense(change) -> None:
    with pytest.raises(ValueError, match="take noise > 0, 0 <= sample_rate <= 1 and a finite order > 1"):
        renyi_divergence(**({"noise": 1.0, "sample_rate": 0.1, "order": 2.0} | change))


def test_questions_without_sense() -> None:
    with pytest.raises(ValueError, match="well below 1 / number of people"):
        epsilon_spent(1.0, 0.1, 10, delta=1.0)
    with pytest.raises(ValueError, match="neither can be negative"):
        epsilon_spent(-1.0, 0.1, 10, delta=1e-5)
    with pytest.raises(ValueError, match="finite epsilon > 0"):
        noise_for_epsilon(0.0, 0.1, 10, 1e-5)
    with pytest.raises(ValueError, match="shorter|longer|argument"):
        epsilon_from_renyi([1.0], 1e-5)


def test_epsilon_moves_as_it_must() -> None:
    middle = epsilon_spent(1.0, 0.05, 100, 1e-5)
    assert epsilon_spent(2.0, 0.05, 100, 1e-5) < middle < epsilon_spent(0.5, 0.05, 100, 1e-5)
    assert epsilon_spent(1.0, 0.01, 100, 1e-5) < middle < epsilon_spent(1.0, 0.5, 100, 1e-5)
    assert epsilon_spent(1.0, 0.05, 10, 1e-5) < middle < epsilon_spent(1.0, 0.05, 1000, 1e-5)
    assert epsilon_spent(1.0, 0.05, 100, 1e-3) < middle < epsilon_spent(1.0, 0.05, 100, 1e-7)
    assert middle < 100 * epsilon_spent(1.0, 0.05, 1, 1e-5)  # better than adding epsilons up


def test_the_ends() -> None:
    assert epsilon_spent(0.0, 0.05, 100, 1e-5) == math.inf
    assert epsilon_spent(0.0, 0.05, 0, 1e-5) == epsilon_spent(0.0, 0.0, 9, 1e-5) == 0.0
    assert epsilon_spent(100.0, 0.001, 1, 0.5) == 0.0  # never negative
    assert renyi_divergence(1.0, 0.0, 2.0) == 0.0
    # everybody takes part: two Gaussians with means one apart, alpha / (2 sigma^2)
    assert renyi_divergence(2.0, 1.0, 3.0) == pytest.approx(3 / 8)
    assert renyi_divergence(2.0, 1 - 1e-9, 3.0) == pytest.approx(3 / 8, rel=1e-6)


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 10.0])
def test_noise_for_a_budget(epsilon: float) -> None:
    noise = noise_for_epsilon(epsilon, 0.05, 40, 1e-4)
    assert epsilon_spent(noise, 0.05, 40, 1e-4) <= epsilon < epsilon_spent(0.995 * noise, 0.05, 40, 1e-4)
