"""The student's loop against a loop by hand; what needs labels and what does not; the teacher stays."""

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepseek_book_utils.compress.distillation import (
    DistillSettings,
    distil,
    distil_in_two_phases,
    distillation_loss,
    soft_loss,
)
from deepseek_book_utils.nn.digits import digit_network

SMALL = DistillSettings(updates=5, batch_size=3, warm_up=2, max_grad_norm=0.05)


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    """A student (6-4-3) and a teacher (6-8-8-3)."""
    return digit_network(0, (6, 4, 3)), digit_network(1, (6, 8, 8, 3))


def data(count: int = 7) -> tuple[Tensor, Tensor]:
    dice = torch.Generator().manual_seed(1)
    return torch.rand(count, 6, generator=dice), torch.arange(count) % 3


@pytest.mark.parametrize("features", [0.0, 1.5])
def test_the_loop_is_a_loop_by_hand(features: float) -> None:
    """A rate that rises for two updates and falls in three, by a cosine; a gradient that is shortened."""
    (ours, teacher), (images, labels) = networks(), data()
    theirs = copy.deepcopy(ours)
    history = distil(ours, teacher, images, labels, replace(SMALL, features=features), seed=5)
    torch.manual_seed(5)
    projection = nn.Linear(4, 8)  # from the student's hidden layer to the teacher's
    weights = [*theirs.parameters(), *(projection.parameters() if features else ())]
    optimizer = torch.optim.AdamW(weights, weight_decay=0)
    dice = torch.Generator().manual_seed(5)
    for update, rate in enumerate((0.5, 1.0, 1.0, 0.775, 0.325)):
        batch = torch.randperm(7, generator=dice)[:3]
        logits = theirs(images[batch])
        with torch.no_grad():
            told = F.softmax(teacher(images[batch]) / 4, dim=1)
        soft = F.kl_div(F.log_softmax(logits / 4, dim=1), told, reduction="batchmean")
        loss = 0.9 * 16 * soft + 0.1 * F.cross_entropy(logits, labels[batch])
        if features:
            with torch.no_grad():
                hints = teacher[:4](images[batch])
            away = projection(theirs[:2](images[batch])) - hints
            loss = loss + features * away.square().sum() / (2 * 3 * 8)
        optimizer.zero_grad()
        loss.backward()
        squares = sum((weight.grad**2).sum() for weight in weights)
        length = squares.sqrt().item()
        for weight in weights:
            weight.grad *= min(1.0, 0.05 / length)
        optimizer.param_groups[0]["lr"] = 3e-3 * rate
        optimizer.step()
        assert history[update] == pytest.approx({"loss": loss.item(), "gradient": length}, rel=1e-4)
    assert {type(value) for one in history for value in one.values()} == {float}
    assert history[0]["gradient"] > 0.05  # so the gradient was shortened
    torch.testing.assert_close(
        dict(ours.named_parameters()), dict(theirs.named_parameters()), rtol=1e-3, atol=1e-5
    )


def test_the_teacher_and_the_random_state_stay() -> None:
    (student, teacher), (images, labels) = networks(), data()
    before, state = copy.deepcopy(teacher.state_dict()), torch.get_rng_state()
    features = DistillSettings(updates=3, features=1.0)
    distil(student, teacher, images, labels, features, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(dict(teacher.state_dict()), dict(before), rtol=0, atol=0)
    assert all(weight.grad is None for weight in teacher.parameters())


def test_a_weight_that_no_picture_reaches_stays() -> None:
    """Nothing pulls weights to zero."""
    (student, teacher), (images, labels) = networks(), data()
    images[:, 2], before = 0, student[0].weight.detach().clone()
    distil(student, teacher, images, labels, SMALL, seed=0)
    moved = (student[0].weight != before).any(dim=0)
    assert moved.tolist() == [True, True, False, True, True, True]


def test_labels_that_are_not_needed_are_not_read() -> None:
    (student, teacher), (images, _) = networks(), data()
    other = copy.deepcopy(student)
    soft = DistillSettings(updates=3, alpha=1.0)
    assert distil(student, teacher, images, None, soft, 0) == distil(
        other, teacher, images, torch.full((7,), 99), soft, 0
    )
    with pytest.raises(ValueError, match=r"alpha = 0.9 needs labels: give them, or take alpha = 1"):
        distil(student, teacher, images, None, SMALL, 0)


def test_a_student_that_agrees_learns_from_labels_alone() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5]], requires_grad=True)
    assert soft_loss(logits, logits.detach(), 3.0).item() == pytest.approx(0, abs=1e-6)
    loss = distillation_loss(logits, logits.detach(), torch.tensor([1]), 3.0, 0.25)
    assert loss.item() == pytest.approx(0.75 * F.cross_entropy(logits, torch.tensor([1])).item())


def test_a_feature_that_is_learned_comes_nearer() -> None:
    """The projected features of the student come nearer to the teacher's; the labels say nothing here."""
    (student, teacher), (images, labels) = networks(), data()
    settings = DistillSettings(updates=200, features=100.0, floor=1.0)
    history = distil(student, teacher, images, labels, settings, 0)
    assert history[-1]["loss"] < 0.3 * history[0]["loss"]


def test_two_phases_are_two_runs() -> None:
    (student, teacher), (images, labels) = networks(), data()
    other, phases = copy.deepcopy(student), (DistillSettings(updates=3, alpha=1.0), SMALL)
    history = distil_in_two_phases(student, teacher, images, (images[:4], labels[:4]), phases, seed=2)
    expected = distil(other, teacher, images, None, phases[0], 2)
    expected += distil(other, teacher, images[:4], labels[:4], phases[1], 3)
    assert history == expected
    with pytest.raises(ValueError, match="needs labels"):
        distil_in_two_phases(student, teacher, images, (images, labels), (SMALL, SMALL), 0)
