"""Learning from a log: what is learned from two known states, what is refused."""

import pytest
import torch

from deepseek_book_utils.rl.replay import Batch
from deepseek_book_utils.rl.value.offline import (
    Log,
    OfflineSettings,
    learn_offline,
)

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


def test_nothing_is_learned_from_nothing() -> None:
    empty = Log(Batch(*(field[:0] for field in ROWS)), torch.zeros(0))
    with pytest.raises(ValueError, match="let somebody play"):
        learn_offline(empty, SMALL, 0)
    with pytest.raises(ValueError, match="method = 'sarsa'"):
        OfflineSettings(method="sarsa")
