"""The common loop against a loop by hand; what loading loads, and refuses; what a frozen layer does."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.nn import transfer
from deepseek_book_utils.nn.fitting import FitSettings, fit
from deepseek_book_utils.nn.transfer import (
    TransferLearningModel,
    TransferLearningTrainer,
    few_of_each,
    load_layers,
    pretrain_without_labels,
)

SMALL = FitSettings(updates=4, batch_size=3)


def model(seed: int = 0, inputs: int = 6, width: int = 5, classes: int = 3) -> TransferLearningModel:
    torch.manual_seed(seed)
    return TransferLearningModel(inputs, width, classes)


def data(count: int = 7) -> tuple[Tensor, Tensor]:
    dice = torch.Generator().manual_seed(1)
    return torch.rand(count, 6, generator=dice), torch.arange(count) % 3


def test_the_loop_is_a_loop_by_hand() -> None:
    (images, labels), ours, theirs = data(), model(), model()
    losses = TransferLearningTrainer(ours, SMALL).fit(images, labels, seed=5)
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=3e-3, weight_decay=0.01)
    dice, expected = torch.Generator().manual_seed(5), []
    for _ in range(4):
        batch = torch.randperm(7, generator=dice)[:3]
        hidden = torch.relu(images[batch] @ theirs.first.weight.T + theirs.first.bias)
        hidden = torch.relu(hidden @ theirs.second.weight.T + theirs.second.bias)
        logits = hidden @ theirs.head.weight.T + theirs.head.bias
        loss = -(logits.log_softmax(1)[range(3), labels[batch]]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(dict(ours.named_parameters()), dict(theirs.named_parameters()))


def test_few_examples_are_taken_whole_and_none_is_refused() -> None:
    seen: list[list[int]] = []
    weight = torch.ones(1, requires_grad=True)

    def loss_of(batch: Tensor) -> Tensor:
        seen.append(sorted(batch.tolist()))
        return weight.sum()

    fit([weight], loss_of, 2, SMALL, seed=0)
    assert seen == [[0, 1]] * 4
    with pytest.raises(ValueError, match="no examples: give at least one"):
        fit([weight], loss_of, 0, SMALL, seed=0)


def test_loading_reports_exactly_what_it_loaded() -> None:
    source, target = model(1, classes=4), model(2)
    head = target.head.weight.detach().clone()
    loaded = TransferLearningTrainer(target, SMALL).load(source.state_dict(), frozen=False)
    assert loaded == ["first.weight", "first.bias", "second.weight", "second.bias"]
    for name in loaded:
        assert torch.equal(target.get_parameter(name), source.get_parameter(name))
    assert torch.equal(target.head.weight, head)


@pytest.mark.parametrize(
    ("weights", "layers", "message"),
    [
        (
            {"encoder.fc.weight": torch.ones(5, 6)},
            ["first"],
            "Nothing was loaded. The weights have no 'first.w",
        ),
        (model(1, width=4).state_dict(), ["first"], r"'first.weight' has shape \(4, 6\).* and \(5, 6\) in"),
        (model(1).state_dict(), ["first", "encoder"], "no layer 'encoder': it has .*'first.weight'"),
        (model(1, classes=4).state_dict(), ["first", "head"], "'head.weight' has shape"),
    ],
)
def test_what_does_not_fit_changes_nothing(weights, layers, message) -> None:
    target = model(2)
    with pytest.raises(ValueError, match=message):
        load_layers(target, weights, layers)
    assert all(map(torch.equal, target.state_dict().values(), model(2).state_dict().values()))


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_layers_stay_and_others_move(frozen) -> None:
    source, target = model(1), model(2)
    trainer = TransferLearningTrainer(target, SMALL)
    trainer.load(source.state_dict(), frozen)
    trainer.fit(*data(), seed=0)
    for name in ("first.weight", "second.bias"):
        assert torch.equal(target.get_parameter(name), source.get_parameter(name)) == frozen
    assert not torch.equal(target.head.weight, model(2).head.weight)


def test_validation_counts() -> None:
    network = model()
    images, _ = data()
    answers = network(images).argmax(dim=1)
    labels = answers.clone()
    labels[:3] = (labels[:3] + 1) % 3
    assert TransferLearningTrainer(network, SMALL).validate(images, labels) == pytest.approx(4 / 7)


def test_pretraining_sees_holes_and_is_judged_by_the_whole_picture(monkeypatch) -> None:
    """The loss that is minimised, by hand: the masks drawn again, the decoder caught on its way."""
    network, (images, _) = model(), data()
    caught = {}

    def catching(parameters, loss_of, examples, settings, seed):
        caught.update(parameters=list(parameters), loss_of=loss_of, examples=examples)
        return fit(caught["parameters"], loss_of, examples, settings, seed)

    monkeypatch.setattr(transfer, "fit", catching)
    before = network.head.weight.detach().clone()
    dice = torch.Generator().manual_seed(3)
    for _ in range(4):
        torch.rand(3, 6, generator=dice)  # the masks of the training
    draws = torch.rand(2, 6, generator=dice)
    share = draws[1, 2].item()  # a pixel on the edge is shown
    losses = pretrain_without_labels(network, images, SMALL, seed=3, hidden=share)
    assert len(losses) == 4 and caught["examples"] == 7
    assert torch.equal(network.head.weight, before)
    assert not torch.equal(network.second.weight, model().second.weight)
    weight, bias = caught["parameters"][-2:]  # of the decoder
    batch = torch.tensor([2, 0])
    filled = network.features(torch.where(draws >= share, images[batch], 0.0)) @ weight.T + bias
    assert torch.allclose(caught["loss_of"](batch), (filled - images[batch]).square().mean())


@pytest.mark.parametrize("hidden", [0.0, 1.0, float("nan")])
def test_shares_of_hidden_pixels_without_sense(hidden) -> None:
    with pytest.raises(ValueError, match="take 0 < hidden < 1"):
        pretrain_without_labels(model(), data()[0], SMALL, 0, hidden)


def test_the_first_of_each_class_in_the_order_given() -> None:
    labels, order = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1]), torch.tensor([7, 6, 5, 4, 3, 2, 1, 0])
    assert few_of_each(labels, order, (1, 0), 2).tolist() == [7, 4, 6, 3]
    assert few_of_each(labels, order[:5], (2,), 1).tolist() == [5]
    assert few_of_each(labels, order, (2,), 2).tolist() == [5, 2]
    with pytest.raises(ValueError, match="Not every class has 3 examples"):
        few_of_each(labels, order, (0, 2), 3)


def test_the_gradient_is_that_of_the_loss() -> None:
    """Finite differences in double precision, through both lower layers."""
    network, (images, labels) = model().double(), data()
    images = images.double()

    def loss() -> Tensor:
        return F.cross_entropy(network(images), labels)

    loss().backward()
    for name in ("first.weight", "second.bias", "head.weight"):
        parameter = network.get_parameter(name)
        with torch.no_grad():
            parameter.view(-1)[0] += 1e-6
            above = loss()
            parameter.view(-1)[0] -= 2e-6
            below = loss()
            parameter.view(-1)[0] += 1e-6
        assert parameter.grad.view(-1)[0].item() == pytest.approx((above - below).item() / 2e-6, abs=1e-6)
