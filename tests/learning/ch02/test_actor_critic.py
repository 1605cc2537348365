"""A2C and A3C must solve CartPole-v1 and stay there: five seeds and three, with the chapter's settings."""

import pytest
import torch

from deepseek_book_utils.rl.policy.a3c import A3C_SETTINGS, train_a3c
from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    train_a2c,
)
from deepseek_book_utils.rl.rollouts import greedy_returns

NAME, SOLVED = "CartPole-v1", 475


def mean_return(network: ActorCritic) -> float:
    return greedy_returns(network.actor, NAME, episodes=100, seed=1000).mean().item()


@pytest.mark.learning
@pytest.mark.parametrize("seed", [20, 21, 22, 23, 24])
def test_a2c_solves_cart_pole_and_stays(seed: int) -> None:
    """All evaluations in the last third of the training, the last included."""
    torch.set_num_threads(1)
    settings, evaluated = A2CSettings(), []

    def watch(steps: int, network: ActorCritic) -> None:
        if len(evaluated) < 6 and steps >= settings.total_steps * (2 / 3 + len(evaluated) / 18):
            evaluated.append(mean_return(network))

    network, history = train_a2c(NAME, settings, seed, watch)
    assert len(evaluated) == 6 and min(evaluated) >= SOLVED
    assert mean_return(network) >= SOLVED
    assert history[1]["return"] < 60  # it began with nothing


@pytest.mark.learning
@pytest.mark.parametrize("seed", [20, 21, 22])
def test_a3c_solves_cart_pole_with_two_processes(seed: int) -> None:
    torch.set_num_threads(1)
    network, history = train_a3c(NAME, A3C_SETTINGS, seed, workers=2)
    assert mean_return(network) >= SOLVED
    for worker in (0, 1):  # both did their part
        assert sum(row["worker"] == worker for row in history) > 0.2 * len(history)
    assert sum(row["stale"] for row in history) > 0.2 * len(history)  # and neither waited for the other
