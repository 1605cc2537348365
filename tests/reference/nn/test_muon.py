"""Muon is torch's, number for number, once torch's rounding to bfloat16 is left out."""

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.nn.muon import Muon, orthogonalize

SHAPES = [(6, 6), (12, 5), (5, 12)]


def trained(optimizer: type[torch.optim.Optimizer], weight_decay: float) -> list[Tensor]:
    """The matrices after six steps, their rate falling, on losses with gradients of every size."""
    draw = torch.Generator().manual_seed(0)
    weights = [nn.Parameter(torch.randn(shape, generator=draw)) for shape in SHAPES]
    muon = optimizer(weights, lr=0.1, weight_decay=weight_decay)
    for step in range(6):
        muon.param_groups[0]["lr"] = 0.1 / (step + 1)
        for weight in weights:
            weight.grad = 10.0 ** (step - 3) * torch.randn(weight.shape, generator=draw)
        muon.step()
    return [weight.detach() for weight in weights]


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_six_steps_are_torchs(weight_decay: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tensor, "bfloat16", lambda gradient: gradient.clone())
    for ours, theirs in zip(
        trained(Muon, weight_decay), trained(torch.optim.Muon, weight_decay), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_its_rounding_moves_torchs_step_by_less_than_a_hundredth() -> None:
    """What float32 changes: as much as bfloat16 rounds."""
    for ours, theirs in zip(trained(Muon, 0.0), trained(torch.optim.Muon, 0.0), strict=True):
        assert 0 < (ours - theirs).norm() < 0.01 * ours.norm()


@pytest.mark.parametrize("shape", SHAPES)
def test_directions_become_about_equally_large(shape: tuple[int, int]) -> None:
    """U S V^T becomes U S' V^T: the same directions, S' within what the coefficients leave."""
    u, s, vh = torch.linalg.svd(
        torch.randn(shape, generator=torch.Generator().manual_seed(1)), full_matrices=False
    )
    uneven = u @ torch.logspace(1, 0, len(s)).diag() @ vh  # the largest ten times the smallest
    inside = u.T @ orthogonalize(uneven) @ vh.T
    assert (inside - inside.diag().diag()).abs().max() < 1e-4
    assert 0.5 < inside.diag().min() <= inside.diag().max() < 1.3


def test_nothing_in_nothing_out_and_no_gradient_no_step() -> None:
    assert not orthogonalize(torch.zeros(3, 4)).any()
    still, moved = nn.Parameter(torch.ones(3, 3)), nn.Parameter(torch.ones(3, 3))
    moved.grad = torch.eye(3)
    Muon([still, moved], lr=0.1).step()
    assert torch.equal(still, torch.ones(3, 3)) and not torch.equal(moved, torch.ones(3, 3))


def test_vectors_are_for_another_optimizer() -> None:
    with pytest.raises(ValueError, match="AdamW"):
        orthogonalize(torch.ones(3))
