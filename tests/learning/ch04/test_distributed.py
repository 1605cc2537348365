"""Two workers in processes of their own must solve CartPole-v1 together: three seeds."""

import pytest
import torch

from deepseek_book_utils.rl.policy.actor_critic import A2CSettings
from deepseek_book_utils.rl.policy.distributed import DistributedRLTrainer
from deepseek_book_utils.rl.rollouts import greedy_returns

NAME, SOLVED = "CartPole-v1", 475


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_workers_solve_cart_pole(seed: int) -> None:
    torch.set_num_threads(1)
    network, history = DistributedRLTrainer(NAME, A2CSettings(), seed, 2, "processes").train()
    assert greedy_returns(network.actor, NAME, episodes=100, seed=1000).mean() >= SOLVED
    assert history[1]["return"] < 60  # it began with nothing
