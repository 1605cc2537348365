"""How far A2C looks ahead decides whether it learns, with equally many rows an update: three seeds."""

import pytest
import torch

from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, train_a2c
from deepseek_book_utils.rl.rollouts import greedy_returns

ROWS = A2CSettings().environments * A2CSettings().rollout_steps


@pytest.mark.learning
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_looking_ahead_is_what_a2c_lives_on(seed: int) -> None:
    torch.set_num_threads(1)
    ends = {}
    for steps in (1, 32):
        settings = A2CSettings(rollout_steps=steps, environments=ROWS // steps)
        network, _ = train_a2c("CartPole-v1", settings, seed)
        ends[steps] = greedy_returns(network.actor, "CartPole-v1").mean().item()
    assert ends[32] >= 475 and ends[1] < 250
