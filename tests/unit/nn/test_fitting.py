"""The common loop at its edges: one example, a decay that is not the usual one; accuracies are numbers."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.fitting import FitSettings, accuracy, fit


def test_one_example_is_enough_and_weights_without_slope_only_decay() -> None:
    """AdamW (Loshchilov and Hutter, arXiv 1711.05101): w <- w - rate * decay * w where the gradient is 0."""
    weight = torch.full((1,), 2.0, requires_grad=True)
    settings = FitSettings(updates=3, learning_rate=0.1, weight_decay=0.5)
    losses = fit([weight], lambda batch: 0 * weight.sum() + len(batch), 1, settings, seed=0)
    assert losses == [1.0, 1.0, 1.0]
    assert weight.item() == pytest.approx(2 * (1 - 0.1 * 0.5) ** 3)


def test_an_accuracy_is_a_number() -> None:
    found = accuracy(nn.Identity(), torch.eye(4), torch.tensor([0, 1, 2, 0]))
    assert type(found) is float and found == 0.75
