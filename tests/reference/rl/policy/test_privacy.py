"""The accountant against opacus, number for number, and against an integral worked with scipy."""

import math
import warnings

import numpy as np
import pytest
from opacus.accountants import RDPAccountant
from opacus.accountants.analysis.rdp import compute_rdp, get_privacy_spent
from scipy import integrate

from deepseek_book_utils.rl.policy.privacy import (
    ORDERS,
    epsilon_from_renyi,
    epsilon_spent,
    renyi_divergence,
)

THEIR_ORDERS = RDPAccountant.DEFAULT_ALPHAS


@pytest.mark.parametrize("noise", [0.3, 1.1, 4.0, 20.0])
@pytest.mark.parametrize("rate", [1e-4, 0.05, 0.5, 0.99, 1.0])
def test_divergences_equal_opacus(noise: float, rate: float) -> None:
    """Their series for fractional orders stops at terms near 1e-13: the absolute tolerance."""
    orders = [*THEIR_ORDERS, 128, 256]
    theirs = compute_rdp(q=rate, noise_multiplier=noise, steps=1, orders=orders)
    ours = [renyi_divergence(noise, rate, order) for order in orders]
    assert np.allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("noise", [0.5, 1.1, 5.0])
@pytest.mark.parametrize("rate", [0.001, 0.05, 1.0])
@pytest.mark.parametrize("steps", [1, 100, 5000])
@pytest.mark.parametrize("delta", [1e-3, 1e-6])
def test_epsilon_equals_opacus(noise: float, rate: float, steps: int, delta: float) -> None:
    accountant = RDPAccountant()
    accountant.history = [(noise, rate, steps)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs says so when the best order is its first or last
        theirs = accountant.get_epsilon(delta)
    ours = epsilon_spent(noise, rate, steps, delta, THEIR_ORDERS)
    assert ours == pytest.approx(max(theirs, 0), rel=1e-6, abs=1e-6)
    assert epsilon_spent(noise, rate, steps, delta) <= ours + 1e-12  # more orders: never worse


def test_a_known_value() -> None:
    assert epsilon_spent(1.1, 0.01, 1000, 1e-5) == pytest.approx(1.7118, abs=1e-4)


def test_different_steps_add_up_as_in_opacus() -> None:
    history = [(1.0, 0.01, 200), (2.0, 0.1, 50)]
    spent = [
        sum(steps * renyi_divergence(noise, rate, order) for noise, rate, steps in history)
        for order in THEIR_ORDERS
    ]
    accountant = RDPAccountant()
    accountant.history = history
    theirs = accountant.get_epsilon(1e-5)
    assert epsilon_from_renyi(spent, 1e-5, THEIR_ORDERS) == pytest.approx(theirs, rel=1e-7)
    assert get_privacy_spent(orders=THEIR_ORDERS, rdp=np.array(spent), delta=1e-5)[0] == pytest.approx(
        theirs, rel=1e-7
    )


@pytest.mark.parametrize(("noise", "rate", "order"), [(1.0, 0.1, 2.5), (0.6, 0.03, 7.0), (3.0, 0.4, 33.3)])
def test_divergence_equals_an_integral(noise: float, rate: float, order: float) -> None:
    """1 / (alpha - 1) log of the integral of p^alpha q^(1 - alpha), p a mixture of two Gaussians."""

    def log_normal(z: float, mean: float) -> float:
        return -((z - mean) ** 2) / (2 * noise**2) - math.log(noise * math.sqrt(2 * math.pi))

    def integrand(z: float) -> float:
        without = log_normal(z, 0)
        with_them = np.logaddexp(math.log1p(-rate) + without, math.log(rate) + log_normal(z, 1))
        return math.exp(order * with_them + (1 - order) * without)

    points = np.linspace(-10 * noise, order + 10 * noise, 60)
    moment = integrate.quad(
        integrand, points[0], points[-1], points=points[1:-1], limit=500, epsabs=0, epsrel=1e-11
    )[0]
    assert renyi_divergence(noise, rate, order) == pytest.approx(math.log(moment) / (order - 1), rel=1e-8)


@pytest.mark.parametrize("order", [2, 3, 8])
def test_whole_orders_by_the_binomial_theorem(order: int) -> None:
    """A sum over k of (alpha over k) (1 - q)^(alpha - k) q^k exp((k^2 - k) / (2 sigma^2))."""
    noise, rate = 1.3, 0.2
    terms = (
        math.comb(order, k) * (1 - rate) ** (order - k) * rate**k * math.exp((k * k - k) / (2 * noise**2))
        for k in range(order + 1)
    )
    assert renyi_divergence(noise, rate, order) == pytest.approx(
        math.log(sum(terms)) / (order - 1), rel=1e-11
    )
    assert order in ORDERS
