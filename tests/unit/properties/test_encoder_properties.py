"""What holds for every question that the encoder reads."""

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_book_utils.nn.encoder import Encoder, EncoderSettings
from tests.unit.properties.drawing import finite, masks, whole

B, T, C, V, CONTEXT = 2, 4, 8, 7, 6
few = settings(max_examples=20)
TOKENS, REAL = whole(B, T, below=V), masks(B, T).map(lambda real: real | (torch.arange(T) == 0))


@cache
def encoder(std: float = 0.5, positions: bool = True) -> Encoder:
    """In float64, so that what is equal by law is equal to twelve digits; weights large enough to count."""
    torch.manual_seed(0)
    model = Encoder(EncoderSettings(V, context=CONTEXT, width=C, layers=2, heads=2, expansion=2)).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=std)
    if not positions:
        torch.nn.init.zeros_(model.positions.weight)
    return model


def states_and_gradients(tokens, real, std=0.5):
    """States (B, T, C), and the gradient of a sum over the real ones for every parameter."""
    model = encoder(std)
    states = model(tokens, real)
    readers = torch.linspace(-1, 1, C, dtype=torch.float64)
    loss = (states * readers).sum(dim=2).square().masked_fill(~real, 0.0).sum()
    return states.detach(), torch.autograd.grad(loss, list(model.parameters()))


@few
@given(TOKENS, TOKENS, REAL)
def test_what_lies_in_the_padding_never_matters(tokens, others, real) -> None:
    """In no state of a word, and in no gradient: not even in that of the word that lies there."""
    filled = torch.where(real, tokens, others)
    (one, gradients), (two, others_gradients) = (states_and_gradients(t, real) for t in (tokens, filled))
    assert torch.equal(one[real], two[real])
    for a, b in zip(gradients, others_gradients, strict=True):
        assert torch.allclose(a, b, rtol=1e-12, atol=1e-12)


@few
@given(TOKENS, REAL, st.sampled_from([0.0, 1e-6, 1.0, 30.0]))
def test_finite_words_have_finite_states_and_gradients(tokens, real, std) -> None:
    states, gradients = states_and_gradients(tokens, real, std)
    assert finite(states, *gradients)


@few
@given(TOKENS, REAL, whole(B, CONTEXT - T, below=V))
def test_longer_padding_changes_nothing(tokens, real, more) -> None:
    longer = (
        torch.cat([tokens, more], dim=1),
        torch.cat([real, torch.zeros_like(more, dtype=torch.bool)], dim=1),
    )
    one, two = encoder()(tokens, real), encoder()(*longer)[:, :T]
    assert torch.allclose(one[real], two[real], rtol=1e-12, atol=1e-12)


@few
@given(TOKENS, REAL)
def test_questions_do_not_see_each_other(tokens, real) -> None:
    together = encoder()(tokens, real)
    alone = torch.cat([encoder()(tokens[b : b + 1], real[b : b + 1]) for b in range(B)])
    assert torch.allclose(together, alone, rtol=1e-12, atol=1e-12)


@few
@given(TOKENS, REAL, st.permutations(range(T)))
def test_without_positions_it_reads_a_bag_of_words(tokens, real, order) -> None:
    """And with them it does not: only the positions tell the order."""
    model = encoder(positions=False)
    moved = model(tokens[:, order], real[:, order])
    assert torch.allclose(moved, model(tokens, real)[:, order], rtol=1e-11, atol=1e-11)
    if order != sorted(order):
        ordered = encoder()
        assert not torch.allclose(ordered(tokens[:, order], real[:, order]), ordered(tokens, real)[:, order])


@few
@given(st.integers(1, CONTEXT + 2), st.booleans(), st.booleans(), st.booleans())
def test_it_raises_what_it_promises_and_nothing_else(length, empty, integers, narrow) -> None:
    tokens, real = torch.zeros(B, length, dtype=torch.long), torch.ones(B, length, dtype=torch.bool)
    if empty:
        real[1] = False
    if integers:
        real = real.long()
    if narrow:
        real = real[:, 1:]
    if integers or narrow:
        message = "True at words"
    elif length > CONTEXT:
        message = f"{length} words, but only {CONTEXT} positions"
    else:
        message = "all padding"
    if integers or narrow or empty or length > CONTEXT:
        with pytest.raises(ValueError, match=message):
            encoder()(tokens, real)
    else:
        assert encoder()(tokens, real).shape == (B, length, C)
