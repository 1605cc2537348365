"""PPO must find the treasure. With a wrong sign, or without looking ahead, it does not; where it counts on
something behind the end, its critic thinks too much of the last room.
"""

import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.policy.ppo import PPOSettings, train_ppo
from tests.learning.rooms import BAR, ROOMS, mean_return

SETTINGS = PPOSettings(
    total_steps=16 * 16 * 20,
    environments=16,
    rollout_steps=16,
    epochs=4,
    batch_size=64,
    hidden=(32,),
    learning_rate=5e-3,
    discount=0.95,
    reward_scale=1.0,
)


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:5])
def test_ppo_finds_the_treasure(seed: int) -> None:
    torch.set_num_threads(1)
    network, history = train_ppo(ROOMS, SETTINGS, seed)
    assert mean_return(network.actor) >= BAR
    assert history[0]["return"] < 0.6  # it began with nothing
    assert max(row["kl"] for row in history) < 0.1 and sum(row["clipped"] for row in history) > 0
    worth = network.critic(torch.tensor([[0, 0, 1.0, -1], [0, 0, 1, 1]])).flatten().tolist()
    assert worth == pytest.approx([1, 1], abs=0.2)  # of the last room, one step from the treasure
