"""Two workers must find the treasure together. In turns, as all ways to run them end in the same weights."""

import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings
from deepseek_book_utils.rl.policy.distributed import DistributedRLTrainer
from tests.learning.rooms import BAR, ROOMS, SMALL_A2C, mean_return


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_two_workers_find_the_treasure(seed: int) -> None:
    torch.set_num_threads(1)
    network, history = DistributedRLTrainer(ROOMS, A2CSettings(**SMALL_A2C), seed, 2, "serial").train()
    assert mean_return(network.actor) >= BAR
    assert history[2]["return"] < 0.6  # it began with nothing
