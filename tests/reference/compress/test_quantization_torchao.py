"""Rounding against torchao, number for number: scales, zero points, whole numbers, and a layer's outputs."""

import pytest
import torch
from torch import Tensor, nn
from torchao.quantization import Int8WeightOnlyConfig, quantize_
from torchao.quantization.quant_primitives import (
    MappingType,
    choose_qparams_affine,
    dequantize_affine,
    quantize_affine,
)

from deepseek_book_utils.compress.quantization import (
    QuantSettings,
    dequantize,
    fake_quantize,
    quantize,
    round_model,
)

ROWS, COLUMNS = 12, 64


def weight_of(seed: int = 0) -> Tensor:
    return torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize(
    ("sharing", "block"), [("tensor", (ROWS, COLUMNS)), ("channel", (1, COLUMNS)), ("group", (1, 16))]
)
def test_scales_numbers_and_weights_are_torchaos(sharing, block, bits: int, symmetric: bool) -> None:
    settings = QuantSettings(bits=bits, sharing=sharing, group_size=16, symmetric=symmetric)
    weight, (least, most) = weight_of(), settings.ends
    mapping = MappingType.SYMMETRIC if symmetric else MappingType.ASYMMETRIC
    scales, zeros = choose_qparams_affine(
        weight, mapping, block, torch.int8, least, most, scale_dtype=torch.float32, eps=1e-12
    )
    q = quantize_affine(weight, block, scales, zeros, torch.int8, least, most)
    ours = quantize(weight, settings)
    torch.testing.assert_close(ours.scales.flatten(), scales.flatten())
    assert torch.equal(ours.zeros.flatten().long(), zeros.flatten().long())
    assert torch.equal(ours.q.reshape(ROWS, COLUMNS), q)
    theirs = dequantize_affine(q, block, scales, zeros, torch.int8, least, most)
    torch.testing.assert_close(dequantize(ours), theirs)
    torch.testing.assert_close(fake_quantize(weight, settings), theirs)


@torch.no_grad()
def test_a_layer_in_int8_gives_almost_what_torchaos_gives() -> None:
    """torchao divides by 127.5, so that -128 is in use, and we divide by 127: codes differ by one at most."""
    torch.manual_seed(0)
    exact = nn.Sequential(nn.Linear(COLUMNS, ROWS))
    ours, theirs = (nn.Sequential(nn.Linear(COLUMNS, ROWS)) for _ in range(2))
    for copy in (ours, theirs):
        copy.load_state_dict(exact.state_dict())
    quantize_(theirs, Int8WeightOnlyConfig(version=2))
    round_model(ours, lambda name, layer: QuantSettings(bits=8, sharing="channel"))
    weight = theirs[0].weight
    rounded = quantize(exact[0].weight, QuantSettings(bits=8))
    torch.testing.assert_close(rounded.scales.flatten() * 127 / 127.5, weight.scale.flatten())
    assert (rounded.q.reshape(ROWS, COLUMNS).int() - weight.qdata.int()).abs().max() <= 1
    x = torch.randn(5, COLUMNS)
    error = (theirs(x) - exact(x)).abs().mean()
    assert 0 < (ours(x) - theirs(x)).abs().mean() < 2 * error
    assert 0 < error < 0.02 * exact(x).abs().mean()
