"""A small Transformer must translate numbers that it never saw, and only if its mask and its source work."""

import pytest
import torch

from deepseek_book_utils.nn.sequences.transformer import Transformer, TransformerSettings
from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.translation.learning import (
    TranslationSettings,
    exact_match,
    train_translation,
    translate,
)
from deepseek_book_utils.translation.pairs import VOCABULARY, both_directions, split_numbers


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:2])
def test_new_numbers_are_translated(seed: int) -> None:
    torch.set_num_threads(1)
    split = split_numbers(seed, digits=(1, 2, 3), longer=(4,), each=700, held=60)
    torch.manual_seed(seed)
    model = Transformer(TransformerSettings(len(VOCABULARY), context=24, layers=1, expansion=2))
    settings = TranslationSettings(updates=440, warm_up=60)
    losses = train_translation(model, both_directions(split.train), settings, seed)
    model.eval()
    asked = both_directions(split.values)
    new, longer = exact_match(model, asked), exact_match(model, both_directions(split.lengths))
    others = [(into, asked[0][1], target) for into, _, target in asked[:60]]  # a source of another number
    print(losses[-1], new, longer, translate(model, asked[:2]))
    assert new > 0.7 and exact_match(model, others) < 0.1
    assert longer < 0.5  # what the chapter says of longer ones
