"""LoRA and prefixes against peft on the same toy Llama; adapters against the formula."""

from copy import deepcopy

import pytest
import torch
from peft import LoraConfig, PrefixTuningConfig, get_peft_model
from torch import Tensor, nn

from deepseek_book_utils.compress.adapters import (
    Adapter,
    LoRASettings,
    Prefix,
    add_adapters,
    add_lora,
    merge_lora,
    trained_share,
)
from deepseek_book_utils.lm.open_weights.pretrained import from_transformers, pair_neighbours
from tests.reference.lm.open_weights.test_gpt import gpt2, llama, some

LAYERS = ("q_proj", "v_proj", "down_proj")


def fill(weight: Tensor, seed: int) -> None:
    weight.data = 0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("rank", "alpha"), [(1, 2.0), (4, 4.0), (8, 16.0)])
def test_lora_equals_peft(rank: int, alpha: float) -> None:
    """Outputs, gradients of what is trained, the share of it, and the merged model."""
    plain, tokens = llama(), some(2, 9)
    ours, theirs = deepcopy(plain), deepcopy(plain)
    add_lora(ours, LoRASettings(rank, alpha, LAYERS))
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(LAYERS), lora_dropout=0.0)
    theirs = get_peft_model(theirs, config)
    assert torch.equal(ours(tokens).logits, plain(tokens).logits)  # nothing is changed yet
    mine = {n: w for n, w in ours.named_parameters() if w.requires_grad}
    other = {n: w for n, w in theirs.named_parameters() if w.requires_grad}
    assert len(mine) == len(other) == 2 * 3 * 3
    for seed, (a, b) in enumerate(zip(mine.values(), other.values(), strict=True)):
        assert a.shape == b.shape
        fill(a, seed)
        fill(b, seed)
    trained, whole = theirs.get_nb_trainable_parameters()
    assert trained_share(ours) == trained / whole
    for model in (ours, theirs):
        model(tokens, labels=tokens).loss.backward()
    torch.testing.assert_close(ours(tokens).logits, theirs(tokens).logits)
    assert (ours(tokens).logits - plain(tokens).logits).abs().max() > 0.1
    for a, b in zip(mine.values(), other.values(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    before = ours(tokens).logits
    merge_lora(ours)
    merged = theirs.merge_and_unload()
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in plain.named_modules()]
    torch.testing.assert_close(ours(tokens).logits, before, rtol=1e-4, atol=1e-5)
    for a, b in zip(ours.parameters(), merged.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@torch.no_grad()
@pytest.mark.parametrize("pieces", [[7], [3, 1, 1, 2]])
def test_a_prefix_equals_pefts(pieces: list[int]) -> None:
    """peft keeps one row of numbers a prefix token: keys and values of all layers in turn."""
    theirs, n = llama(num_key_value_heads=6), 5
    ours = from_transformers(theirs)
    prefix = Prefix(ours, n)
    wrapped = get_peft_model(
        deepcopy(theirs), PrefixTuningConfig(num_virtual_tokens=n, task_type="CAUSAL_LM")
    )
    table = next(w for w in wrapped.parameters() if w.requires_grad)
    fill(table, 0)
    assert prefix.kv.numel() == table.numel() == n * 2 * 3 * 24
    s = ours.settings
    kv = table.view(n, s.layers, 2, s.heads, -1).permute(1, 2, 3, 0, 4)  # (layers, 2, H, P, D)
    keys = kv[:, 0].transpose(1, 2).flatten(2)  # (layers, P, H D), channels paired as theirs
    keys = torch.stack([pair_neighbours(each.T, s.heads).T for each in keys])
    prefix.kv[:, 0, 0] = keys.unflatten(2, (s.heads, -1)).transpose(1, 2)
    prefix.kv[:, 1, 0] = kv[:, 1]
    tokens = some(3, 7)
    cache = prefix.cache(len(tokens))
    found = torch.cat([ours(piece, cache) for piece in tokens.split(pieces, dim=1)], dim=1)
    expected = wrapped(tokens).logits[:, -7:]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert (found - ours(tokens)).abs().max() > 0.1


def test_only_the_prefix_is_trained() -> None:
    model = from_transformers(llama())
    prefix = Prefix(model, 4)
    assert trained_share(model, prefix) == prefix.kv.numel() / (
        prefix.kv.numel() + sum(w.numel() for w in model.parameters())
    )
    tokens, start = some(3, 8), prefix.kv.detach().clone()
    optimizer = torch.optim.Adam(prefix.parameters(), lr=0.1)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        logits = model(tokens[:, :-1], prefix.cache(len(tokens)))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0] and not torch.equal(prefix.kv, start)
    assert all(weight.grad is None for weight in model.parameters())


def test_adapters_begin_as_nothing_and_follow_the_formula() -> None:
    model, tokens = from_transformers(gpt2()), some(2, 9)
    before, numbers = model(tokens), sum(w.numel() for w in model.parameters())
    add_adapters(model, width=3)
    torch.testing.assert_close(model(tokens), before)
    new = 2 * 3 * (24 * 3 + 3 + 3 * 24 + 24)  # two in each of three blocks
    assert trained_share(model) == new / (new + numbers)
    adapter = model.blocks[1].down
    assert isinstance(adapter, Adapter)
    for seed, weight in enumerate(adapter.parameters()):
        if weight.requires_grad:
            fill(weight, seed)
    x = torch.randn(4, adapter.layer.in_features)
    h = adapter.layer(x)
    inside = h @ adapter.down.weight.T + adapter.down.bias
    curve = inside * (1 + torch.erf(inside / 2**0.5)) / 2  # GELU, Hendrycks and Gimpel
    torch.testing.assert_close(adapter(x), h + curve @ adapter.up.weight.T + adapter.up.bias)


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="No linear layer is called 'q_proj'"):
        add_lora(from_transformers(llama()), LoRASettings(layers=("q_proj",)))
