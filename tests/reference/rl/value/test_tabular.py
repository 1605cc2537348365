"""Value iteration against policy iteration and a linear program; Q-learning against numbers worked by hand
and against value iteration.
"""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from scipy.optimize import linprog

from deepseek_book_utils.rl.value.tabular import (
    QLearningSettings,
    best_actions,
    evaluate_policy,
    q_learning,
    reachable_states,
    value_iteration,
)

TASKS = ["FrozenLake-v1", "CliffWalking-v1", "CliffWalkingSlippery-v1", "Taxi-v4"]
FROZEN_LAKE = QLearningSettings(episodes=10_000, decay=0.6, epsilon=1.0, final_epsilon=0.0)
TAXI = QLearningSettings(episodes=5_000, epsilon=1.0, final_epsilon=0.0)
SEEDS = range(10, 15)


def model_of(task: str) -> dict:
    return gymnasium.make(task).unwrapped.P


def starts_of(task: str) -> np.ndarray:
    return np.flatnonzero(gymnasium.make(task).unwrapped.initial_state_distrib)


def backup(model: dict, values: np.ndarray, s: int, a: int, gamma: float) -> float:
    """One sum over the outcomes, as the book prints it."""
    return sum(p * (r + (0 if end else gamma * values[after])) for p, after, r, end in model[s][a])


def policy_iteration(model: dict, gamma: float) -> np.ndarray:
    """Howard's algorithm, outcome by outcome: solve for the values, improve, until nothing changes."""
    S, A = len(model), len(model[0])
    policy = np.zeros(S, dtype=int)
    while True:
        matrix, vector = np.eye(S), np.zeros(S)
        for s in range(S):
            for p, after, r, end in model[s][policy[s]]:
                vector[s] += p * r
                matrix[s, after] -= 0 if end else gamma * p
        values = np.linalg.solve(matrix, vector)
        q = np.array([[backup(model, values, s, a, gamma) for a in range(A)] for s in range(S)])
        better = q.max(axis=1) > q[np.arange(S), policy] + 1e-10
        if not better.any():
            return q
        policy[better] = q[better].argmax(axis=1)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("gamma", [0.5, 0.99])
def test_value_iteration_equals_policy_iteration(task, gamma) -> None:
    model = model_of(task)
    assert np.abs(value_iteration(model, gamma) - policy_iteration(model, gamma)).max() < 1e-8


@pytest.mark.parametrize("task", TASKS)
def test_value_iteration_equals_the_linear_program(task) -> None:
    """The smallest V with V(s) >= r + gamma E V(s') for every action."""
    model, gamma = model_of(task), 0.99
    S, A = len(model), len(model[0])
    rows, limits = np.zeros((S * A, S)), np.zeros(S * A)
    for s in range(S):
        for a in range(A):
            rows[s * A + a, s] -= 1
            for p, after, r, end in model[s][a]:
                limits[s * A + a] -= p * r
                rows[s * A + a, after] += 0 if end else gamma * p
    solution = linprog(np.ones(S), A_ub=rows, b_ub=limits, bounds=(None, None))
    assert solution.success
    assert np.abs(value_iteration(model, gamma).max(axis=1) - solution.x).max() < 1e-5


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-6])
def test_value_iteration_keeps_its_tolerance(tolerance) -> None:
    model = model_of("FrozenLake-v1")
    error = np.abs(value_iteration(model, 0.99, tolerance) - policy_iteration(model, 0.99)).max()
    assert error <= tolerance


def test_value_iteration_of_a_toy_by_hand() -> None:
    """Stay for 1, or leave for 5. Behind the end the model goes on paying, and that must not count."""
    model = {
        0: {0: [(1.0, 0, 1.0, False)], 1: [(1.0, 1, 5.0, True)]},
        1: {a: [(1.0, 1, 100.0, False)] for a in (0, 1)},
    }
    assert value_iteration(model, 0.9)[0] == pytest.approx([10.0, 5.0])  # 1 / (1 - 0.9)
    assert value_iteration(model, 0.5)[0] == pytest.approx([1 + 0.5 * 5, 5.0])
    assert evaluate_policy(model, np.array([1, 0]), 0.9) == pytest.approx([5.0, 1000.0])


@pytest.mark.parametrize("task", TASKS)
def test_the_value_of_the_best_policy_is_the_best_value(task) -> None:
    model = model_of(task)
    q = value_iteration(model, 0.99)
    assert evaluate_policy(model, q.argmax(axis=1), 0.99) == pytest.approx(q.max(axis=1), abs=1e-7)


