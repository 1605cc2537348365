"""The games against PettingZoo's own test, the losses against numbers worked by hand, the mixer number by
number, and gradient play against the spiral that mathematics says it is.
"""

import itertools
import math

import numpy as np
import pytest
import torch
from pettingzoo.test import parallel_api_test
from torch import Tensor

from deepseek_book_utils.rl.teams.competition import (
    both_actions,
    exploitability,
    gradient_play,
    reinforce_play,
)
from deepseek_book_utils.rl.teams.games import (
    OVER,
    MarkovGame,
    action_payoffs,
    climbing_game,
    lever_game,
    matching_pennies,
    one_mind,
    two_step_game,
)
from deepseek_book_utils.rl.teams.multi_agent import (
    MonotonicMixer,
    Team,
    TeamSettings,
    joint_values,
    td_loss,
    train_team,
)
from deepseek_book_utils.rl.teams.team_play import TeamBatch

GAMES = {
    "two_step": two_step_game,
    "climbing": climbing_game,
    "levers": lambda: lever_game(3),
    "pennies": matching_pennies,
    "one_mind": lambda: one_mind(two_step_game()),
}


# --- the games ----------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", GAMES)
def test_pettingzoo_accepts_the_game(name) -> None:
    parallel_api_test(GAMES[name](), num_cycles=50)


def total(game: MarkovGame, plan: tuple[tuple[int, ...], ...]) -> list[float]:
    """What each agent earns if the team plays this plan."""
    game.reset()
    earned = np.zeros(len(game.possible_agents))
    for actions in plan:
        _, rewards, _, _, _ = game.step(dict(zip(game.possible_agents, actions, strict=True)))
        earned += list(rewards.values())
    assert not game.agents
    return earned.tolist()


def test_the_two_step_game_is_that_of_the_paper() -> None:
    """Only the first agent's first action counts; then 7 whatever they do, or 0, 1, 1, 8."""
    game = two_step_game()
    for first, other, a, b in itertools.product((0, 1), repeat=4):
        expected = 7.0 if first == 0 else [0.0, 1.0, 8.0][a + b]
        assert total(game, ((first, other), (a, b))) == [expected, expected]


def test_the_climbing_game_is_that_of_the_paper() -> None:
    rows = [[11, -30, 0], [-30, 7, 6], [0, 0, 5]]
    for a, b in itertools.product(range(3), repeat=2):
        assert total(climbing_game(), ((a, b),)) == [rows[a][b]] * 2


def test_levers_count_and_pennies_cancel() -> None:
    for actions in itertools.product((0, 1), repeat=3):
        right = sum(a == i % 2 for i, a in enumerate(actions))
        assert total(lever_game(3), (actions,)) == [right] * 3
    for a, b in itertools.product((0, 1), repeat=2):
        assert total(matching_pennies(), ((a, b),)) == ([1.0, -1.0] if a == b else [-1.0, 1.0])


def test_one_mind_plays_the_same_game() -> None:
    game, alone = two_step_game(), one_mind(two_step_game())
    joint = list(itertools.product((0, 1), repeat=2))
    for i, j in itertools.product(range(4), repeat=2):
        assert total(alone, ((i,), (j,))) == total(game, (joint[i], joint[j]))[:1]


def test_action_payoffs_equal_the_sum_over_all_joint_actions() -> None:
    rng = np.random.default_rng(0)
    payoffs, policies = rng.normal(size=(3, 4, 4, 4)), rng.dirichlet(np.ones(4), size=3)
    slow = np.zeros((3, 4))
    for i, joint in itertools.product(range(3), itertools.product(range(4), repeat=3)):
        others = math.prod(policies[j, joint[j]] for j in range(3) if j != i)
        slow[i, joint[i]] += others * payoffs[(i, *joint)]
    assert action_payoffs(payoffs, policies) == pytest.approx(slow)


# --- the losses ---------------------------------------------------------------------------------------------


def team(method: str, tables: list) -> Team:
    result = Team(2, 2, 2, 2, TeamSettings(method=method))
    result.tables.data = torch.tensor(tables)
    return result


TABLES = [[[1.0, 2.0], [3.0, 5.0]], [[10.0, 20.0], [40.0, 30.0]]]


def batch(terminated: bool) -> TeamBatch:
    """State 0, actions 1 and 0, reward 4, then state 1."""
    return TeamBatch(
        observations=torch.tensor([[0, 0]]),
        actions=torch.tensor([[1, 0]]),
        rewards=torch.tensor([[4.0, 4.0]]),
        terminated=torch.tensor([[terminated]]),
        next_observations=torch.tensor([[1, 1]]),
        state=torch.eye(2)[:1],
        next_state=torch.eye(2)[1:],
    )


@pytest.mark.parametrize(
    ("method", "terminated", "expected"),
    [
        # Q = (2, 10), best next (5, 40); targets 4 + 0.5 (5, 40) = (6.5, 24)
        ("independent", False, (6.5 - 2) ** 2 + (24 - 10) ** 2),
        ("independent", True, (4 - 2) ** 2 + (4 - 10) ** 2),
        # Q_tot = 12, target 4 + 0.5 * 45 = 26.5
        ("vdn", False, (26.5 - 12) ** 2),
        ("vdn", True, (4 - 12) ** 2),
    ],
)
def test_losses_by_hand(method, terminated, expected) -> None:
    assert td_loss(team(method, TABLES), batch(terminated), 0.5).item() == pytest.approx(expected)


