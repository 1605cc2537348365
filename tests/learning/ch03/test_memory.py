"""The adding problem: a gate must remember where a plain network forgets."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.sequences.long_memory import MemorySettings, train_adding
from deepseek_book_utils.nn.sequences.recurrent import Recurrent, RecurrentSettings
from deepseek_book_utils.records import TEST_SEEDS


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:2])
def test_a_gate_adds_what_a_plain_network_forgets(seed: int) -> None:
    torch.set_num_threads(1)
    ends = {}
    for cell in ("rnn", "gru"):
        torch.manual_seed(seed)
        model = nn.Sequential(Recurrent(RecurrentSettings(inputs=2, cell=cell)), nn.Linear(32, 1))
        losses = train_adding(model, MemorySettings(steps=20, updates=200, learning_rate=1e-2), seed)
        ends[cell] = sum(losses[-30:]) / 30
    print(ends)
    assert ends["rnn"] > 0.1 and ends["gru"] < 0.03
