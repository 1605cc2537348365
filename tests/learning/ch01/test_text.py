"""A GPT reads the manual for seconds, and knows more of the held-out part than counts of pairs do."""

import pytest
import torch

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.text_training import (
    TextSettings,
    bigram_loss,
    held_out_loss,
    manual_bytes,
    train_on_text,
)
from deepseek_book_utils.records import TEST_SEEDS


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_a_gpt_learns_more_than_pairs(seed: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    train, held_out = manual_bytes()
    model = GPT(GPTSettings(256, style="llama", width=128, layers=2, hidden=256, context=64))
    settings = TextSettings(updates=200, batch_size=6, learning_rate=1e-2, muon_rate=4e-2)
    before = held_out_loss(model, held_out)
    train_on_text(model, train, settings, seed)
    after, pairs = held_out_loss(model, held_out), bigram_loss(train, held_out)
    print(before, after, pairs)
    assert before > 5 and after < pairs - 0.15
