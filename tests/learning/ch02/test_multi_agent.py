"""Learning together, over five seeds with margins: who solves which game, how exactly, and what a learner
sees while the others learn too.
"""

import numpy as np
import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.teams.competition import reinforce_play
from deepseek_book_utils.rl.teams.games import (
    MarkovGame,
    climbing_game,
    lever_game,
    matching_pennies,
    one_mind,
    two_step_game,
)
from deepseek_book_utils.rl.teams.multi_agent import (
    TeamSettings,
    Trained,
    greedy_return,
    joint_values,
    payoffs_seen,
    train_team,
)

SEEDS = TEST_SEEDS[:3]
# gamma times the best that follows, in the first state; then the payoffs
TRUTH = np.array([[[6.93, 6.93], [7.92, 7.92]], [[7, 7], [7, 7]], [[0, 1], [1, 8]]])
pytestmark = pytest.mark.learning


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def train(game: MarkovGame, seed: int, **settings) -> tuple[Trained, float]:
    """A third of the updates that the chapter takes, each three times as large, or as `settings` say."""
    trained = train_team(game, TeamSettings(**{"updates": 200, "learning_rate": 0.15} | settings), seed)
    return trained, greedy_return(game, trained.team)


def best_sum(table: np.ndarray) -> np.ndarray:
    """The oracle of VDN: the a_i + b_j nearest to table (A, A), every entry counted once; least squares."""
    A = len(table)
    design = np.zeros((A * A, 2 * A))
    for row, (i, j) in enumerate(np.ndindex(A, A)):
        design[row, [i, A + j]] = 1
    parts = np.linalg.lstsq(design, table.ravel(), rcond=None)[0]
    return (design @ parts).reshape(A, A)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_two_step_game(seed) -> None:
    """As in the QMIX paper: a sum cannot hold the second state and leads to 7, a monotonic mixer can."""
    game, state = two_step_game(), torch.eye(3)
    assert train(game, seed, method="independent")[1] == 7

    vdn, earned = train(game, seed, method="vdn")
    second = best_sum(TRUTH[2])
    assert second == pytest.approx(np.array([[-1.5, 2.5], [2.5, 6.5]]))
    oracle = np.stack((np.array([[6.93] * 2, [0.99 * second.max()] * 2]), TRUTH[1], second))
    assert earned == 7 and np.abs(joint_values(vdn.team, state).numpy() - oracle).max() < 0.4

    qmix, earned = train(game, seed, method="qmix", updates=400, episodes=8, learning_rate=0.05)
    assert earned == 8 and np.abs(joint_values(qmix.team, state).numpy() - TRUTH).max() < 0.2

    alone, earned = train(one_mind(game), seed, method="independent", learning_rate=0.3)
    assert earned == 8
    assert np.abs(alone.team.tables.detach().numpy().reshape(3, 2, 2) - TRUTH).max() < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_exploring_less_saves_the_sum_but_not_the_independent(seed) -> None:
    """What VDN fits depends on what is played: towards the end that is mostly the entry worth 8."""
    assert train(two_step_game(), seed, method="vdn", final_epsilon=0.05)[1] == 8
    assert train(two_step_game(), seed, method="independent", final_epsilon=0.05)[1] == 7


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_climbs_but_one_mind(seed) -> None:
    game = climbing_game()
    for method in ("independent", "vdn", "qmix"):
        assert train(game, seed, method=method, final_epsilon=0.05)[1] <= 7
    assert train(one_mind(game), seed, method="independent", final_epsilon=0.05)[1] == 11


@pytest.mark.parametrize("seed", SEEDS)
def test_the_world_stands_still_and_the_targets_move(seed) -> None:
    """Agent 0's second action in the climbing game: -5.7 with a random partner, 5.4 with a trained one."""
    trained, _ = train(climbing_game(), seed, method="independent", final_epsilon=0.05)
    seen = payoffs_seen(climbing_game().payoffs, trained, 0)[:, 0]  # (updates, 3)
    assert seen[0].argmax() == 2 and seen[-1].argmax() == 1  # the best answer is another
    assert np.ptp(seen[:, 1]) > 10
    behind = seen[-1, 1] - trained.tables[-1, 0, 0, 1]  # the table remembers partners that are no more
    assert behind > 3

    one = one_mind(climbing_game())
    alone, _ = train(one, seed, method="independent", final_epsilon=0.05)
    assert np.ptp(payoffs_seen(one.payoffs, alone, 0), axis=0).max() == 0


def rounds_until_right(trained: Trained, right: np.ndarray) -> int:
    """After how many updates every agent prefers its right lever, for good."""
    wrong = (trained.tables[:, :, 0].argmax(axis=-1) != right).any(axis=1)
    return int(np.flatnonzero(wrong)[-1]) + 1 if wrong.any() else 0


@pytest.mark.parametrize("seed", SEEDS)
def test_whose_merit_was_it(seed) -> None:
    """Eight agents, one sum of rewards: a learner that knows of the others finds its share much sooner."""
    right = np.arange(8) % 2
    needed, errors = {}, {}
    for method in ("independent", "vdn"):
        trained, _ = train(lever_game(8), seed, method=method, episodes=4, learning_rate=0.05)
        needed[method] = rounds_until_right(trained, right)
        last = trained.tables[-1, :, 0]
        gap = last[np.arange(8), right] - last[np.arange(8), 1 - right]  # the truth is 1
        errors[method] = np.abs(gap - 1).mean()
    assert needed["independent"] > 1.5 * needed["vdn"]
    assert errors["independent"] > 5 * errors["vdn"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_learners_circle(seed) -> None:
    path = reinforce_play(matching_pennies(), (0.75, 0.5), seed) - 0.5
    angle = np.unwrap(np.arctan2(path[:, 1], path[:, 0]))
    assert angle[0] - angle[-1] > 2 * 2 * np.pi  # clockwise, more than twice around
    assert np.linalg.norm(path, axis=1).min() > 0.15  # and never at the centre,
    assert np.abs(path.mean(axis=0)).max() < 0.1  # which is the average of it all
