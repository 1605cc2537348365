"""New weights: where they start, and of which kind they are."""

import pytest
import torch
from torch import nn

from deepseek_book_utils.compress.adapters import Adapter, LoRALinear, LoRASettings, Prefix
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings


def test_a_low_rank_update_starts_as_torch_starts_a_layer() -> None:
    layer = nn.Linear(5, 7)
    torch.manual_seed(0)
    ours = LoRALinear(layer, LoRASettings(3))
    torch.manual_seed(0)
    assert torch.equal(ours.A, nn.Linear(5, 3).weight) and not ours.B.any()


@pytest.mark.parametrize("kind", [{"dtype": torch.float64}, {"device": "meta"}])
def test_an_adapter_is_of_its_layers_kind_and_on_its_device(kind: dict) -> None:
    adapter = Adapter(nn.Linear(3, 4, **kind), 2)
    like = adapter.layer.weight
    assert all(w.dtype == like.dtype and w.device == like.device for w in adapter.parameters())


def test_a_prefix_starts_near_zero_and_stands_for_no_words() -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(31, width=16, layers=2, heads=4, hidden=20, context=64))
    prefix = Prefix(model, 40)  # 2 x 2 x 4 x 40 x 4 numbers
    assert prefix.kv.std().item() == pytest.approx(0.02, rel=0.05)
    words = prefix.cache(3).words
    assert words.shape == (3, 0) and words.dtype == torch.long
