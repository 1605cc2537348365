"""DQN solves CartPole-v1 in every one of five seeds, and stays there."""

import pytest
import torch

from deepseek_book_utils.rl.rollouts import greedy_returns, stable_from
from deepseek_book_utils.rl.value.dqn import DQNSettings, promised_and_true, train_dqn


@pytest.mark.learning
@pytest.mark.parametrize("seed", range(20, 25))
def test_dqn_solves_cart_pole_and_stays(seed: int) -> None:
    torch.set_num_threads(1)
    settings = DQNSettings()
    network, history = train_dqn("CartPole-v1", settings, seed)
    returns = [record["return"] for record in history]
    stretch = stable_from(history, bar=475)

    assert min(returns[:2]) < 300  # it had something to learn
    assert stretch is not None and stretch["update"] <= settings.updates - settings.evaluate_every, returns
    assert greedy_returns(network, "CartPole-v1", episodes=100, seed=99).mean() >= 475  # other starts

    # No policy earns more than 1 / (1 - gamma) = 200. It promises more: over-estimation.
    promised, true = promised_and_true(network, "CartPole-v1", settings)
    assert true.max() < 200 and promised.mean() > true.mean() + 30
