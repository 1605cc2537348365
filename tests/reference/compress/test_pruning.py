"""Pruning against torch.nn.utils.prune, and smaller matrices against the same matrices with holes."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from deepseek_book_utils.compress.pruning import (
    apply_masks,
    channel_mask,
    drop_heads,
    global_masks,
    magnitude_mask,
    narrow_network,
    pruned_share,
    sparsity,
)
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings

SHARES = [0.0, 0.1, 0.35, 0.5, 0.99, 1.0]


def layers(*sizes: int) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)))


@pytest.mark.parametrize("share", SHARES)
def test_single_weights(share: float) -> None:
    (layer,) = layers(13, 7)
    ours = magnitude_mask(layer.weight, share)
    prune.l1_unstructured(layer, "weight", share)
    assert torch.equal(ours, layer.weight_mask.bool())


@pytest.mark.parametrize("share", SHARES[1:-1])
def test_over_several_layers(share: float) -> None:
    model = layers(13, 7, 9, 5)
    model[1].weight.data *= 3
    ours = global_masks({str(i): layer.weight for i, layer in enumerate(model)}, share)
    prune.global_unstructured(
        [(layer, "weight") for layer in model], pruning_method=prune.L1Unstructured, amount=share
    )
    assert all(torch.equal(ours[str(i)], layer.weight_mask.bool()) for i, layer in enumerate(model))
    kept = [mask.float().mean().item() for mask in ours.values()]
    assert kept[1] > max(kept[0], kept[2])


@pytest.mark.parametrize("share", SHARES[:-1])
def test_whole_channels(share: float) -> None:
    (layer,) = layers(13, 10)
    ours = channel_mask(layer.weight, share)
    prune.ln_structured(layer, "weight", share, n=2, dim=0)
    assert torch.equal(ours, layer.weight_mask[:, 0].bool())


def model_in(style: str) -> GPT:
    torch.manual_seed(0)
    keys = {"gpt2": 4, "llama": 2}[style]
    model = GPT(GPTSettings(30, style=style, width=24, layers=2, heads=4, key_heads=keys, hidden=20))
    for name, weight in model.named_parameters():
        if "norm" not in name:
            nn.init.normal_(weight, std=0.3)
    return model.eval()


def test_holes_stay_where_the_masks_are() -> None:
    model = model_in("gpt2")
    masks = {n: magnitude_mask(w, 0.3) for n, w in model.named_parameters() if w.ndim == 2}
    apply_masks(model, masks)
    assert sparsity(model) == pytest.approx(0.3, abs=0.01)
    weights = dict(model.named_parameters())
    assert all(torch.equal(weights[name] != 0, mask) for name, mask in masks.items())


@torch.no_grad()
@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_a_smaller_network_is_one_with_holes(style: str) -> None:
    tokens = torch.randint(30, (2, 12), generator=torch.Generator().manual_seed(1))
    holes, smaller = model_in(style), model_in(style)
    for block in holes.blocks:
        kept = channel_mask(block.down.weight.T, 0.3)
        block.down.weight[:, ~kept] = 0
    for block in smaller.blocks:
        narrow_network(block, channel_mask(block.down.weight.T, 0.3))
    assert smaller.blocks[0].up.out_features == smaller.blocks[0].down.in_features == 14
    assert (holes(tokens) - model_in(style)(tokens)).abs().max() > 0.1
    torch.testing.assert_close(smaller(tokens), holes(tokens))


@torch.no_grad()
@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_fewer_heads_are_the_same_with_holes(style: str) -> None:
    """With the cache too, where the layers now differ in how many heads they keep."""
    tokens = torch.randint(1, 30, (2, 12), generator=torch.Generator().manual_seed(1))
    holes, smaller = model_in(style), model_in(style)
    keys = holes.settings.key_heads
    kept = torch.arange(keys) != 1
    sharing = 24 // keys  # channels of `out` that belong to a key head
    holes.blocks[0].out.weight[:, sharing : 2 * sharing] = 0
    drop_heads(smaller.blocks[0], kept, keys)
    assert hasattr(smaller.blocks[0], "key_heads") == (style == "llama")  # GPT-2's counts none
    assert (holes(tokens) - model_in(style)(tokens)).abs().max() > 0.1
    torch.testing.assert_close(smaller(tokens), holes(tokens))
    cache = smaller.read(tokens[:, :7])
    pieces = [smaller(piece, cache) for piece in tokens[:, 7:].split(1, dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), holes(tokens)[:, 7:], rtol=1e-4, atol=1e-5)


def test_the_schedule_is_the_published_one() -> None:
    """Zhu and Gupta: from 0 to the last share, three quarters of it in less than half the time."""
    shares = [pruned_share(step, 10, 50, final=0.8) for step in range(70)]
    assert shares[:11] == [0.0] * 11 and shares[50:] == [0.8] * 20
    assert shares[30] == pytest.approx(0.8 - 0.8 * 0.5**3)
    assert all(a < b for a, b in zip(shares[10:50], shares[11:51], strict=True))
    assert pruned_share(20, 10, 50, final=0.8, first=0.2) == pytest.approx(0.8 - 0.6 * 0.75**3)
    with pytest.raises(ValueError, match="start < end"):
        pruned_share(1, 5, 5, 0.5)


def test_a_share_is_between_0_and_1() -> None:
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="share"):
            magnitude_mask(torch.ones(2, 2), share)
