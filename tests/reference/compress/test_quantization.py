"""Rounding against torch's own fake quantisation, number for number and gradient for gradient."""

import itertools

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.compress.quantization import (
    QuantSettings,
    allocate_bits,
    choose_scales,
    dequantize,
    fake_quantize,
    finish_qat,
    grouped,
    prepare_qat,
    quantize,
    round_model,
    straight_through,
    to_whole,
)

CASES = [
    QuantSettings(bits, sharing, group_size=8, symmetric=symmetric)
    for bits, sharing, symmetric in itertools.product(
        (2, 3, 4, 8), ("tensor", "channel", "group"), (True, False)
    )
]
every_case = pytest.mark.parametrize(
    "settings", CASES, ids=lambda s: f"{s.bits}-{s.sharing}-{'symmetric' if s.symmetric else 'zeros'}"
)


def weight() -> Tensor:
    dice = torch.Generator().manual_seed(0)
    return (torch.randn(12, 32, generator=dice) * torch.rand(12, 1, generator=dice) + 0.1).requires_grad_()


def theirs(rows: Tensor, scales: Tensor, zeros: Tensor, settings: QuantSettings) -> Tensor:
    return torch.fake_quantize_per_channel_affine(
        rows, scales.flatten(), zeros.flatten().float(), 0, *settings.ends
    )


@every_case
def test_rounded_as_torch_rounds(settings: QuantSettings) -> None:
    rows = grouped(weight().detach(), settings)
    expected = theirs(rows, *choose_scales(rows, settings), settings).view(12, 32)
    found = quantize(weight(), settings)
    torch.testing.assert_close(dequantize(found), expected)
    torch.testing.assert_close(fake_quantize(weight(), settings), expected)
    assert found.q.min() >= settings.ends[0] and found.q.max() <= settings.ends[1]
    assert len(found.scales) == {"tensor": 1, "channel": 12, "group": 48}[settings.sharing]


@every_case
def test_the_gradient_passes_as_in_torch(settings: QuantSettings) -> None:
    ours, other = weight(), weight()
    upstream = torch.randn(12, 32, generator=torch.Generator().manual_seed(1))
    fake_quantize(ours, settings).backward(upstream)
    rows = grouped(other, settings)
    found = theirs(rows, *choose_scales(rows.detach(), settings), settings)
    found.backward(upstream.view_as(found))
    torch.testing.assert_close(ours.grad, other.grad)


@every_case
def test_what_a_scale_does_not_cover_is_held_at_the_ends(settings: QuantSettings) -> None:
    """Scales of half the size, as calibration may choose them: values and gradients are torch's here too."""
    ours, other = weight(), weight()
    scales, zeros = choose_scales(grouped(ours.detach(), settings), settings)
    found = straight_through(grouped(ours, settings), scales / 2, zeros, settings.ends)
    expected = theirs(grouped(other, settings), scales / 2, zeros, settings)
    torch.testing.assert_close(found, expected)
    whole = to_whole(grouped(ours.detach(), settings), scales / 2, zeros, settings.ends)
    torch.testing.assert_close(scales / 2 * (whole - zeros), expected.detach())
    found.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(ours.grad, other.grad)
    assert 0.0 < (ours.grad == 0).float().mean() < 0.9


@pytest.mark.parametrize("sharing", ["tensor", "channel", "group"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_the_error_is_at_most_half_a_step(sharing: str, symmetric: bool) -> None:
    settings = QuantSettings(4, sharing, 8, symmetric)
    found = quantize(weight(), settings)
    steps = found.scales.expand_as(found.q).reshape(12, 32)
    assert ((dequantize(found) - weight()).abs() <= steps * (0.5 if symmetric else 1.0) + 1e-6).all()


def test_fewer_numbers_a_scale_are_nearer_and_more_bits_too() -> None:
    def error(bits: int, sharing: str) -> float:
        found = quantize(weight(), QuantSettings(bits, sharing, 8))
        return (dequantize(found) - weight()).square().mean().item()

    assert error(4, "group") < error(4, "channel") < error(4, "tensor")
    assert error(8, "channel") < error(4, "channel") / 50
    assert quantize(weight(), QuantSettings(4, "group", 8)).size == 12 * 32 / 2 + 48 * 2


def test_zero_stays_zero() -> None:
    """A weight all zero, and one far from zero: padding and pruned weights must not wake up."""
    for values in (torch.zeros(2, 8), torch.rand(2, 8) + 5):
        values = torch.cat((values, torch.zeros(2, 8)), dim=1)
        for symmetric in (True, False):
            rounded = dequantize(quantize(values, QuantSettings(4, symmetric=symmetric)))
            assert (rounded[:, 8:] == 0).all() and torch.isfinite(rounded).all()


def small_model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 4))


def test_a_model_is_rounded_layer_by_layer() -> None:
    model, exact = small_model(), small_model()
    size = round_model(model, lambda name, layer: QuantSettings(8) if name == "0" else None)
    assert torch.equal(model[0].weight, dequantize(quantize(exact[0].weight, QuantSettings(8))))
    assert torch.equal(model[2].weight, exact[2].weight)
    assert size == 8 * 32 + 2 * 32 + 2 * (32 + 32 * 4 + 4)


def test_training_that_knows_of_the_rounding_beats_rounding_after_it() -> None:
    """At two bits: the loss after rounding is smaller for all seeds."""
    settings = QuantSettings(2)
    for seed in range(3):
        dice = torch.Generator().manual_seed(seed)
        x = torch.randn(256, 8, generator=dice)
        y = torch.tanh(x @ torch.randn(8, 4, generator=dice))
        losses = {}
        for aware in (False, True):
            model = small_model()
            if aware:
                prepare_qat(model, lambda name, layer: settings)
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
            for _ in range(200):
                optimizer.zero_grad()
                (model(x) - y).square().mean().backward()
                optimizer.step()
            if aware:
                before = model(x)
                finish_qat(model)
                torch.testing.assert_close(model(x), before)
                assert [type(layer) for layer in model] == [nn.Linear, nn.GELU, nn.Linear]
            else:
                round_model(model, lambda name, layer: settings)
            losses[aware] = (model(x) - y).square().mean().item()
        assert losses[True] < 0.5 * losses[False]


def test_bits_go_where_they_save_most() -> None:
    """Against every allocation of the budget, where errors fall convexly and layers are of one size."""
    dice = torch.Generator().manual_seed(0)
    for _ in range(20):
        scale = torch.rand(5, generator=dice).tolist()
        errors = {str(i): {b: c * 4.0**-b for b in (2, 3, 4, 5)} for i, c in enumerate(scale)}
        chosen = allocate_bits(errors, dict.fromkeys(errors, 100), budget=3.4)
        best = min(
            sum(errors[str(i)][b] for i, b in enumerate(bits))
            for bits in itertools.product((2, 3, 4, 5), repeat=5)
            if sum(bits) <= 17
        )
        assert sum(errors[n][b] for n, b in chosen.items()) == pytest.approx(best)
        assert sum(chosen.values()) == 17
    halves = {name: {2: 1.0, 3: 0.5, 4: 0.25} for name in ("large", "small")}
    chosen = allocate_bits(halves, {"large": 1000, "small": 100}, budget=2.92)
    assert chosen == {"large": 2, "small": 4}  # a bit for each of the few costs less
    with pytest.raises(ValueError, match="fewest bits"):
        allocate_bits(errors, dict.fromkeys(errors, 100), budget=1.9)


def test_groups_must_fill_a_row() -> None:
    with pytest.raises(ValueError, match="Rows of 32.*groups of 5"):
        quantize(weight(), QuantSettings(4, "group", 5))
