"""The encoder against transformers' BERT with the same weights, number for number; one head by hand."""

import math

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from deepseek_book_utils.nn.encoder import Encoder, EncoderSettings

SIZES = EncoderSettings(vocabulary=37, context=12, width=24, layers=3, heads=4)


def pair() -> tuple[Encoder, BertModel]:
    """Our encoder and theirs, in float64, with their weights; weights and biases large enough to count."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=SIZES.vocabulary,
        hidden_size=SIZES.width,
        num_hidden_layers=SIZES.layers,
        num_attention_heads=SIZES.heads,
        intermediate_size=SIZES.expansion * SIZES.width,
        max_position_embeddings=SIZES.context,
    )
    theirs = BertModel(config, add_pooling_layer=False).double().eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.5)
    return copy_weights(theirs, Encoder(SIZES).double()), theirs


@torch.no_grad()
def copy_weights(theirs: BertModel, ours: Encoder) -> Encoder:
    embeddings = theirs.embeddings
    ours.words.weight.copy_(embeddings.word_embeddings.weight)
    # one segment: its vector is the same everywhere, and may as well sit in the positions
    segment = embeddings.token_type_embeddings.weight[0]
    ours.positions.weight.copy_(embeddings.position_embeddings.weight + segment)
    ours.norm.load_state_dict(embeddings.LayerNorm.state_dict())
    for mine, their in zip(ours.layers, theirs.encoder.layer, strict=True):
        attention = their.attention.self
        for part in ("weight", "bias"):
            three = [getattr(x, part) for x in (attention.query, attention.key, attention.value)]
            getattr(mine.qkv, part).copy_(torch.cat(three))
        mine.out.load_state_dict(their.attention.output.dense.state_dict())
        mine.norms[0].load_state_dict(their.attention.output.LayerNorm.state_dict())
        mine.up.load_state_dict(their.intermediate.dense.state_dict())
        mine.down.load_state_dict(their.output.dense.state_dict())
        mine.norms[1].load_state_dict(their.output.LayerNorm.state_dict())
    return ours


def questions(lengths: tuple[int, ...] = (12, 7, 1, 10)) -> tuple[Tensor, Tensor]:
    tokens = torch.randint(1, SIZES.vocabulary, (len(lengths), max(lengths)))  # word 0 is padding to BERT
    real = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return tokens, real


def test_states_equal_bert() -> None:
    ours, theirs = pair()
    tokens, real = questions()
    expected = theirs(input_ids=tokens, attention_mask=real.long()).last_hidden_state
    assert expected.std() > 0.1  # the weights are no zeros
    assert torch.allclose(ours(tokens, real), expected, rtol=0, atol=1e-9)
    # and padding matters: without the mask, theirs is another number
    unmasked = theirs(input_ids=tokens).last_hidden_state
    assert (unmasked - expected)[1].abs().max() > 1e-2
    norms = [module for module in ours.modules() if isinstance(module, nn.LayerNorm)]
    assert len(norms) == 7 and {norm.eps for norm in norms} == {theirs.config.layer_norm_eps}


def test_gradients_equal_bert() -> None:
    ours, theirs = pair()
    tokens, real = questions()
    weights = torch.randn(len(tokens), SIZES.width, dtype=torch.float64)
    (ours(tokens, real)[:, 0] * weights).sum().backward()
    (theirs(input_ids=tokens, attention_mask=real.long()).last_hidden_state[:, 0] * weights).sum().backward()
    copied = copy_weights_of_gradients(theirs)
    checked = 0
    for name, parameter in ours.named_parameters():
        expected = copied.get_parameter(name)
        if name != "positions.weight":  # BERT's first segment vector shares in this one
            assert torch.allclose(parameter.grad, expected, rtol=1e-7, atol=1e-9), name
            checked += expected.abs().max().item() > 1e-6
    assert checked > 30


def copy_weights_of_gradients(theirs: BertModel) -> Encoder:
    """An encoder whose parameters are their gradients, found by the very copying that copies weights."""
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad)
    return copy_weights(theirs, Encoder(SIZES).double())


def test_padding_changes_nothing() -> None:
    ours, _ = pair()
    tokens, real = questions((12, 7))
    alone = ours(tokens[1:, :7], real[1:, :7])
    assert torch.allclose(ours(tokens, real)[1:, :7], alone, rtol=0, atol=1e-12)
    other = tokens.clone()
    other[1, 7:] = 0  # what stands in the padding is not read
    assert torch.equal(ours(other, real)[1, :7], ours(tokens, real)[1, :7])


def test_every_word_sees_both_sides() -> None:
    ours, _ = pair()
    tokens, real = questions((12,))
    before = ours(tokens, real)
    for changed in (0, 5, 11):
        other = tokens.clone()
        other[0, changed] = 0
        moved = (ours(other, real) - before).abs().amax(dim=-1)[0]
        assert (moved > 1e-6).all(), changed


def test_a_layer_by_explicit_loops() -> None:
    """One layer, from the description and not from the code."""
    torch.manual_seed(1)
    sizes = EncoderSettings(vocabulary=5, context=4, width=6, layers=1, heads=2, expansion=2)
    layer = Encoder(sizes).double().layers[0]
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.7)
    x = torch.randn(1, 4, 6, dtype=torch.float64)
    real = torch.tensor([[True, True, True, False]])

    def norm(v: Tensor, which: int) -> Tensor:
        centred = v - v.mean()
        scale = (centred.square().mean() + 1e-12).sqrt()
        return centred / scale * layer.norms[which].weight + layer.norms[which].bias

    projected = [layer.qkv.weight @ x[0, t] + layer.qkv.bias for t in range(4)]
    for t in range(4):
        attended = []
        for h in range(2):
            at = [slice(6 * part + 3 * h, 6 * part + 3 * h + 3) for part in range(3)]
            scores = [  # the fourth word is padding: nobody looks at it
                (projected[t][at[0]] @ projected[s][at[1]]).item() / math.sqrt(3)
                for s in range(4)
                if real[0, s]
            ]
            total = sum(map(math.exp, scores))
            attended.append(
                sum(math.exp(score) / total * projected[s][at[2]] for s, score in enumerate(scores))
            )
        y = norm(x[0, t] + layer.out.weight @ torch.cat(attended) + layer.out.bias, 0)
        u = layer.up.weight @ y + layer.up.bias
        hidden = 0.5 * u * (1 + torch.erf(u / math.sqrt(2)))  # GELU, exact
        expected = norm(y + layer.down.weight @ hidden + layer.down.bias, 1)
        assert layer(x, real)[0, t].tolist() == pytest.approx(expected.tolist(), abs=1e-9)
