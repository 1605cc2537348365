"""DQN solves CartPole-v1 in every one of five seeds, and stays there."""

import pytest
import torch

from deepseek_book_utils.rl.dqn import DQNSettings, mean_return, stable_from, train_dqn


@pytest.mark.learning
@pytest.mark.parametrize("seed", range(20, 25))
def test_dqn_solves_cart_pole_and_stays(seed: int) -> None:
    torch.set_num_threads(1)
    settings = DQNSettings()
    network, history = train_dqn("CartPole-v1", settings, seed)
    returns = [record["return"] for record in history]
    stretch = stable_from(history)

    assert returns[0] < 475 or returns[1] < 475  # nothing is solved at the start
    assert stretch is not None and stretch["update"] <= 0.9 * settings.updates, returns
    assert mean_return(network, "CartPole-v1") == returns[-1] >= 475
