"""On a log of operators of mixed skill, plain Q-learning must believe what nobody tried, and CQL must not.

With the penalty's sign turned, or without it, CQL is as lost as DQN.
"""

import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.rollouts import mean_return
from deepseek_book_utils.rl.tasks.operators import cart_pole_log
from deepseek_book_utils.rl.value.dqn import promised_and_true
from deepseek_book_utils.rl.value.offline import OfflineSettings, learn_offline

TASK = "CartPole-v1"


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:5])
def test_cql_earns_more_than_dqn_and_promises_less(seed: int) -> None:
    torch.set_num_threads(1)
    log, earned, exaggerated = cart_pole_log(seed), {}, {}
    for method in ("dqn", "cql"):
        settings = OfflineSettings(method=method)
        network = learn_offline(log, settings, seed)
        earned[method] = mean_return(network, TASK)
        promised, true = promised_and_true(network, TASK, settings, episodes=30)
        exaggerated[method] = (promised - true).mean().item()
    assert earned["cql"] > 2 * earned["dqn"] and earned["cql"] > 100
    assert exaggerated["cql"] < exaggerated["dqn"]
