"""Rounding by numbers worked out on paper, what it refuses, and which layers it reaches."""

import pytest
import torch
from torch import nn, tensor

from deepseek_book_utils.compress.quantization import (
    QATLinear,
    QuantSettings,
    allocate_bits,
    choose_scales,
    dequantize,
    fake_quantize,
    prepare_qat,
    quantize,
)

ZEROS = QuantSettings(4, symmetric=False)  # whole numbers from -8 to 7, with a zero point


@pytest.mark.parametrize("bits", [1, 9, 16])
def test_two_to_eight_bits(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits = {bits}: take 2 to 8"):
        QuantSettings(bits)


def test_the_ends_of_whole_numbers() -> None:
    ends = {bits: (QuantSettings(bits).ends, QuantSettings(bits, symmetric=False).ends) for bits in (2, 4, 8)}
    assert ends == {2: ((-1, 1), (-2, 1)), 4: ((-7, 7), (-8, 7)), 8: ((-127, 127), (-128, 127))}


def test_two_rows_with_zero_points_by_hand() -> None:
    """Both have a step of 1. The first is -8 to 7 already, the second is moved down by 8."""
    found = quantize(tensor([[-8.0, 7.0], [0.0, 15.0]], requires_grad=True), ZEROS)
    assert found.q.tolist() == [[-8, 7], [-8, 7]] and found.zeros.tolist() == [[0], [-8]]
    assert found.scales.tolist() == [[1], [1]] and not found.scales.requires_grad
    assert found.size == (4 * 4 + 2 * 16 + 2 * 4) / 8  # numbers, scales and zero points


def test_a_row_below_zero_reaches_up_to_zero() -> None:
    scales, zeros = choose_scales(tensor([[-15.0, -0.5]]), ZEROS)
    assert scales.item() == 1 and zeros.item() == 7


@pytest.mark.parametrize("settings", [ZEROS, QuantSettings(4)])
def test_a_row_of_zeros_has_a_step(settings: QuantSettings) -> None:
    nothing = torch.zeros(2, 3)
    assert (choose_scales(nothing, settings)[0] > 0).all()
    assert torch.equal(fake_quantize(nothing, settings), nothing)


def test_only_chosen_layers_compute_with_rounded_weights() -> None:
    model, coarse = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), QuantSettings(2)
    weight = model[1].weight
    prepare_qat(model, lambda name, layer: coarse if name == "1" and layer.out_features == 2 else None)
    assert type(model[0]) is nn.Linear and isinstance(model[1], QATLinear)
    x = torch.randn(5, 4)
    rounded = x @ dequantize(quantize(weight, coarse)).T + model[1].layer.bias
    torch.testing.assert_close(model[1](x), rounded)


ONE_EACH = {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("a", "b", "budget", "chosen"),
    [
        ({2: 1.0, 3: 0.5}, {2: 1.0, 3: 0.4}, 2.0, (2, 2)),  # the budget is spent before it begins
        ({2: 10.0, 3: 9.9}, {2: 1.0, 3: 0.1}, 2.5, (2, 3)),  # what is saved counts, not what is left
        ({2: 1.0, 3: 0.9, 4: 0.0}, {2: 1.0, 3: 0.5, 4: 0.4}, 2.5, (2, 3)),  # by the next width
        ({2: 1.0, 4: 0.4}, {2: 0.9, 3: 0.5}, 2.5, (2, 3)),  # .6 for two bits, which are too many
        ({2: 1.0, 4: 0.0}, {2: 0.1, 4: 0.0}, 3.5, (4, 2)),  # two bits are spent, and one is left
        ({2: 0.1, 3: 0.1}, {2: 0.1, 3: 0.2}, 3.0, (2, 2)),  # nothing is gained, or less than nothing
    ],
)
def test_the_next_bits_by_hand(a: dict, b: dict, budget: float, chosen: tuple[int, int]) -> None:
    assert tuple(allocate_bits({"a": a, "b": b}, ONE_EACH, budget).values()) == chosen


def test_a_budget_just_below_the_fewest_bits_is_refused() -> None:
    with pytest.raises(ValueError, match=r"budget = 1.75: the fewest bits take more"):
        allocate_bits({"a": {2: 1.0}, "b": {2: 1.0}}, ONE_EACH, 1.75)
