"""The games: those of the papers, accepted by pettingzoo, with payoffs summed slowly."""

import itertools
import math

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test

from deepseek_book_utils.rl.teams.games import (
    MarkovGame,
    action_payoffs,
    climbing_game,
    lever_game,
    matching_pennies,
    one_mind,
    two_step_game,
)

GAMES = {
    "two_step": two_step_game,
    "climbing": climbing_game,
    "levers": lambda: lever_game(3),
    "pennies": matching_pennies,
    "one_mind": lambda: one_mind(two_step_game()),
}


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
