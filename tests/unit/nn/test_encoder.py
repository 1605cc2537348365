"""What the encoder refuses, and what it is before training."""

import pytest
import torch

from deepseek_book_utils.nn.encoder import Encoder, EncoderSettings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary": 0}, "take vocabulary >= 1"),
        ({"context": 0}, "take context >= 1"),
        ({"width": -4}, "take width >= 1"),
        ({"layers": 0}, "take layers >= 1"),
        ({"heads": 0}, "take heads >= 1"),
        ({"expansion": 0}, "take expansion >= 1"),
        ({"width": 50}, "cannot be split among 4 heads"),
    ],
)
def test_settings_without_sense(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        EncoderSettings(**({"vocabulary": 10} | change))


def test_what_cannot_be_read() -> None:
    encoder = Encoder(EncoderSettings(vocabulary=10, context=5, width=8, heads=2))
    tokens = torch.zeros(2, 5, dtype=torch.long)
    real = torch.ones(2, 5, dtype=torch.bool)
    assert encoder(tokens, real).shape == (2, 5, 8)
    with pytest.raises(ValueError, match="6 words, but only 5 positions"):
        encoder(torch.zeros(2, 6, dtype=torch.long), torch.ones(2, 6, dtype=torch.bool))
    with pytest.raises(ValueError, match="all padding"):
        encoder(tokens, torch.tensor([[True] * 5, [False] * 5]))
    with pytest.raises(ValueError, match="True at words"):
        encoder(tokens, real[:, :4])
    with pytest.raises(ValueError, match="True at words"):
        encoder(tokens, real.float())


def test_first_weights(monkeypatch) -> None:
    """BERT's 0.02 at BERT's width; at a sixteenth of the width, four times as much."""
    torch.manual_seed(0)
    drawn: set[float] = set()
    normal = torch.nn.init.normal_
    monkeypatch.setattr(torch.nn.init, "normal_", lambda x, std=1.0: (drawn.add(std), normal(x, std=std))[1])
    for width, std in ((768, 0.02), (48, 0.08)):
        drawn.clear()
        encoder = Encoder(EncoderSettings(vocabulary=200, width=width, layers=1))
        for weight in (encoder.words.weight, encoder.layers[0].qkv.weight, encoder.layers[0].down.weight):
            assert weight.std().item() == pytest.approx(std, rel=0.05)
        assert {round(one, 12) for one in drawn} - {1.0} == {0, std}  # 1: torch's own, drawn over
        assert not encoder.layers[0].qkv.bias.any() and not encoder.layers[0].down.bias.any()
        assert (encoder.norm.weight == 1).all() and (encoder.layers[0].norms[1].weight == 1).all()
