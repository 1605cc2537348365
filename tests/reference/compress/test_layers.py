"""Layers taken out and left early: token by token against all at once, and against the whole model."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from deepseek_book_utils.compress.layers import (
    embed,
    exit_loss,
    influence,
    keep_layers,
    read_out,
    read_with_exits,
    streams,
    sure,
    write_with_exits,
)
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings, turns
from deepseek_book_utils.lm.open_weights.pretrained import gpt2_settings, gpt2_weights
from deepseek_book_utils.lm.open_weights.row_cache import look
from deepseek_book_utils.lm.reuse import write_with_cache
from deepseek_book_utils.training import load_weights

L = 4
STYLES = ("gpt2", "llama")


def model_in(style: str = "llama") -> GPT:
    torch.manual_seed(0)
    keys = {"gpt2": 4, "llama": 2}[style]
    model = GPT(
        GPTSettings(23, style=style, width=16, layers=L, heads=4, key_heads=keys, hidden=24, context=40)
    )
    for name, weight in model.named_parameters():
        if "norm" not in name:
            nn.init.normal_(weight, std=0.4)
    return model.eval()


TOKENS = torch.randint(1, 23, (2, 9), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("style", STYLES)
@torch.no_grad()
def test_the_last_stream_is_the_models_own_and_the_others_transformers(style: str) -> None:
    model = model_in(style)
    found = streams(model, TOKENS)
    assert len(found) == L + 1
    torch.testing.assert_close(read_out(model, found[-1]), model(TOKENS))
    if style == "gpt2":
        sizes = {"vocab_size": 23, "n_positions": 40, "n_embd": 16, "n_layer": L, "n_head": 4, "n_inner": 24}
        theirs = GPT2LMHeadModel(GPT2Config(**sizes)).eval()
        load_weights(model, gpt2_weights(theirs.state_dict(), gpt2_settings(theirs.config.to_dict())))
        hidden = theirs(TOKENS, output_hidden_states=True).hidden_states
        for ours, expected in zip(streams(model, TOKENS)[:L], hidden[:L], strict=True):
            torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_kept_layers_are_a_model_whose_other_layers_do_nothing() -> None:
    model = model_in()
    smaller = keep_layers(model, [0, 2])
    assert smaller.settings.layers == 2 and model.settings.layers == L
    for layer in (1, 3):
        nn.init.zeros_(model.blocks[layer].out.weight)
        nn.init.zeros_(model.blocks[layer].down.weight)
    torch.testing.assert_close(smaller(TOKENS), model(TOKENS))
    idle = influence(model, TOKENS)
    assert idle.shape == (L,) and (idle[[1, 3]].abs() < 1e-6).all() and (idle[[0, 2]] > 0.01).all()
    assert smaller.blocks[1].out.weight is model.blocks[2].out.weight and len(model.blocks) == L
    for wrong in ([], [2, 1], [1, 1], [-1, 0], [0, L]):
        with pytest.raises(ValueError, match="take rising numbers from 0 to 3"):
            keep_layers(model, wrong)


def test_influence_is_one_minus_the_cosine() -> None:
    model = model_in()
    before, after = streams(model, TOKENS)[1:3]
    cosine = (before * after).sum(-1) / (before.norm(dim=-1) * after.norm(dim=-1))
    assert influence(model, TOKENS)[1].item() == pytest.approx(1 - cosine.mean().item(), abs=1e-6)


def test_the_loss_of_all_exits_weighs_depth() -> None:
    model, targets = model_in(), TOKENS.roll(-1, 1)
    each = [
        F.cross_entropy(read_out(model, stream).flatten(0, 1), targets.flatten())
        for stream in streams(model, TOKENS)[1:]
    ]
    expected = (each[0] + 2 * each[1] + 3 * each[2] + 4 * each[3]) / 10
    torch.testing.assert_close(exit_loss(model, TOKENS, targets), expected)


@pytest.mark.parametrize("style", STYLES)
@torch.no_grad()
def test_nobody_leaves_or_all_at_once(style: str) -> None:
    model = model_in(style)
    logits, depths = read_with_exits(model, TOKENS, 1.1)
    torch.testing.assert_close(logits, model(TOKENS))
    assert (depths == L).all()
    logits, depths = read_with_exits(model, TOKENS, 0.0)
    torch.testing.assert_close(logits, keep_layers(model, [0])(TOKENS))
    assert (depths == 1).all()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("threshold", [0.25, 0.4])
def test_word_by_word_is_all_at_once(style: str, threshold: float) -> None:
    model, prompt, new = model_in(style), TOKENS[:1], 20
    written, depths = write_with_exits(model, prompt, new, threshold)
    # the prompt itself is read by all layers, so only what follows may leave
    with torch.no_grad():
        found = text_with_whole_prompt(model, torch.cat((prompt, written), dim=1), threshold, prompt.shape[1])
    logits, expected = found
    assert depths == expected[0, prompt.shape[1] - 1 : -1].tolist()
    assert torch.equal(written[0], logits[0, prompt.shape[1] - 1 : -1].argmax(-1))
    assert len({*depths}) > 1


def text_with_whole_prompt(model: GPT, tokens: torch.Tensor, threshold: float, length: int):
    """`read_with_exits`, where the first length - 1 tokens never leave."""
    x = embed(model, tokens)
    angles = turns(model.settings, 0, tokens.shape[1], x)
    may = torch.arange(tokens.shape[1])[None] >= length - 1
    depths, gone = torch.full_like(tokens, L), torch.zeros_like(tokens, dtype=torch.bool)
    for layer, block in enumerate(model.blocks):
        moved = block.mix(x, look(*block.project(x, angles)))
        x = torch.where(gone[..., None], x, moved)
        leaves = sure(read_out(model, x), threshold) & ~gone & may
        depths[leaves], gone = layer + 1, gone | leaves
    return read_out(model, x), depths


def test_a_threshold_that_nobody_reaches_writes_what_the_model_writes() -> None:
    model = model_in()
    written, depths = write_with_exits(model, TOKENS[:1], 6, 1.1)
    assert torch.equal(written, write_with_cache(model, TOKENS[:1], 6)) and depths == [L] * 6
    with pytest.raises(ValueError, match="2 rows would leave at different layers"):
        write_with_exits(model, TOKENS, 6, 0.5)
    with pytest.raises(ValueError, match="exceed the model's context of 40"):
        write_with_exits(model, TOKENS[:1], 32, 0.5)
