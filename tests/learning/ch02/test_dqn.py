"""DQN and its heirs must find the treasure. Without bootstrapping, with it behind the end, with the target
network's values of another state or a wrong sign, they do not.
"""

import pytest
import torch

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.value.dqn import DQNSettings, train_dqn
from tests.learning.rooms import BAR, ROOMS, mean_return

SMALL = {
    "updates": 300,
    "environments": 16,
    "hidden": (32, 32),
    "batch_size": 64,
    "capacity": 5000,
    "learning_starts": 200,
    "discount": 0.95,
    "reward_scale": 1.0,
    "evaluate_every": 100,
}
KINDS = [{}, {"double": True}, {"dueling": True}]


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "".join(kind) or "plain")
def test_dqn_finds_the_treasure(kind: dict[str, bool], seed: int) -> None:
    torch.set_num_threads(1)
    network, history = train_dqn(
        ROOMS, DQNSettings(**SMALL, **kind), seed, lambda network: {"return": mean_return(network)}
    )
    assert [row["return"] for row in history[-2:]] == pytest.approx([1, 1], abs=1 - BAR)  # found, and kept
    worth = network(torch.tensor([[0, 0, 1.0, 1]])).max().item()
    assert worth == pytest.approx(1, abs=0.1)  # of the last door, one step from the treasure
