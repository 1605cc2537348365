"""Each remedy against its formula, spelt out; and what the loop shows the network of the past."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepseek_book_utils.nn import continual
from deepseek_book_utils.nn.continual import (
    ContinualSettings,
    Past,
    continual_loss,
    distillation_loss,
    ewc_penalty,
    fisher_information,
    learn_in_turn,
)
from deepseek_book_utils.nn.fitting import FitSettings

SMALL = FitSettings(updates=3, batch_size=4)


def problem() -> tuple[nn.Module, list[tuple[Tensor, Tensor]]]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 4)).double()
    images = torch.rand(12, 4, dtype=torch.float64)
    return model, [(images[:6], torch.arange(6) % 2), (images[6:], 2 + torch.arange(6) % 2)]


def test_fisher_information_by_loops() -> None:
    model, ((images, _), _) = problem()
    found = fisher_information(model, images)
    for name, weight in model.named_parameters():
        total = torch.zeros_like(weight)
        for image in images:
            for label in range(4):
                log_probs = F.log_softmax(model(image), dim=0)
                (slope,) = torch.autograd.grad(log_probs[label], weight)
                total += log_probs[label].exp().detach() * slope**2
        assert torch.allclose(found[name], total / 6), name
        assert not found[name].requires_grad


def test_fisher_information_is_the_curvature_of_what_the_network_says() -> None:
    """Its definition from the other side: the second derivative of KL(old || moved), at the old weights."""
    model, ((images, _), _) = problem()
    fisher = fisher_information(model, images)
    old = model(images).softmax(dim=1).detach()
    kls = []
    for step in (1e-3, -1e-3):
        moved = copy.deepcopy(model)
        with torch.no_grad():
            moved[0].weight[1, 2] += step
        log_ratio = old.log() - moved(images).log_softmax(dim=1)
        kls.append((old * log_ratio).sum(dim=1).mean().item())
    assert sum(kls) / 1e-6 == pytest.approx(fisher["0.weight"][1, 2].item(), rel=1e-3)


def test_the_penalty_and_its_gradient() -> None:
    model, _ = problem()
    anchors = {name: p.detach() + 0.5 for name, p in model.named_parameters()}
    fisher = {name: torch.full_like(p, 3.0) for name, p in model.named_parameters()}
    fisher["0.bias"][:] = 0
    penalty = ewc_penalty(model, anchors, fisher)
    count = sum(p.numel() for p in model.parameters()) - 5
    assert penalty.item() == pytest.approx(count * 3 / 2 * 0.25)
    penalty.backward()
    assert torch.allclose(model[2].weight.grad, torch.full_like(model[2].weight, 3 * -0.5))
    assert not model[0].bias.grad.any()


def test_distillation_is_least_where_both_say_the_same() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0]], requires_grad=True)
    old = torch.tensor([[1.0, 1.0, 0.0]])
    wanted = torch.tensor([2.718281828**0.5, 2.718281828**0.5, 1.0])
    wanted = wanted / wanted.sum()
    softened = (logits[0] / 2).softmax(0)
    assert distillation_loss(logits, old, 2.0).item() == pytest.approx(
        -(wanted * softened.log()).sum().item()
    )
    (gradient,) = torch.autograd.grad(distillation_loss(logits, logits.detach() + 7, 2.0), logits)
    assert gradient.abs().max() < 1e-6


def caught_losses(monkeypatch, remedies: ContinualSettings) -> tuple[list[Tensor], list[nn.Module]]:
    """The loss of the second stage's examples 0 and 3, after both stages, and the models."""
    model, stages = problem()
    losses, fit = [], continual.fit

    def catching(parameters, loss_of, examples, settings, seed):
        assert (examples, seed) == (6, 4 + len(losses))  # each stage has dice of its own
        told = fit(parameters, loss_of, examples, settings, seed)
        losses.append(loss_of(torch.tensor([0, 3])))
        return told

    monkeypatch.setattr(continual, "fit", catching)
    return losses, learn_in_turn(model, stages, remedies, SMALL, seed=4)


@pytest.mark.parametrize(
    "remedies",
    [
        ContinualSettings(),
        ContinualSettings(replayed=3),
        ContinualSettings(ewc=3.0),
        ContinualSettings(distilled=0.5, temperature=3.0),
    ],
)
def test_the_loss_of_a_later_stage(monkeypatch, remedies) -> None:
    losses, (first, second) = caught_losses(monkeypatch, remedies)
    _, stages = problem()
    (old_images, old_labels), (images, labels) = stages
    new = F.cross_entropy(second(images[[0, 3]]), labels[[0, 3]])
    kept = torch.randperm(6, generator=torch.Generator().manual_seed(4))[:3]
    extra = {
        "replayed": F.cross_entropy(second(old_images[kept]), old_labels[kept]),
        "ewc": ewc_penalty(second, dict(first.named_parameters()), fisher_information(first, old_images)),
        "distilled": distillation_loss(second(images[[0, 3]]), first(images[[0, 3]]), remedies.temperature),
    }
    weights = {"replayed": float(remedies.replayed > 0), "ewc": remedies.ewc, "distilled": remedies.distilled}
    expected = new + sum(weights[name] * extra[name] for name in extra)
    assert losses[1].item() == pytest.approx(expected.item())


def test_the_newest_of_the_old_networks_tells() -> None:
    (model, ((images, labels), _)), old, newest = problem(), problem()[0], problem()[0]
    nn.init.ones_(newest[0].weight)
    nn.init.zeros_(old[2].weight)
    told = continual_loss(
        model, (images, labels), Past(models=[old, newest]), ContinualSettings(distilled=1.0)
    )
    expected = distillation_loss(model(images), newest(images), 2.0) + F.cross_entropy(model(images), labels)
    assert told.item() == pytest.approx(expected.item())


def test_no_remedy_touches_the_first_stage_and_models_are_kept() -> None:
    plain = learn_in_turn(*problem(), ContinualSettings(), SMALL, seed=4)
    all_of_them = ContinualSettings(replayed=2, ewc=3.0, distilled=1.0)
    helped = learn_in_turn(*problem(), all_of_them, SMALL, seed=4)
    assert torch.equal(plain[0][0].weight, helped[0][0].weight)
    assert not torch.equal(plain[1][0].weight, helped[1][0].weight)
    assert not torch.equal(plain[0][0].weight, plain[1][0].weight)


def test_a_strong_tie_holds_the_old_weights() -> None:
    """The penalty pulls at the weights; anchors that moved along would pull at nothing."""
    ends = []
    for tie in (0.0, 1e4):
        first, second = learn_in_turn(
            *problem(), ContinualSettings(ewc=tie), FitSettings(updates=40, batch_size=6), seed=4
        )
        fisher = fisher_information(first, problem()[1][0][0])
        ends.append(ewc_penalty(second, dict(first.named_parameters()), fisher).item())
    assert ends[1] < ends[0] / 10
