"""A packed model must say what it said, to any number of rows; one that cannot be packed stays as it was."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.open_weights.packed import BLOCK, PackedLinear, pack
from deepseek_book_utils.lm.reuse import write_with_cache

SIZES = {"width": BLOCK, "layers": 2, "heads": 6, "hidden": 2 * BLOCK, "context": 32}
KINDS = {
    "gpt2, tied": GPTSettings(2 * BLOCK, style="gpt2", key_heads=6, **SIZES),
    "llama": GPTSettings(2 * BLOCK, style="llama", key_heads=3, tied=False, **SIZES),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(BLOCK,), (1, BLOCK), (5, 3, BLOCK), (0, 1, BLOCK)])
@pytest.mark.parametrize("outputs", [BLOCK, 3 * BLOCK])
def test_a_packed_layer_computes_what_the_layer_computes(
    outputs: int, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(BLOCK, outputs, dtype=dtype), torch.randn(shape, dtype=dtype)
    torch.testing.assert_close(PackedLinear(layer.weight, layer.bias)(x), layer(x))
    torch.testing.assert_close(PackedLinear(layer.weight)(x), layer(x) - layer.bias)


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_model_writes_the_same(kind: str) -> None:
    torch.manual_seed(0)
    model = GPT(KINDS[kind]).eval()
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.1)
    tokens = torch.randint(1, 2 * BLOCK, (9, 8))
    logits, texts, embedded = model(tokens), write_with_cache(model, tokens, 16), model.words(tokens)
    pack(model)
    assert not any(isinstance(layer, nn.Linear) for layer in model.modules())
    assert sum(isinstance(layer, PackedLinear) for layer in model.modules()) == 1 + 2 * (
        4 if "gpt2" in kind else 5
    )
    torch.testing.assert_close(model(tokens), logits, rtol=1e-4, atol=1e-4)
    assert torch.equal(write_with_cache(model, tokens, 16), texts)
    assert torch.equal(model.words(tokens), embedded)


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [{"vocabulary": BLOCK + 1}, {"hidden": BLOCK + 2}])
def test_a_model_that_makes_no_whole_blocks_stays_as_it_was(change: dict[str, int], kind: str) -> None:
    settings = GPTSettings(**{**vars(KINDS[kind]), **change})
    model = GPT(settings)
    before = list(model.modules())
    with pytest.raises(ValueError, match="outputs, no whole blocks of 192"):
        pack(model)
    assert list(model.modules()) == before
