"""Norms against torch's, in numbers, gradients and what is remembered."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.layers.norms import BatchNorm, LayerNorm


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
    for count in (1, 7, 3):
        x = 2 * torch.randn(count, 3, 6, dtype=torch.float64) + 1
        ours(x), theirs(x.flatten(0, 1))
    assert torch.allclose(ours.running_mean, theirs.running_mean, rtol=0, atol=1e-12)
    assert torch.allclose(ours.running_variance, theirs.running_var, rtol=0, atol=1e-12)
    ours.eval(), theirs.eval()
    x = torch.randn(1, 6, dtype=torch.float64)  # alone: its result is its own
    assert torch.allclose(ours(x), theirs(x), rtol=0, atol=1e-12)


def test_they_begin_as_torch_and_remember_no_graph() -> None:
    for ours, theirs in ((LayerNorm(4), nn.LayerNorm(4)), (BatchNorm(4), nn.BatchNorm1d(4))):
        x = torch.randn(5, 4, requires_grad=True)
        assert torch.allclose(ours(x), theirs(x), atol=1e-6)
    assert not ours.running_mean.requires_grad and not ours.running_variance.requires_grad


def test_one_example_cannot_train_batch_norm() -> None:
    with pytest.raises(ValueError, match="two examples or more"):
        BatchNorm(3)(torch.ones(1, 3))
