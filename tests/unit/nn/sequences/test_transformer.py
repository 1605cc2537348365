"""What the Transformer refuses, its first embeddings, and its learned positions."""

import pytest
import torch

from deepseek_book_utils.nn.sequences.transformer import Transformer, TransformerSettings, forced_loss


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 6, "heads": 4}, "cannot be split among 4 heads"),
        ({"width": 9, "heads": 3}, "even multiple"),
        ({"padding": 10}, "take less than 10"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_settings_without_sense(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        TransformerSettings(**({"vocabulary": 10} | change))


def test_pairs_of_channels_are_enough() -> None:
    assert Transformer(TransformerSettings(10, width=6, layers=1, heads=3)).places.shape == (64, 6)


def test_texts_longer_than_the_context() -> None:
    model = Transformer(TransformerSettings(10, context=5, width=8, layers=1, heads=2))
    ones = torch.ones(2, 6, dtype=torch.long)
    assert model(ones[:, :5], ones[:, :5]).shape == (2, 5, 10)
    for source, target in ((ones, ones[:, :3]), (ones[:, :3], ones)):
        with pytest.raises(ValueError, match="6 tokens is longer than the context, 5"):
            model(source, target)


def test_words_and_places_are_of_one_size_at_first() -> None:
    torch.manual_seed(0)
    for learned, size in ((True, 1.0), (False, 0.5)):  # a wave has half the variance of its height 1
        sizes = TransformerSettings(400, context=50, width=64, learned_positions=learned)
        model = Transformer(sizes)
        assert (model.words.weight * 8).std().item() == pytest.approx(1, rel=0.05)
        assert model.places.square().mean().item() == pytest.approx(size, rel=0.05)
        assert learned == ("places" in dict(model.named_parameters()))
        assert learned == ("places" in model.state_dict()) and model.places.shape == (50, 64)


def test_dropout_acts_while_training_alone() -> None:
    torch.manual_seed(0)
    model = Transformer(TransformerSettings(10, width=16, layers=1, heads=2, dropout=0.5))
    text = torch.tensor([[1, 2, 3, 4]])
    assert model(text, text).sub(model(text, text)).abs().max() > 1e-3
    model.eval()
    assert torch.equal(model(text, text), model(text, text))


def test_a_reversal_of_two_words_is_learned() -> None:
    """By chance the loss is log 8 = 2.08 for each of two words, and 0 for the end."""
    torch.manual_seed(0)
    model = Transformer(TransformerSettings(11, width=16, layers=1, heads=2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(120):
        words = torch.randint(1, 9, (32, 2))
        ends = words.new_tensor([[9, 10]]).expand(32, 2)
        target = torch.cat((ends[:, :1], words.flip(1), ends[:, 1:]), dim=1)
        loss = forced_loss(model, words, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3
