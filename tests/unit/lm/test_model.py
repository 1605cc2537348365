"""The small model's beginning and its edges; the reference tests follow what it computes."""

import pytest
import torch
from torch import tensor

from deepseek_book_utils.lm.model import LanguageModel, ModelSettings, left_neighbours


def test_weights_begin_as_wide_as_they_should() -> None:
    """Embeddings at .02; matrices at .8 / sqrt(inputs), half of that where they add to the stream."""
    torch.manual_seed(0)
    model = LanguageModel(ModelSettings(50, width=64, layers=1, heads=2))
    block = model.blocks[0]
    widths = {block.qkv: 0.1, block.up: 0.1, block.out: 0.05, block.down: 0.025}
    widths |= dict.fromkeys(model.embeddings, 0.02)
    for layer, width in widths.items():
        assert layer.weight.std().item() == pytest.approx(width, rel=0.05)
    assert not model.head.weight.any()
    assert "angles" not in model.state_dict()  # they follow from the settings


def test_the_least_sizes_and_a_text_as_long_as_the_context() -> None:
    assert ModelSettings(1).padding == 0
    model = LanguageModel(ModelSettings(5, width=8, layers=1, heads=4, context=6))
    tokens = torch.zeros(1, 6, dtype=torch.long)
    assert model(tokens).shape == (1, 6, 5)
    assert model(tokens, select=tokens == 0).shape == (6, 5)


def test_neighbours_end_at_the_start_of_a_text() -> None:
    found = left_neighbours(tensor([[4, 5, 6, 2, 7, 8]]), 2, 9, (1, 2))
    assert [one.tolist() for one in found] == [[[9, 4, 5, 9, 2, 7]], [[9, 9, 4, 9, 9, 2]]]
