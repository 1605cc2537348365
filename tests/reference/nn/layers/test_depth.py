"""Sizes by depth: against what the theory says for wide layers, and a GPT's own first weights."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.nn.layers.depth import depth_profile, draw_layers, model_profile, pass_through
from deepseek_book_utils.nn.layers.initialisation import he, narrow, xavier

L, C = 10, 400


def profile(draw, activation, around: bool = False, scale: float = 1.0):
    dice = torch.Generator().manual_seed(0)
    x = torch.randn(200, C, generator=dice)
    weights = draw_layers(draw, L, C, dice, scale)
    return depth_profile(weights, x, activation, dice, around)


@pytest.mark.parametrize(("draw", "factor"), [(he, 1), (xavier, 1 / 2), (narrow, 1 / 6)])
def test_relu_halves_what_passes_in_both_directions(draw, factor: float) -> None:
    """A layer multiplies the size by C times the variance of a weight, and ReLU lets half of it through."""
    signal, gradient = profile(draw, torch.relu)
    assert len(signal) == len(gradient) == L + 1
    assert (signal[-1] / signal[0]) ** (1 / L) == pytest.approx(factor, rel=0.05)
    assert (gradient[0] / gradient[-1]) ** (1 / L) == pytest.approx(factor, rel=0.05)


def test_a_way_around_adds_and_the_root_of_the_number_of_layers_keeps_the_sum() -> None:
    signal, _ = profile(xavier, lambda x: x, around=True)
    assert (signal[-1] / signal[0]) ** (1 / L) == pytest.approx(2, rel=0.05)
    signal, gradient = profile(xavier, lambda x: x, around=True, scale=L**-0.5)
    assert signal[-1] == pytest.approx((1 + 1 / L) ** L, rel=0.05)
    assert gradient[0] == pytest.approx((1 + 1 / L) ** L, rel=0.05)


def test_the_signal_is_that_of_torchs_layers() -> None:
    dice = torch.Generator().manual_seed(1)
    weights = draw_layers(he, 3, 6, dice)
    network = nn.Sequential(*(nn.Linear(6, 6, bias=False) for _ in range(3)))
    for layer, weight in zip(network, weights, strict=True):
        layer.weight.data = weight
    x = torch.randn(2, 6, generator=dice)
    torch.testing.assert_close(pass_through(weights, x, torch.tanh)[1], network[0](x).tanh())

    def run() -> torch.Tensor:
        return network(x.clone().requires_grad_()).square().sum() / 2

    signal, gradient = model_profile(list(network), run)
    streams = pass_through(weights, x, lambda y: y)
    expected = [stream.square().mean().item() for stream in streams]
    assert signal == pytest.approx(expected[:-1])
    back = streams[-1] @ weights[2]  # the loss is half the square: its gradient is the output
    assert gradient[2] == pytest.approx(back.square().mean().item())
    with pytest.raises(ValueError, match="2 modules read 1 times"):
        model_profile(list(network)[:2], lambda: network[0](x.requires_grad_()).sum())


def test_gpt2s_scaled_weights_keep_the_stream_smaller() -> None:
    tokens = torch.randint(1, 50, (4, 16), generator=torch.Generator().manual_seed(0))

    def end_to_start(scaled: bool) -> float:
        torch.manual_seed(0)
        model = GPT(GPTSettings(50, width=64, layers=8, hidden=256))
        if not scaled:
            for block in model.blocks:
                for layer in (block.out, block.down):
                    nn.init.normal_(layer.weight, std=0.02)
        readers = [block.norms[0] for block in model.blocks]
        signal, _ = model_profile(readers, lambda: model(tokens).logsumexp(-1).mean())
        return signal[-1] / signal[0]

    assert 1 < end_to_start(True) < 0.7 * end_to_start(False)
