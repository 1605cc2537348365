"""Attacks against finite differences and by hand; what the two mixed losses are, to the last bit."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepseek_book_utils.nn import robustness
from deepseek_book_utils.nn.fitting import FitSettings, accuracy
from deepseek_book_utils.nn.robustness import (
    AttackSettings,
    fgsm,
    input_gradient,
    pgd,
    train_against,
    train_on_domains,
)

SMALL = FitSettings(updates=2, batch_size=3)


def problem() -> tuple[nn.Module, Tensor, Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    return model, torch.rand(6, 4, dtype=torch.float64), torch.arange(6) % 3


def test_the_gradient_by_the_picture_is_that_of_finite_differences() -> None:
    model, images, labels = problem()
    found = input_gradient(model, images, labels)
    for i, j in ((0, 0), (3, 2), (5, 3)):
        moved = [images.clone(), images.clone()]
        moved[0][i, j] += 1e-6
        moved[1][i, j] -= 1e-6
        above, below = (F.cross_entropy(model(x), labels, reduction="sum").item() for x in moved)
        assert found[i, j].item() == pytest.approx((above - below) / 2e-6, abs=1e-7)
    assert all(p.grad is None for p in model.parameters()) and not images.requires_grad


def test_fgsm_is_the_worst_change_of_a_linear_model() -> None:
    """Two classes, no hidden layer: the loss grows fastest along the sign of w_other - w_right."""
    torch.manual_seed(0)
    model = nn.Linear(4, 2)
    images, labels = torch.rand(3, 4), torch.tensor([0, 1, 0])
    worst = model.weight[1 - labels] - model.weight[labels]  # (B, inputs)
    assert torch.allclose(fgsm(model, images, labels, 0.3), images + 0.3 * worst.sign())


@pytest.mark.parametrize("length", [0.15, 0.02])
def test_pgd_is_a_walk_by_hand_inside_the_box(length: float) -> None:
    """Long steps end at the walls whatever the start was, short ones show where it was."""
    model, images, labels = problem()
    settings = AttackSettings(size=0.2, steps=3, step_size=length)
    found = pgd(model, images, labels, settings, torch.Generator().manual_seed(7))
    x = images + 0.4 * torch.rand(6, 4, generator=torch.Generator().manual_seed(7), dtype=torch.float64) - 0.2
    for _ in range(3):
        x = x.detach().requires_grad_()
        F.cross_entropy(model(x), labels).backward()  # the mean has the same sign as the sum
        x = x + length * x.grad.sign()
        x = torch.minimum(torch.maximum(x, images - 0.2), images + 0.2)
    assert torch.allclose(found, x)
    assert (found - images).abs().max() <= 0.2 + 1e-12
    if length > 0.1:
        assert F.cross_entropy(model(found), labels) > F.cross_entropy(model(images), labels)


def test_a_pixel_that_the_model_does_not_see_is_not_pushed() -> None:
    model, images, labels = problem()
    model[0].weight.data[:, 2] = 0
    assert torch.equal(fgsm(model, images, labels, 0.3)[:, 2], images[:, 2])
    found = pgd(model, images, labels, AttackSettings(size=0.2), torch.Generator().manual_seed(7))
    start = torch.rand(6, 4, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    assert torch.allclose(found[:, 2], (images + 0.4 * start - 0.2)[:, 2])


def test_without_a_share_nothing_is_attacked(monkeypatch) -> None:
    model, images, labels = problem()
    monkeypatch.setattr(robustness, "pgd", lambda *_: pytest.fail("an attack costs time"))
    train_against(model, (images, labels), AttackSettings(), SMALL, seed=5, share=0)


def test_one_domain_alone_is_plain_training() -> None:
    (one, images, labels), (two, _, _) = problem(), problem()
    train_on_domains(one, [(images, labels)], [1.0], SMALL, seed=0)
    train_against(two, (images, labels), AttackSettings(), SMALL, seed=0, share=0)
    assert torch.allclose(one[0].weight, two[0].weight)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_a_mixture_of_clean_and_attacked_pictures(monkeypatch, share) -> None:
    model, images, labels = problem()
    attack, losses = AttackSettings(steps=2), []

    def catching(parameters, loss_of, examples, settings, seed):
        losses.append(loss_of(torch.tensor([4, 1])))
        return []

    monkeypatch.setattr(robustness, "fit", catching)
    train_against(model, (images, labels), attack, SMALL, seed=5, share=share)
    clean, answers = images[[4, 1]], labels[[4, 1]]
    attacked = pgd(model, clean, answers, attack, torch.Generator().manual_seed(5))
    parts = [F.cross_entropy(model(x), answers) for x in (clean, attacked)]
    assert losses[0].item() == pytest.approx((1 - share) * parts[0].item() + share * parts[1].item())


def test_domains_count_as_their_weights_say(monkeypatch) -> None:
    model, images, labels = problem()
    domains = [(images, labels), (1 - images, labels.flip(0))]
    losses = []

    def catching(parameters, loss_of, examples, settings, seed):
        losses.append((loss_of(torch.tensor([0, 2, 5])), examples))
        return []

    monkeypatch.setattr(robustness, "fit", catching)
    train_on_domains(model, domains, (0.25, 0.75), SMALL, seed=0)
    parts = [F.cross_entropy(model(x[[0, 2, 5]]), y[[0, 2, 5]]).item() for x, y in domains]
    assert losses[0][0].item() == pytest.approx(0.25 * parts[0] + 0.75 * parts[1]) and losses[0][1] == 6


def test_a_domain_without_weight_teaches_nothing() -> None:
    outcomes = []
    for other in (0.0, 1.0):
        model, images, labels = problem()
        train_on_domains(model, [(images, labels), (images + other, labels)], (1.0, 0.0), SMALL, seed=0)
        outcomes.append(model[0].weight.detach().clone())
    assert torch.equal(*outcomes)


@pytest.mark.parametrize("weights", [(1.0,), (0.5, 0.6), (0.5, 0.4), (1.5, -0.5), (0.5, 0.5000015)])
def test_weights_without_sense(weights) -> None:
    model, images, labels = problem()
    with pytest.raises(ValueError, match="give each of 2 domains a weight >= 0, with the sum 1"):
        train_on_domains(model, [(images, labels)] * 2, weights, SMALL, seed=0)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_shares_without_sense(share) -> None:
    model, images, labels = problem()
    with pytest.raises(ValueError, match="take 0 <= share <= 1"):
        train_against(model, (images, labels), AttackSettings(), SMALL, 0, share)


def test_accuracy_counts() -> None:
    model, images, _ = problem()
    labels = model(images).argmax(dim=1)
    labels[:2] = (labels[:2] + 1) % 3
    assert accuracy(model, images, labels) == pytest.approx(4 / 6)
