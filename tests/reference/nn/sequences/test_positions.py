"""Positions against the formulas, against transformers, and what they are for."""

import math

import pytest
import torch
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

from deepseek_book_utils.nn.sequences.positions import alibi, alibi_slopes, sinusoids


def test_sinusoids_by_the_formula() -> None:
    table = sinusoids(50, 8)
    for place in (0, 1, 7, 49):
        for i in range(4):
            angle = place / 10_000 ** (2 * i / 8)
            assert table[place, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[place, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)
    with pytest.raises(ValueError, match="width = 7"):
        sinusoids(3, 7)


def test_sinusoids_equal_those_of_marian() -> None:
    """Which has all sines first, then all cosines."""
    theirs = MarianSinusoidalPositionalEmbedding(40, 16)
    theirs.weight.data = theirs.create_weight()
    expected = theirs(torch.Size((1, 40))).view(40, 2, 8).transpose(1, 2).flatten(1)
    assert torch.allclose(sinusoids(40, 16), expected, atol=1e-6)


def test_a_shift_turns_every_wave_by_the_same_angle() -> None:
    """The paper's reason for them: PE(pos + k) is a linear function of PE(pos)."""
    waves = torch.view_as_complex(sinusoids(60, 8).double().view(60, 4, 2))  # sin + i cos
    for k in (1, 5):
        turned = waves[k:] / waves[:-k]
        assert torch.allclose(turned, turned[:1].expand_as(turned), atol=1e-5)


@pytest.mark.parametrize("heads", [1, 2, 4, 8, 12, 16, 20])
def test_alibi_equals_bloom(heads: int) -> None:
    """Bloom adds m j to the scores, which differs from -m (i - j) by the same number in the whole row."""
    theirs = build_alibi_tensor(torch.ones(1, 9), heads, torch.float64).view(heads, 1, 9)
    causal = torch.ones(9, 9, dtype=torch.bool).tril()
    scores = torch.randn(heads, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, expected = (
        (scores + bias).masked_fill(~causal, -torch.inf).softmax(-1) for bias in (alibi(heads, 9), theirs)
    )
    assert torch.allclose(found, expected, atol=1e-6)
    assert alibi(heads, 9).diagonal(dim1=1, dim2=2).eq(0).all()


def test_alibi_slopes_of_the_paper() -> None:
    assert alibi_slopes(8).tolist() == [2.0**-n for n in range(1, 9)]  # its example
    assert len(alibi_slopes(12)) == 12 and (alibi_slopes(12) > 0).all()
