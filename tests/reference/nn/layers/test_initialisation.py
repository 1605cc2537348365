"""First weights against torch's, and what they keep of a signal."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.layers.initialisation import INITIALISATIONS, he, narrow, xavier


def test_first_weights_equal_torch() -> None:
    theirs = {
        xavier: nn.init.xavier_uniform_,
        he: lambda w, generator: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=generator),
    }
    for ours, fill in theirs.items():
        expected = fill(torch.empty(7, 30), generator=torch.Generator().manual_seed(1))
        assert torch.allclose(ours(7, 30, torch.Generator().manual_seed(1)), expected, atol=1e-7)
    torch.manual_seed(2)
    expected = nn.RNNCell(16, 16).weight_ih
    torch.manual_seed(2)
    assert torch.allclose(narrow(16, 16), expected, atol=1e-7)
    bound = torch.empty(3, 16).uniform_(-0.25, 0.25, generator=torch.Generator().manual_seed(1))
    assert torch.equal(narrow(3, 16, torch.Generator().manual_seed(1)), bound)
    assert set(INITIALISATIONS.values()) == {xavier, he, narrow}


@pytest.mark.parametrize(("draw", "kept"), [(xavier, 1), (he, 2), (narrow, 1 / 3)])
def test_first_weights_keep_what_they_say(draw, kept: float) -> None:
    """Of the variance of a signal, forward; Xavier's compromise is exact for square matrices."""
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(500, 400, generator=dice)
    assert (x @ draw(400, 400, dice).T).var().item() == pytest.approx(kept, rel=0.05)