# --- Q-learning by hand -------------------------------------------------------------------------------------


class Script:
    """A task that ignores the action: (observation, reward, terminated, truncated), one tuple a step."""

    observation_space, action_space = Discrete(3), Discrete(1)

    def __init__(self, *steps: tuple[int, float, bool, bool]) -> None:
        self.steps = steps

    def reset(self, seed: int | None = None) -> tuple[int, dict]:
        self.left = list(self.steps)
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict]:
        return (*self.left.pop(0), {})


def learn(steps: tuple, **settings) -> list[float]:
    return q_learning(Script(*steps), QLearningSettings(discount=0.5, **settings), 0).q[:, 0].tolist()


def test_updates_by_hand() -> None:
    """0 -> 1 pays 2, 1 -> 2 pays 4 and ends. With alpha = 1 the end's news takes one episode to come to 0."""
    steps = ((1, 2.0, False, False), (2, 4.0, True, False))
    assert learn(steps, episodes=1) == [2.0, 4.0, 0.0]
    assert learn(steps, episodes=2) == [2.0 + 0.5 * 4, 4.0, 0.0]


def test_updates_by_hand_with_a_rate_that_falls() -> None:
    """alpha = 1, 1/2, 1/3: Q(0) is 2, then 2 + (4 - 2) / 2 = 3, then 3 + (4 - 3) / 3; Q(1) stays 4."""
    steps = ((1, 2.0, False, False), (2, 4.0, True, False))
    assert learn(steps, episodes=2, decay=1.0) == pytest.approx([3.0, 4.0, 0.0])
    assert learn(steps, episodes=3, decay=1.0) == pytest.approx([10 / 3, 4.0, 0.0])
    # alpha = 2^-0.5 at the second visit
    assert learn(steps, episodes=2, decay=0.5)[0] == pytest.approx(2 + 2 * 2**-0.5)


@pytest.mark.parametrize(("terminated", "truncated"), [(True, False), (True, True), (False, True)])
def test_time_running_out_is_not_an_end(terminated, truncated) -> None:
    """0 -> 0 pays 1 each time. Cut off after four steps it is worth 1 / (1 - 0.5) = 2 all the same."""
    steps = ((0, 1.0, False, False),) * 3 + ((0, 1.0, terminated, truncated),)
    value = learn(steps, episodes=20)[0]
    assert value == pytest.approx(1.0 if terminated else 2.0, abs=1e-6)  # the end: the last word is 1


def test_q_learning_learns_about_the_best_action_not_about_the_one_it_takes() -> None:
    """With random actions throughout it still learns the values of the best ones: it is off-policy."""
    settings = QLearningSettings(episodes=60, discount=0.9, epsilon=1.0, final_epsilon=1.0)
    task = "CliffWalking-v1"
    learned, truth = q_learning(gymnasium.make(task), settings, 10), value_iteration(model_of(task), 0.9)
    assert np.abs(learned.q - truth)[learned.visits > 20].max() < 1e-6
    assert (learned.visits > 20).sum() > 100


# --- Q-learning against value iteration ---------------------------------------------------------------------


def compare(task: str, settings: QLearningSettings, seed: int) -> float:
    """Assert that the learned policy is optimal wherever it comes; the error of Q for what it does."""
    model, truth = model_of(task), value_iteration(model_of(task), settings.discount)
    learned = q_learning(gymnasium.make(task), settings, seed)
    policy = learned.q.argmax(axis=1)
    states = reachable_states(model, policy, starts_of(task))
    assert best_actions(truth)[states, policy[states]].all()
    values = evaluate_policy(model, policy, settings.discount)
    assert values[states] == pytest.approx(truth.max(axis=1)[states], abs=1e-6)
    return float(np.abs(learned.q - truth)[states, policy[states]].max())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cliff(seed) -> None:
    assert compare("CliffWalking-v1", QLearningSettings(), seed) < 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_the_frozen_lake(seed) -> None:
    assert compare("FrozenLake-v1", FROZEN_LAKE, seed) < 0.1


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_the_taxi(seed) -> None:
    assert compare("Taxi-v4", TAXI, seed) < 1e-9


def test_the_frozen_lake_needs_a_rate_that_falls() -> None:
    """alpha = 1 believes the last slip: the values stay far from the truth."""
    settings = QLearningSettings(episodes=2000, epsilon=1.0, final_epsilon=0.0)
    learned = q_learning(gymnasium.make("FrozenLake-v1"), settings, 10)
    truth = value_iteration(model_of("FrozenLake-v1"), 0.99)
    assert np.abs(learned.q - truth).max() > 0.3
