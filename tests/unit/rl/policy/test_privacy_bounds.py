"""The accountant's searches end, and say why where they find nothing."""

import math
import time

import pytest

from deepseek_book_utils.rl.policy.privacy import (
    LEAST_NOISE,
    ORDERS,
    epsilon_from_renyi,
    epsilon_spent,
    noise_for_epsilon,
    renyi_divergence,
)


def test_a_budget_below_what_the_orders_can_tell_is_out_of_reach() -> None:
    """However much noise: at delta 1e-5 steps that tell nothing are counted as 0.00837."""
    floor = epsilon_from_renyi([0.0] * len(ORDERS), 1e-5)
    assert floor == pytest.approx(0.008367, rel=1e-3)
    started = time.process_time()
    with pytest.raises(ValueError, match=r"never tells less than 0\.008367. Take a larger epsilon or delta"):
        noise_for_epsilon(0.005, 0.01, 100, 1e-5)
    assert time.process_time() - started < 1


def test_a_budget_near_the_floor_is_met() -> None:
    noise = noise_for_epsilon(0.02, 0.01, 10, 1e-5)
    assert epsilon_spent(noise, 0.01, 10, 1e-5) <= 0.02 < epsilon_spent(0.99 * noise, 0.01, 10, 1e-5)


def test_a_large_budget_gets_its_own_noise_and_not_a_tenth() -> None:
    noise = noise_for_epsilon(500.0, 1.0, 2, 1e-5)
    assert LEAST_NOISE < noise < 0.1
    assert epsilon_spent(noise, 1.0, 2, 1e-5) <= 500 < epsilon_spent(0.995 * noise, 1.0, 2, 1e-5)


@pytest.mark.parametrize("sample_rate", [1.0, 0.5])
def test_a_budget_that_hides_nobody_is_refused(sample_rate) -> None:
    with pytest.raises(ValueError, match="asks for a noise below 0.05, which hides hardly anybody"):
        noise_for_epsilon(1e9, sample_rate, 10, 1e-4)


def test_noise_so_small_that_its_sum_would_take_minutes_is_refused() -> None:
    started = time.process_time()
    with pytest.raises(
        ValueError, match="hides hardly anybody, and to count what it tells would take minutes"
    ):
        epsilon_spent(0.01, 0.01, 100, 1e-5)
    assert time.process_time() - started < 1
    assert renyi_divergence(0.01, 1.0, 2.0) == pytest.approx(1e4)  # no coin, no sum
    assert math.isfinite(renyi_divergence(LEAST_NOISE, 0.5, 2.0))


@pytest.mark.parametrize("bad", [math.nan, -1.0, 0.0, math.inf])
def test_numbers_without_sense_are_refused(bad) -> None:
    with pytest.raises(ValueError, match="finite epsilon > 0"):
        noise_for_epsilon(bad, 0.1, 10, 1e-5)
