"""The Transformer against torch.nn.Transformer with the same weights; and what may see what."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.nn.sequences.positions import sinusoids
from deepseek_book_utils.nn.sequences.transformer import (
    Attention,
    Transformer,
    TransformerSettings,
    attention,
    forced_loss,
    writer,
)

# what torch says of its own faster way, which norms in front rule out
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor")
SIZES = TransformerSettings(vocabulary=19, context=12, width=24, layers=3, heads=4, expansion=2)


def pair(pre_norm: bool) -> tuple[Transformer, nn.Transformer]:
    """Ours and theirs in float64, with weights and biases large enough to count."""
    torch.manual_seed(0)
    settings = replace(SIZES, pre_norm=pre_norm)
    ours = Transformer(settings).double()
    theirs = nn.Transformer(
        24, 4, 3, 3, dim_feedforward=48, dropout=0.0, batch_first=True, norm_first=pre_norm
    ).double()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.4)
    for stack, their_stack in ((ours.encoder, theirs.encoder), (ours.decoder, theirs.decoder)):
        for layer, their in zip(stack, their_stack.layers, strict=True):
            copy_attention(layer.itself, their.self_attn)
            if layer.source is not None:
                copy_attention(layer.source, their.multihead_attn)
            layer.up.load_state_dict(their.linear1.state_dict())
            layer.down.load_state_dict(their.linear2.state_dict())
            for number, norm in enumerate(layer.norms, start=1):
                norm.load_state_dict(getattr(their, f"norm{number}").state_dict())
    for norm, their in zip(ours.norms, (theirs.encoder.norm, theirs.decoder.norm), strict=True):
        norm.load_state_dict(their.state_dict())
    return ours, theirs


def copy_attention(ours: Attention, theirs: nn.MultiheadAttention) -> None:
    parts = (ours.query, ours.key, ours.value)
    for part, weight, bias in zip(
        parts, theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True
    ):
        part.weight.data.copy_(weight)
        part.bias.data.copy_(bias)
    ours.out.load_state_dict(theirs.out_proj.state_dict())


def texts() -> tuple[Tensor, Tensor]:
    """Sources of 9, 4 and 1 words, behind which padding stands, and targets of 6 words."""
    torch.manual_seed(1)
    source = torch.randint(1, 19, (3, 9))
    source[1, 4:], source[2, 1:] = 0, 0
    return source, torch.randint(1, 19, (3, 6))


def logits_of(theirs: nn.Transformer, ours: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """Their stacks between the embeddings and the output layer, which are ours."""
    table = ours.words.weight
    places = sinusoids(12, 24).double()
    states = theirs(
        table[source] * 24**0.5 + places[: source.shape[1]],
        table[target] * 24**0.5 + places[: target.shape[1]],
        tgt_mask=nn.Transformer.generate_square_subsequent_mask(target.shape[1], dtype=torch.float64),
        src_key_padding_mask=source == 0,
        memory_key_padding_mask=source == 0,
    )
    return states @ table.T


@pytest.mark.parametrize("pre_norm", [True, False])
def test_logits_and_gradients_equal_torch(pre_norm: bool) -> None:
    ours, theirs = pair(pre_norm)
    source, target = texts()
    weights = torch.randn(3, 6, 19, dtype=torch.float64)
    found, expected = ours(source, target), logits_of(theirs, ours, source, target)
    assert expected.std() > 0.1
    assert torch.allclose(found, expected, rtol=0, atol=1e-9)
    names = ["encoder.0.itself.query.weight", "decoder.1.source.value.bias", "decoder.0.up.weight"]
    mine = torch.autograd.grad((found * weights).sum(), [ours.get_parameter(n) for n in names])
    one, two, three = torch.autograd.grad(
        (expected * weights).sum(),
        [
            theirs.encoder.layers[0].self_attn.in_proj_weight,
            theirs.decoder.layers[1].multihead_attn.in_proj_bias,
            theirs.decoder.layers[0].linear1.weight,
        ],
    )
    for gradient, other in zip(mine, (one[:24], two[48:], three), strict=True):
        assert other.abs().max() > 1e-4
        assert torch.allclose(gradient, other, rtol=1e-7, atol=1e-9)


def test_attention_weights_equal_torch() -> None:
    ours, theirs = pair(True)
    source, target = texts()
    x, memory = torch.randn(3, 6, 24, dtype=torch.float64), torch.randn(3, 9, 24, dtype=torch.float64)
    seen, weights = ours.decoder[2].source.look(x, memory, ours.may_see(source))
    expected, their_weights = theirs.decoder.layers[2].multihead_attn(
        x, memory, memory, key_padding_mask=source == 0, average_attn_weights=False
    )
    assert torch.allclose(seen, expected, rtol=0, atol=1e-11)
    assert torch.allclose(weights, their_weights, rtol=0, atol=1e-12)
    q, k, v = (torch.randn(2, 3, 5, 4) for _ in range(3))
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    expected = nn.functional.scaled_dot_product_attention(q, k, v, mask)
    assert torch.allclose(attention(q, k, v, mask)[0], expected, atol=1e-6)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_only_the_future_moves(pre_norm: bool) -> None:
    """Each word of the target is changed in turn: all logits before it stay bit for bit, the others move."""
    ours, _ = pair(pre_norm)
    source, target = texts()
    before = ours(source, target)
    for place in range(6):
        other = target.clone()
        other[:, place] = other[:, place] % 18 + 1
        moved = (ours(source, other) - before).abs().amax(dim=-1)
        assert not moved[:, :place].any()
        assert (moved[:, place:] > 1e-9).all()


def test_every_word_of_the_source_is_seen_and_no_padding() -> None:
    ours, _ = pair(True)
    source, target = texts()
    before = ours(source, target)
    for row, length in enumerate((9, 4, 1)):
        for place in range(length):
            other = source.clone()
            other[row, place] = other[row, place] % 18 + 1
            moved = (ours(other, target) - before).abs().amax(dim=-1)
            assert (moved[row] > 1e-9).all() and moved.count_nonzero() == 6
    shorter = ours(source[1:2, :4], target[1:2])
    assert torch.allclose(shorter, before[1:2], rtol=0, atol=1e-12)


def test_the_forced_loss_by_hand() -> None:
    ours, _ = pair(True)
    source, target = texts()
    target[0, 4:] = 0  # a shorter target
    total, count = 0.0, 0
    for row in range(3):
        for t in range(5):
            if target[row, t + 1] != 0:
                logits = ours(source[row : row + 1], target[row : row + 1, : t + 1])[0, -1]
                total -= logits.log_softmax(-1)[target[row, t + 1]].item()
                count += 1
    assert count == 13
    assert forced_loss(ours, source, target).item() == pytest.approx(total / count, rel=1e-9)


def test_a_writer_asks_for_the_next_word() -> None:
    ours, _ = pair(True)
    source, target = texts()
    begun = torch.cat((torch.full((3, 1), 5), target), dim=1)
    expected = ours(source, begun).log_softmax(-1)
    next_word = writer(ours, source, start=5)
    for t in range(7):
        assert torch.allclose(next_word(target[:, :t]), expected[:, t], rtol=0, atol=1e-10)
    alone = writer(ours, source[:1], start=5)(target)  # one source for all rows
    assert torch.allclose(alone[0], expected[0, -1], rtol=0, atol=1e-10)
    assert not torch.allclose(alone[1], expected[1, -1], rtol=0, atol=1e-3)
