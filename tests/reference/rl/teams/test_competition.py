"""Competition: gradient play, its circles, and how far a policy can be exploited, against formulas."""

import math

import numpy as np
import pytest

from deepseek_book_utils.rl.teams.competition import (
    both_actions,
    exploitability,
    gradient_play,
    reinforce_play,
)
from deepseek_book_utils.rl.teams.games import (
    OVER,
    MarkovGame,
    matching_pennies,
)

PENNIES = matching_pennies().payoffs[:, 0]


def test_gradient_play_climbs_the_gradient() -> None:
    """Any 2 x 2 game: the step is the slope of one's own expected payoff, by finite differences."""
    payoffs = np.random.default_rng(1).normal(size=(2, 2, 2))

    def utility(i: int, p: np.ndarray) -> float:
        first, second = both_actions(p)
        return float(first @ payoffs[i] @ second)

    p = np.array([0.3, 0.6])
    step = (gradient_play(payoffs, (0.3, 0.6), 1e-3, 1)[1] - p) / 1e-3
    for i in range(2):
        nudge = 1e-6 * np.eye(2)[i]
        assert step[i] == pytest.approx((utility(i, p + nudge) - utility(i, p - nudge)) / 2e-6, rel=1e-6)


def as_complex(path: np.ndarray) -> np.ndarray:
    return (path[:, 0] - 0.5) + 1j * (path[:, 1] - 0.5)


def test_simultaneous_play_is_an_outward_spiral() -> None:
    """du_0/dp = 4 (q - 1/2), du_1/dq = -4 (p - 1/2): with z = p + iq, z <- (1 - 4 i eta) z."""
    path = as_complex(gradient_play(PENNIES, (0.51, 0.5), 0.02, 300))
    assert path == pytest.approx((1 - 0.08j) ** np.arange(301) * 0.01)
    assert (np.diff(np.abs(path)) > 0).all()


def test_optimistic_play_is_an_inward_spiral() -> None:
    """z_t+1 = z_t - 4 i eta (2 z_t - z_t-1), after a first step without memory."""
    eta, slow = 0.02, [0.3 + 0j]
    slow.append(slow[0] * (1 - 4j * eta))
    for _ in range(499):
        slow.append(slow[-1] - 4j * eta * (2 * slow[-1] - slow[-2]))
    path = as_complex(gradient_play(PENNIES, (0.8, 0.5), eta, 500, "optimistic"))
    assert path == pytest.approx(np.array(slow))
    assert abs(path[-1]) < 0.25 * abs(path[0])


def test_the_average_of_the_circle_is_its_centre() -> None:
    path = gradient_play(PENNIES, (0.7, 0.5), 0.01, 5000)
    assert np.abs(path.mean(axis=0) - 0.5).max() < 0.01
    assert exploitability(PENNIES, both_actions(path.mean(axis=0))) < 0.05
    assert exploitability(PENNIES, both_actions(path[-1])) > 1.0


def test_exploitability_by_hand() -> None:
    assert exploitability(PENNIES, np.array([[0.5, 0.5], [0.5, 0.5]])) == 0.0
    # both show heads: agent 1 loses 1 and could win 1
    assert exploitability(PENNIES, np.array([[1.0, 0.0], [1.0, 0.0]])) == 2.0
    # the prisoners' dilemma: from silence both gain 1 by talking; when both talk, nobody moves
    dilemma = np.array([[[-1.0, -3.0], [0.0, -2.0]], [[-1.0, 0.0], [-3.0, -2.0]]])
    assert exploitability(dilemma, np.array([[1.0, 0.0], [1.0, 0.0]])) == 2.0
    assert exploitability(dilemma, np.array([[0.0, 1.0], [0.0, 1.0]])) == 0.0


def test_reinforce_follows_the_exact_gradient_on_average() -> None:
    """d E[r] / d logit = p (1 - p) d E[r] / d p; the mean of the sample as baseline costs one part in N."""
    start, rate, N = (0.7, 0.4), 0.1, 20_000
    path = reinforce_play(matching_pennies(), start, seed=0, learning_rate=rate, steps=1, episodes=N)
    logits = np.log(path / (1 - path))
    p, q = start
    expected = [p * (1 - p) * 4 * (q - 0.5), -q * (1 - q) * 4 * (p - 0.5)]
    assert (logits[1] - logits[0]) / rate == pytest.approx(expected, abs=5 / math.sqrt(N))


def test_a_constant_that_one_learner_always_gets_changes_nothing() -> None:
    pennies = matching_pennies()
    richer = MarkovGame(pennies.payoffs + np.array([100.0, 0.0]).reshape(2, 1, 1, 1))
    paths = [reinforce_play(game, (0.7, 0.4), 0, steps=20) for game in (pennies, richer)]
    assert paths[0] == pytest.approx(paths[1])


def test_a_game_that_goes_on() -> None:
    """Two rounds of one agent alone: the state changes, and the second action ends it."""
    game = MarkovGame(np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[1, 1], [OVER, OVER]]))
    game.reset()
    assert game.step({"agent_0": 1})[:3] == ({"agent_0": 1}, {"agent_0": 2.0}, {"agent_0": False})
    assert game.state().tolist() == [0.0, 1.0]
    assert game.step({"agent_0": 0})[1:3] == ({"agent_0": 3.0}, {"agent_0": True})
    assert game.agents == []
