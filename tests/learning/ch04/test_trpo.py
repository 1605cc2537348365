"""TRPO must find the treasure, never further in one step than its radius. With a wrong sign it does not."""

import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.policy.trpo import TRPOSettings, train_trpo
from tests.learning.rooms import BAR, ROOMS, mean_return

SETTINGS = TRPOSettings(
    total_steps=16 * 16 * 30,
    environments=16,
    rollout_steps=16,
    batch_size=64,
    hidden=(32,),
    learning_rate=5e-3,
    discount=0.95,
    reward_scale=1.0,
)


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:5])
def test_trpo_finds_the_treasure(seed: int) -> None:
    torch.set_num_threads(1)
    network, history = train_trpo(ROOMS, SETTINGS, seed)
    assert mean_return(network.actor) >= BAR
    assert history[0]["return"] < 0.6  # it began with nothing
    assert all(row["kl"] <= SETTINGS.max_kl for row in history)
    assert sum(row["share"] > 0 for row in history) > 0.8 * len(history)  # and it did step
