"""Soft targets against torch's divergence and the published formulas (Hinton et al., arXiv 1503.02531)."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.compress.distillation import (
    distillation_loss,
    feature_loss,
    soft_gradient,
    soft_loss,
)

TEMPERATURES = (0.5, 1.0, 4.0, 20.0)


@pytest.fixture
def logits() -> tuple[Tensor, Tensor, Tensor]:
    """Student's and teacher's logits in float64, far from uniform, and labels."""
    dice = torch.Generator().manual_seed(0)
    student, teacher = 5 * torch.randn(2, 7, 10, generator=dice, dtype=torch.float64)
    return student.requires_grad_(), teacher, torch.randint(10, (7,), generator=dice)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_loss_and_gradient_equal_torchs_kl_div(logits, temperature: float, alpha: float) -> None:
    student, teacher, labels = logits
    soft = F.kl_div(
        F.log_softmax(student / temperature, dim=1),
        F.softmax(teacher / temperature, dim=1),
        reduction="batchmean",
    )
    theirs = alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(student, labels)
    ours = distillation_loss(student, teacher, labels, temperature, alpha)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*(torch.autograd.grad(loss, student)[0] for loss in (ours, theirs)))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_the_gradient_is_the_published_one(logits, temperature: float) -> None:
    """Equation 2 by hand, with T squared in front; each picture has its share of the mean."""
    student, teacher, _ = logits
    (ours,) = torch.autograd.grad(soft_loss(student, teacher, temperature), student)
    q = torch.exp(student / temperature) / torch.exp(student / temperature).sum(dim=1, keepdim=True)
    p = torch.exp(teacher / temperature) / torch.exp(teacher / temperature).sum(dim=1, keepdim=True)
    by_hand = (q - p).detach() / temperature
    torch.testing.assert_close(7 * ours, temperature**2 * by_hand)
    torch.testing.assert_close(soft_gradient(student.detach(), teacher, temperature), by_hand)


def test_at_a_high_temperature_logits_are_matched(logits) -> None:
    """Equation 4: for logits whose mean is zero, T^2 times the gradient tends to (z - v) / N, so that the
    temperature drops out; without the factor it tends to zero.
    """
    student, teacher, _ = (one if one.ndim == 1 else one - one.mean(dim=1, keepdim=True) for one in logits)
    limit = (student - teacher).detach() / 10
    gaps = []
    for temperature in (10.0, 100.0, 1000.0):
        scaled = temperature**2 * soft_gradient(student.detach(), teacher, temperature)
        gaps.append((scaled - limit).norm() / limit.norm())
    assert gaps[0] > 5 * gaps[1] > 25 * gaps[2] and gaps[2] < 0.01


def test_the_hint_is_half_the_mean_square(logits) -> None:
    student, teacher, _ = logits
    torch.testing.assert_close(feature_loss(student, teacher), ((student - teacher) ** 2).sum() / 2 / 70)
