"""PPO must solve CartPole-v1 and stay there, in five of five seeds, with the chapter's settings."""

import pytest
import torch

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import PPOSettings, train_ppo
from deepseek_book_utils.rl.rollouts import greedy_returns

NAME, SOLVED, EVERY = "CartPole-v1", 475, 5_000


def greedy_mean(network: ActorCritic) -> float:
    return greedy_returns(network.actor, NAME, episodes=100, seed=1000).mean().item()


@pytest.mark.learning
@pytest.mark.parametrize("seed", [15, 16, 17, 18, 19])
def test_ppo_solves_cart_pole_and_stays(seed: int) -> None:
    """Every evaluation after the first that reaches the bar does so too, and the last one."""
    torch.set_num_threads(1)
    evaluated: list[float] = []

    def watch(steps: int, network: ActorCritic) -> None:
        if steps >= EVERY * (len(evaluated) + 1):
            evaluated.append(greedy_mean(network))

    network, history = train_ppo(NAME, PPOSettings(), seed, watch)
    evaluated.append(greedy_mean(network))
    first = next((i for i, found in enumerate(evaluated) if found >= SOLVED), len(evaluated))
    assert len(evaluated) - first >= 4, f"solved too late, or never: {evaluated}"
    assert min(evaluated[first:]) >= SOLVED, f"solved, and lost again: {evaluated}"
    assert history[1]["return"] < 60  # it began with nothing
    assert max(row["kl"] for row in history) < 0.1 and sum(row["clipped"] for row in history) > 0
