"""Learning from a log: what is learned from two known states, what is refused."""

import math

import pytest
import torch

from deepseek_book_utils.rl.networks import QNetwork
from deepseek_book_utils.rl.replay import Batch
from deepseek_book_utils.rl.value.offline import (
    Log,
    OfflineSettings,
    learn_offline,
    offline_loss,
)
from deepseek_book_utils.rl.value.targets import SoftTarget

ROWS = Batch(
    torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
    torch.tensor([0, 1]),
    torch.ones(2),
    torch.zeros(2, 2),
    torch.tensor([True, True]),
)
SMALL = OfflineSettings(updates=200, hidden=(8,), batch_size=16, learning_rate=0.02)


def test_cloning_and_values_of_two_known_states() -> None:
    """Both episodes end after one action; the action of the log is the one to take."""
    log = Log(ROWS, torch.ones(2))
    cloned = learn_offline(log, OfflineSettings(**{**vars(SMALL), "method": "cloning"}), 0)
    assert cloned(ROWS.observations).argmax(dim=1).tolist() == [0, 1]
    valued = learn_offline(log, SMALL, 0)(ROWS.observations)
    assert valued.argmax(dim=1).tolist() == [0, 1]


@pytest.mark.parametrize("method", ["cloning", "dqn", "cql"])
def test_the_loop_by_hand(method: str) -> None:
    dice = torch.Generator().manual_seed(0)
    seen, after = torch.randn(2, 12, 4, generator=dice)
    rows = Batch(
        seen, torch.arange(12) % 3, torch.randn(12, generator=dice), after, torch.arange(12) % 5 == 0
    )
    settings = OfflineSettings(method, updates=9, hidden=(6,), batch_size=5, learning_rate=0.03)
    found = learn_offline(Log(rows, torch.zeros(1)), settings, seed=2)
    dice = torch.Generator().manual_seed(2)
    network = QNetwork(4, 3, (6,), dice)
    target, optimizer = SoftTarget(network), torch.optim.Adam(network.parameters())
    for update in range(9):
        drawn = torch.randint(12, (5,), generator=dice).tolist()
        batch = Batch(*(torch.stack([field[i] for i in drawn]) for field in rows))
        optimizer.param_groups[0]["lr"] = 0.03 * (1 + math.cos(math.pi * update / 9)) / 2
        loss = offline_loss(network, target, batch, settings)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        target.update(network, loss.item())
    for mine, theirs in zip(found.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


def test_nothing_is_learned_from_nothing() -> None:
    empty = Log(Batch(*(field[:0] for field in ROWS)), torch.zeros(0))
    with pytest.raises(ValueError, match="let somebody play"):
        learn_offline(empty, SMALL, 0)
    with pytest.raises(ValueError, match="method = 'sarsa'"):
        OfflineSettings(method="sarsa")
