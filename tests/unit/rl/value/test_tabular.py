"""What tabular Q-learning refuses, and what it keeps track of."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete

from deepseek_book_utils.rl.value.tabular import (
    QLearningSettings,
    best_actions,
    count_states_and_actions,
    evaluate_policy,
    q_learning,
    reachable_states,
    td_target,
    value_iteration,
)

LAKE = gymnasium.make("FrozenLake-v1")


@pytest.mark.parametrize("discount", [1.0, -0.1, float("nan")])
def test_discount_below_one(discount) -> None:
    for call in (
        lambda: QLearningSettings(discount=discount),
        lambda: value_iteration(LAKE.unwrapped.P, discount),
        lambda: evaluate_policy(LAKE.unwrapped.P, np.zeros(16, dtype=int), discount),
    ):
        with pytest.raises(ValueError, match="take 0 <= discount < 1"):
            call()


@pytest.mark.parametrize(
    ("task", "name"), [("CartPole-v1", "observation_space"), ("Blackjack-v1", "observation_space")]
)
def test_a_table_needs_numbers(task, name) -> None:
    with pytest.raises(ValueError, match=f"Discrete spaces counted from 0, but {name} is .*DQN"):
        q_learning(gymnasium.make(task), QLearningSettings(), 0)


def test_a_table_counts_from_zero() -> None:
    class Shifted:
        observation_space, action_space = Discrete(3), Discrete(2, start=1)

    with pytest.raises(ValueError, match="counted from 0, but action_space is"):
        count_states_and_actions(Shifted())
    assert count_states_and_actions(LAKE) == (16, 4)


def test_a_space_without_a_start_counts_from_zero() -> None:
    class Numbers:
        n = 3

    class Bare:
        observation_space, action_space = Numbers(), Discrete(2)

    assert count_states_and_actions(Bare()) == (3, 2)


def test_without_a_future_actions_are_worth_what_they_pay() -> None:
    model = LAKE.unwrapped.P
    paid = [[sum(p * r for p, _, r, _ in model[s][a]) for a in range(4)] for s in range(16)]
    assert value_iteration(model, 0.0) == pytest.approx(np.array(paid)) and np.max(paid) > 0


def test_value_iteration_stops_as_soon_as_its_tolerance_allows() -> None:
    """1 a step, gamma a half: Q_k = 2 - 2^(1 - k), and the bound on its error is 2^(1 - k) too."""
    model = {0: {0: [(1.0, 0, 1.0, False)]}}
    assert value_iteration(model, 0.5, tolerance=0.125).item() == 1.875


def test_only_an_end_ends_the_future() -> None:
    assert td_target(1.0, np.array([2.0, 3.0]), False, 0.5) == 2.5
    assert td_target(1.0, np.array([2.0, 3.0]), True, 0.5) == 1.0


def test_equals_are_all_best() -> None:
    q = np.array([[1.0, 1.0 - 1e-9, 0.5], [0.0, -1.0, -2.0]])
    assert best_actions(q).tolist() == [[True, True, False], [True, False, False]]


def test_the_edge_of_the_tolerance_counts() -> None:
    assert best_actions(np.array([[1.0, 0.5, 0.25]]), 0.5).tolist() == [[True, True, False]]


def test_reachable_states_stop_at_the_end_and_skip_the_impossible() -> None:
    model = {
        0: {0: [(0.5, 1, 0.0, False), (0.5, 2, 0.0, True), (0.0, 3, 0.0, False)], 1: [(1.0, 3, 0.0, False)]},
        1: {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 0.0, False)]},
        2: {0: [(1.0, 3, 0.0, False)], 1: [(1.0, 3, 0.0, False)]},
        3: {0: [(1.0, 3, 0.0, False)], 1: [(1.0, 3, 0.0, False)]},
    }
    assert reachable_states(model, np.zeros(4, dtype=int), np.array([0])).tolist() == [0, 1]
    assert reachable_states(model, np.array([1, 0, 0, 0]), np.array([0])).tolist() == [0, 3]
    road = {s: {0: [(1.0, min(s + 1, 3), 0.0, False)]} for s in range(4)}
    assert reachable_states(road, np.zeros(4, dtype=int), np.array([0])).tolist() == [0, 1, 2, 3]


def test_a_seed_gives_the_same_numbers_and_another_others() -> None:
    settings = QLearningSettings(episodes=50, epsilon=1.0, decay=0.6)
    first, again, other = (q_learning(gymnasium.make("FrozenLake-v1"), settings, s) for s in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.visits, other.visits)


def test_the_record_adds_up() -> None:
    learned = q_learning(gymnasium.make("CliffWalking-v1"), QLearningSettings(episodes=30), 0)
    assert learned.visits.sum() == learned.lengths.sum()
    assert learned.returns.shape == learned.lengths.shape == (30,)
    assert (learned.returns <= -learned.lengths).all()  # every step costs 1, the cliff 100
    assert (learned.lengths >= 13).all()


class Bandit:
    """One state, some actions, of which the first pays 1; notes what it is asked."""

    observation_space = Discrete(1)

    def __init__(self, actions: int = 4, noise: float = 0.0) -> None:
        self.action_space, self.noise = Discrete(actions), noise
        self.rng, self.seeds, self.paid = np.random.default_rng(0), [], [[] for _ in range(actions)]

    def reset(self, seed: int | None = None) -> tuple[int, dict]:
        self.seeds.append(seed)
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict]:
        self.paid[action].append(float(action == 0) + self.noise * self.rng.normal())
        return 0, self.paid[action][-1], True, False, {}


def test_each_action_has_a_rate_of_its_own() -> None:
    """With alpha = 1/n of this very action, Q is the mean of what it paid."""
    bandit = Bandit(noise=1.0)
    learned = q_learning(bandit, QLearningSettings(episodes=200, decay=1.0, epsilon=1.0), 0)
    assert learned.q[0] == pytest.approx([np.mean(paid) for paid in bandit.paid])
    assert learned.visits[0].tolist() == [len(paid) for paid in bandit.paid]


def test_only_the_first_episode_is_seeded() -> None:
    """A seed at every reset would show the same episode again and again."""
    bandit = Bandit()
    q_learning(bandit, QLearningSettings(episodes=3), 5)
    assert bandit.seeds == [5, None, None]


def test_among_equals_chance_decides() -> None:
    firsts = {
        int(q_learning(Bandit(), QLearningSettings(episodes=1, epsilon=0.0), seed).visits.argmax())
        for seed in range(40)
    }
    assert firsts == {0, 1, 2, 3}


def test_without_epsilon_no_draw_is_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dice:
        first = True

        def random(self) -> float:
            return 0.0

        def integers(self, count: int) -> int:  # the first action at first, then the last
            place, self.first = (0 if self.first else count - 1), False
            return place

    bandit = Bandit()
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Dice())
    settings = QLearningSettings(episodes=3, epsilon=0.0, final_epsilon=0.0)
    assert q_learning(bandit, settings, 0).visits.tolist() == [[3, 0, 0, 0]]


@pytest.mark.parametrize(("epsilon", "wrong"), [(0.0, 0.0), (1.0, 0.75)])
def test_epsilon_is_the_share_of_random_actions(epsilon, wrong) -> None:
    """Three in four random actions are not the one that pays."""
    settings = QLearningSettings(episodes=1000, epsilon=epsilon, final_epsilon=epsilon)
    returns = q_learning(Bandit(), settings, 0).returns[100:]
    assert 1 - returns.mean() == pytest.approx(wrong, abs=0.05)


def test_epsilon_falls_in_a_line() -> None:
    settings = QLearningSettings(episodes=4000, epsilon=1.0, final_epsilon=0.0)
    returns = q_learning(Bandit(actions=2), settings, 0).returns
    quarters = 1 - returns.reshape(4, -1).mean(axis=1)  # half of the random actions are the wrong one
    assert quarters == pytest.approx([0.4375, 0.3125, 0.1875, 0.0625], abs=0.04)
