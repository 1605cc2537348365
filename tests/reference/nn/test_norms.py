"""Norms and first weights against torch's, in numbers, gradients and what is remembered."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.initialisation import INITIALISATIONS, he, narrow, xavier
from deepseek_book_utils.nn.norms import BatchNorm, LayerNorm


def pair(kind: str) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    ours, theirs = {
        "layer": (LayerNorm(6, eps=1e-3), nn.LayerNorm(6, eps=1e-3)),
        "batch": (BatchNorm(6, eps=1e-3, momentum=0.3), nn.BatchNorm1d(6, eps=1e-3, momentum=0.3)),
    }[kind]
    for mine, their in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
        nn.init.normal_(their)
        mine.data.copy_(their.data)
    return ours.double(), theirs.double()


@pytest.mark.parametrize("kind", ["layer", "batch"])
def test_outputs_and_gradients_equal_torch(kind: str) -> None:
    ours, theirs = pair(kind)
    x = (3 * torch.randn(4, 5, 6, dtype=torch.float64) + 2).requires_grad_()
    weights = torch.randn(20, 6, dtype=torch.float64)
    results = []
    for model in (ours, theirs):
        for _ in range(3):  # batch norm remembers more each time
            y = model(x if model is ours else x.flatten(0, 1)).view(20, 6)
        results.append((y, torch.autograd.grad((y * weights).sum(), [x, model.weight, model.bias])))
    (y, gradients), (expected, expected_gradients) = results
    assert torch.allclose(y, expected, rtol=0, atol=1e-12)
    for one, other in zip(gradients, expected_gradients, strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-11)


def test_what_batch_norm_remembers_equals_torch() -> None:
    ours, theirs = pair("batch")
    for count in (2, 7, 3):
        x = 2 * torch.randn(count, 6, dtype=torch.float64) + 1
        ours(x), theirs(x)
    assert torch.allclose(ours.running_mean, theirs.running_mean, rtol=0, atol=1e-12)
    assert torch.allclose(ours.running_variance, theirs.running_var, rtol=0, atol=1e-12)
    ours.eval(), theirs.eval()
    x = torch.randn(1, 6, dtype=torch.float64)  # alone: its result is its own
    assert torch.allclose(ours(x), theirs(x), rtol=0, atol=1e-12)


def test_one_example_cannot_train_batch_norm() -> None:
    with pytest.raises(ValueError, match="two examples or more"):
        BatchNorm(3)(torch.ones(1, 3))


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
    assert set(INITIALISATIONS.values()) == {xavier, he, narrow}


@pytest.mark.parametrize(("draw", "kept"), [(xavier, 1), (he, 2), (narrow, 1 / 3)])
def test_first_weights_keep_what_they_say(draw, kept: float) -> None:
    """Of the variance of a signal, forward; Xavier's compromise is exact for square matrices."""
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(500, 400, generator=dice)
    assert (x @ draw(400, 400, dice).T).var().item() == pytest.approx(kept, rel=0.05)
