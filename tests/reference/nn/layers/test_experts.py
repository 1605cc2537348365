"""Experts against transformers' Mixtral with the same weights, and their balance."""

import pytest
import torch
from torch import nn
from transformers import MixtralConfig
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock, load_balancing_loss_func

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.nn.layers.experts import (
    ExpertBlock,
    Experts,
    ExpertSettings,
    balance_loss,
    balance_of,
    expert_layers,
    route,
    use_experts,
)

C, F, E, K = 8, 12, 5, 2
SIZES = ExpertSettings(C, F, E, K)


def both() -> tuple[Experts, nn.Module]:
    """Ours and theirs with the same weights."""
    torch.manual_seed(0)
    ours = Experts(SIZES)
    for weight in ours.parameters():
        nn.init.normal_(weight, std=0.5)
    config = MixtralConfig(hidden_size=C, intermediate_size=F, num_local_experts=E, num_experts_per_tok=K)
    config._experts_implementation = "eager"
    theirs = MixtralSparseMoeBlock(config)
    both_in = [torch.cat(pair) for pair in zip(ours.gates, ours.ups, strict=True)]
    with torch.no_grad():
        theirs.gate.weight.copy_(ours.router.weight)
        theirs.experts.gate_up_proj.copy_(torch.stack(both_in))
        theirs.experts.down_proj.copy_(torch.stack(list(ours.downs)))
    return ours, theirs


def test_numbers_and_gradients_are_mixtrals() -> None:
    ours, theirs = both()
    x = torch.randn(2, 7, C)
    mine, yours = (x.clone().requires_grad_() for _ in range(2))
    made, expected = ours(mine), theirs(yours)
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-6)
    made.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(mine.grad, yours.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.router.weight.grad, theirs.gate.weight.grad, rtol=1e-4, atol=1e-5)
    downs = torch.stack([down.grad for down in ours.downs])
    torch.testing.assert_close(downs, theirs.experts.down_proj.grad, rtol=1e-4, atol=1e-5)


def test_the_balance_loss_is_theirs_and_k_where_work_is_even() -> None:
    logits = torch.randn(40, E, generator=torch.Generator().manual_seed(1))
    weights, chosen = route(logits, K)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(40))
    assert (weights[:, 0] >= weights[:, 1]).all()
    expected = load_balancing_loss_func((logits,), E, K)
    torch.testing.assert_close(balance_loss(logits, chosen), expected)
    even = torch.eye(E).repeat(4, 1)
    assert balance_loss(0 * even, route(even, 1)[1]).item() == pytest.approx(1)
    one = torch.tensor([[9.0, 0, 0, 0, 0]]).repeat(4, 1)
    assert balance_loss(one, route(one, 1)[1]).item() > 4.9


def test_all_experts_at_equal_weight_are_their_mean() -> None:
    ours = Experts(ExpertSettings(C, F, E, E))
    nn.init.zeros_(ours.router.weight)
    x = torch.randn(3, C)
    mean = sum(ours.expert(e, x) for e in range(E)) / E
    torch.testing.assert_close(ours(x), mean)


@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_a_gpt_with_experts_computes_only_with_those_chosen(style: str) -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(11, style=style, width=C, layers=2, heads=2, key_heads=2, hidden=9, context=8))
    before = sum(weight.numel() for weight in model.blocks.parameters())
    network = {"gpt2": 2 * C * 9 + C + 9, "llama": 3 * C * 9}[style]
    use_experts(model.blocks, SIZES)
    after = sum(weight.numel() for weight in model.blocks.parameters())
    assert after - before == 2 * (3 * E * C * F + E * C - network)
    assert all(isinstance(block, ExpertBlock) for block in model.blocks)
    tokens = torch.tensor([[1, 5, 2, 7]])
    logits = model(tokens)
    [first, _] = expert_layers(model)
    assert first.chosen.shape == (4, K)
    with torch.no_grad():
        idle = {*range(E)} - {*first.chosen.flatten().tolist()}
        for e in idle:
            first.downs[e].fill_(torch.nan)  # nobody asked it
    torch.testing.assert_close(model(tokens), logits)
    layers = [balance_loss(layer.logits, layer.chosen) for layer in expert_layers(model)]
    assert balance_of(model).item() == pytest.approx((layers[0] + layers[1]).item() / 2)
    (balance_of(model) + logits.sum()).backward()
    # an optimiser passes over what has no gradient, and would let a zero decay
    assert idle and all((first.downs[e].grad is None) == (e in idle) for e in range(E))
    assert first.router.weight.grad is not None and first.router.weight.grad.abs().sum() > 0
    # causal, and the same token by token after a prompt
    cache = model.read(tokens[:, :2])
    steps = [model(tokens[:, t : t + 1], cache) for t in (2, 3)]
    torch.testing.assert_close(torch.cat(steps, dim=1), logits[:, 2:])


def test_one_expert_is_the_network_whose_place_it_takes() -> None:
    torch.manual_seed(1)
    model = GPT(GPTSettings(11, style="llama", width=C, layers=1, heads=2, key_heads=2, hidden=F, context=8))
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.5)
    [block] = model.blocks
    tokens = torch.tensor([[1, 5, 2, 7]])
    expected, own = model(tokens), (block.gate.weight, block.up.weight, block.down.weight)
    use_experts(model.blocks, ExpertSettings(C, F, 1, 1))
    [layer] = expert_layers(model)
    layer.gates[0], layer.ups[0], layer.downs[0] = own
    torch.testing.assert_close(model(tokens), expected)


def test_the_first_weights_are_small() -> None:
    torch.manual_seed(0)
    for weight in Experts(ExpertSettings(64, 64, 8, 2)).parameters():
        assert weight.std().item() == pytest.approx(0.02, rel=0.2)


def test_the_router_computes_in_32_bits() -> None:
    """As Mixtral does: what is rounded to 16 bits is the result; what has 64 is rounded before."""
    logits = torch.randn(40, E, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    (weights, chosen), expected = route(logits, K), route(logits.float(), K)
    assert weights.equal(expected[0].double()) and chosen.equal(expected[1])
    coarse = logits.bfloat16()
    assert balance_loss(coarse, chosen).equal(balance_loss(coarse.float(), chosen))


def test_more_active_experts_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="active = 6: take at most experts = 5"):
        ExpertSettings(C, F, E, 6)
