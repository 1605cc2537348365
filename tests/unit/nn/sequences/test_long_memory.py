"""The tasks that need a long memory, and the loop over them."""

import math

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.sequences.long_memory import (
    MemorySettings,
    clip_gradients,
    draw_adding,
    draw_copy,
    train_adding,
)
from deepseek_book_utils.nn.sequences.recurrent import Recurrent, RecurrentSettings


@pytest.mark.parametrize("steps", [2, 3, 10, 41])
def test_the_marked_numbers_are_added(steps: int) -> None:
    x, y = draw_adding(4000, steps, torch.Generator().manual_seed(0))
    assert x.shape == (4000, steps, 2) and y.shape == (4000, 1)
    marks = x[:, :, 1] == 1
    assert (marks[:, : steps // 2].sum(1) == 1).all() and (marks[:, steps // 2 :].sum(1) == 1).all()
    assert not x[:, :, 1][~marks].any()
    assert torch.allclose(x[:, :, 0][marks].view(-1, 2).sum(1), y[:, 0])
    assert marks.any(dim=0).all()  # every step may be marked
    assert (y - 1).square().mean().item() == pytest.approx(1 / 6, rel=0.1)


def test_what_is_copied() -> None:
    x, y = draw_copy(300, 5, torch.Generator().manual_seed(0), symbols=4, length=3)
    assert x.shape == y.shape == (300, 11)
    assert torch.equal(x[:, :3], y[:, -3:]) and set(x[:, :3].unique().tolist()) == {0, 1, 2, 3}
    assert (y[:, :-3] == 4).all()
    assert x[0, 3:].tolist() == [4, 4, 4, 4, 5, 4, 4, 4]  # the signal, then room for the answer
    assert (x[:, 3:] == x[0, 3:]).all()


def test_sizes_without_sense() -> None:
    dice = torch.Generator()
    with pytest.raises(ValueError, match="steps = 1"):
        draw_adding(3, 1, dice)
    for sizes in ((0, 8, 10), (5, 0, 10), (5, 8, 0)):
        with pytest.raises(ValueError, match="take 1 or more"):
            draw_copy(3, sizes[0], dice, *sizes[1:])
    for largest in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="more than 0"):
            clip_gradients([nn.Parameter(torch.ones(1))], largest)
    for change in ({"optimiser": "momentum"}, {"max_grad_norm": 0.0}):
        with pytest.raises(ValueError, match=next(iter(change))):
            MemorySettings(**change)
    with pytest.raises(ValueError, match="one of rnn, lstm, gru"):
        RecurrentSettings(2, cell="elman")


def test_short_sums_are_learned() -> None:
    """Always to answer 1 costs 0.167."""
    torch.manual_seed(0)
    model = nn.Sequential(Recurrent(RecurrentSettings(2, width=12, cell="gru")), nn.Linear(12, 1))
    settings = MemorySettings(steps=4, updates=100, batch_size=32, learning_rate=2e-2)
    losses = train_adding(model, settings, 0)
    assert sum(losses[-20:]) / 20 < 0.04, losses[-20:]