@pytest.mark.parametrize(("method", "error"), [("independent", [4.5, 14.0]), ("vdn", [14.5, 14.5])])
def test_gradients_by_hand(method, error) -> None:
    """d loss / d Q = -2 error, for the chosen entries alone: nothing flows through the target."""
    learner = team(method, TABLES)
    td_loss(learner, batch(False), 0.5).backward()
    expected = torch.zeros(2, 2, 2)
    expected[0, 0, 1], expected[1, 0, 0] = -2 * error[0], -2 * error[1]
    assert torch.allclose(learner.tables.grad, expected)


def slow_mix(mixer: MonotonicMixer, values: Tensor, state: Tensor) -> float:
    """The mixing network for one row, number by number."""

    def linear(layer, x: list[float]) -> list[float]:
        return [
            sum(w * xi for w, xi in zip(row, x, strict=True)) + b
            for row, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
        ]

    s, q = state.tolist(), values.tolist()
    w1, b1, w2 = linear(mixer.first, s), linear(mixer.first_bias, s), linear(mixer.second, s)
    width = len(b1)
    hidden = []
    for h in range(width):
        x = sum(q[i] * abs(w1[i * width + h]) for i in range(len(q))) + b1[h]
        hidden.append(x if x > 0 else math.exp(x) - 1)
    relu = [max(0.0, x) for x in linear(mixer.second_bias[0], s)]
    return sum(h * abs(w) for h, w in zip(hidden, w2, strict=True)) + linear(mixer.second_bias[2], relu)[0]


@pytest.mark.parametrize("terminated", [False, True])
def test_the_loss_of_qmix_number_by_number(terminated) -> None:
    """Q_tot of what was chosen, in its state; the target is the mix of the best, in the state after."""
    torch.manual_seed(0)
    learner = team("qmix", TABLES)
    q = slow_mix(learner.mixer, torch.tensor([2.0, 10.0]), torch.eye(2)[0])
    future = slow_mix(learner.mixer, torch.tensor([5.0, 40.0]), torch.eye(2)[1])
    target = 4.0 if terminated else 4 + 0.5 * future
    assert td_loss(learner, batch(terminated), 0.5).item() == pytest.approx((target - q) ** 2, rel=1e-4)


def test_training_takes_the_steps_of_adam_with_a_rate_that_falls() -> None:
    """One agent, one action, reward 1: every batch is the same, so torch can walk the same way."""
    settings = TeamSettings(method="independent", updates=30, learning_rate=0.1)
    trained = train_team(MarkovGame(np.ones((1, 1, 1))), settings, 0)
    q = torch.tensor(trained.tables[0, 0, 0, 0], requires_grad=True)
    optimizer, path = torch.optim.Adam([q], lr=0.1), []
    for step in range(30):
        path.append(q.item())
        optimizer.param_groups[0]["lr"] = 0.1 * (1 + math.cos(math.pi * step / 30)) / 2
        optimizer.zero_grad()
        (1 - q).square().backward()
        optimizer.step()
    assert trained.tables[:, 0, 0, 0].tolist() == pytest.approx(path, abs=1e-5)
    assert trained.losses.tolist() == pytest.approx([(1 - x) ** 2 for x in path], abs=1e-5)
    assert trained.team.tables.item() == pytest.approx(q.item(), abs=1e-5)


def test_the_mixer_number_by_number() -> None:
    torch.manual_seed(0)
    mixer = MonotonicMixer(n=3, state_size=4, hidden=5)
    values, state = 3 * torch.randn(20, 3), torch.randn(20, 4)
    slow = [slow_mix(mixer, *row) for row in zip(values, state, strict=True)]
    assert mixer(values, state)[:, 0].tolist() == pytest.approx(slow, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_mixer_never_falls_when_a_value_rises(seed) -> None:
    torch.manual_seed(seed)
    mixer = MonotonicMixer(n=3, state_size=4, hidden=5)
    values = (3 * torch.randn(200, 3)).requires_grad_()
    mixer(values, torch.randn(200, 4)).sum().backward()
    assert (values.grad >= 0).all() and (values.grad > 0).float().mean() > 0.9


@pytest.mark.parametrize("method", ["vdn", "qmix"])
def test_each_agents_best_action_is_the_teams_best(method) -> None:
    """The reason for monotonic mixing: argmax Q_tot is made of the argmax of each Q_i."""
    for seed in range(10):
        torch.manual_seed(seed)
        learner = Team(3, 2, 4, 2, TeamSettings(method=method))
        learner.tables.data.normal_()
        q_tot = joint_values(learner, torch.eye(2))
        assert q_tot.shape == (2, 4, 4, 4)
        for s in range(2):
            best = tuple(learner.tables[:, s].argmax(dim=-1).tolist())
            assert q_tot[(s, *best)] == q_tot[s].max()


def test_joint_values_of_a_sum_by_hand() -> None:
    values = joint_values(team("vdn", TABLES), torch.eye(2))
    assert values[0].tolist() == [[11.0, 21.0], [12.0, 22.0]]
    assert values[1].tolist() == [[43.0, 33.0], [45.0, 35.0]]


# --- competition --------------------------------------------------------------------------------------------

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
