"""Digits: the split, and the training against a loop with PyTorch's own Adam."""

import math

import torch
import torch.nn.functional as F

from deepseek_book_utils.nn.digits import (
    FACTORS,
    STEPS,
    digit_arrays,
    digit_network,
    on_schedule,
    split,
    train_digits,
)
from deepseek_book_utils.nn.optimizers import AdamSettings, adam


def test_pictures_have_ink_from_none_to_full() -> None:
    pictures, shown = digit_arrays()
    assert pictures.shape == (1797, 64) and (pictures.min(), pictures.max()) == (0.0, 1.0)
    assert sorted(set(shown)) == list(range(10))
    assert pictures.reshape(-1, 8, 8)[:, :, 3:5].mean() > 2 * pictures.reshape(-1, 8, 8)[:, :, [0, 7]].mean()


def test_the_network_has_a_relu_between_layers_and_none_at_its_end() -> None:
    one, two, other = digit_network(3), digit_network(3), digit_network(4)
    assert [type(layer).__name__ for layer in one] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    assert [tuple(layer.weight.shape) for layer in one[::2]] == [(64, 64), (64, 64), (10, 64)]
    assert [layer.out_features for layer in digit_network(0, (64, 7, 5, 3, 2))[::2]] == [7, 5, 3, 2]
    assert torch.equal(one[0].weight, two[0].weight) and not torch.equal(one[0].weight, other[0].weight)


def test_a_split_has_every_digit_once() -> None:
    train, test = split(3)
    assert (len(train), len(test)) == (1437, 360)
    assert sorted([*train, *test]) == list(range(1797))
    assert list(split(4)[1]) != list(test)


def test_training_is_that_of_torch() -> None:
    torch.manual_seed(0)
    images = torch.rand(55, 64)
    labels = digit_network(7)(images).argmax(dim=1)  # what the network says at first: some of it stays
    accuracy, losses, rates = train_digits(
        (images, labels), adam, AdamSettings(), 7, 16, 3, lambda step, loss: 0.01 / (step + 1)
    )
    train, test = (torch.tensor(part) for part in split(7, 55))
    model = digit_network(7)
    optimizer = torch.optim.Adam(model.parameters())
    expected = []
    for _ in range(3):
        order = train[torch.randperm(44)]
        for batch in (order[:16], order[16:32]):  # twelve digits are left over
            optimizer.param_groups[0]["lr"] = 0.01 / (len(expected) + 1)
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
    torch.testing.assert_close(losses, expected, rtol=1e-5, atol=1e-6)
    assert rates == [0.01 / (step + 1) for step in range(6)]
    right = sum(
        int(row.argmax()) == label for row, label in zip(model(images[test]), labels[test], strict=True)
    )
    assert isinstance(accuracy, float) and math.isclose(accuracy, right / 11) and right > 5


def test_the_rate_hears_the_loss_before() -> None:
    heard = []

    def listen(step: int, loss: float) -> float:
        heard.append(loss)
        return 0.0

    data = torch.rand(50, 64), torch.randint(10, (50,))
    _, losses, _ = train_digits(data, adam, AdamSettings(), 0, 20, 2, listen)
    assert heard == [math.inf, *losses[:-1]]


def test_schedules_scale_a_rate() -> None:
    assert [round(on_schedule(name, 2.0)(0, math.inf), 6) for name in FACTORS] == [2.0, 2.0, 2.0, 2.0, 0.1]
    assert on_schedule("exponential", 1.0)(STEPS, 1.0) < 0.0101
    assert on_schedule("warm-up and cosine", 1.0)(STEPS, 1.0) == 0.0
    waiting = on_schedule("plateau", 1.0)
    # the first loss is the best; the seventh without a better one is too much for a patience of six
    rates = [waiting(step, 1.0) for step in range(9)]
    assert rates == [1.0] * 7 + [0.3] * 2
