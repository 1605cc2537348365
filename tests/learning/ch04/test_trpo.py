"""TRPO must solve CartPole-v1 and stay there, never further in one step than its radius: five seeds."""

import pytest
import torch

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.trpo import TRPOSettings, train_trpo
from deepseek_book_utils.rl.rollouts import greedy_returns

NAME, SOLVED = "CartPole-v1", 475


def mean_return(network: ActorCritic) -> float:
    return greedy_returns(network.actor, NAME, episodes=100, seed=1000).mean().item()


@pytest.mark.learning
@pytest.mark.parametrize("seed", [20, 21, 22, 23, 24])
def test_trpo_solves_cart_pole_and_stays(seed: int) -> None:
    """All evaluations in the last third of the training, the last included."""
    torch.set_num_threads(1)
    settings, evaluated = TRPOSettings(), []

    def watch(steps: int, network: ActorCritic) -> None:
        if len(evaluated) < 6 and steps >= settings.total_steps * (2 / 3 + len(evaluated) / 20):
            evaluated.append(mean_return(network))

    network, history = train_trpo(NAME, settings, seed, watch)
    assert len(evaluated) == 6 and min(evaluated) >= SOLVED
    assert mean_return(network) >= SOLVED
    assert history[1]["return"] < 60  # it began with nothing
    assert all(row["kl"] <= settings.max_kl for row in history)
    assert sum(row["share"] > 0 for row in history) > 0.8 * len(history)  # and it did step
