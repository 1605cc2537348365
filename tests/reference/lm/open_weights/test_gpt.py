"""Our GPT against transformers' GPT-2 and Llama, with the same weights: number for number."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from deepseek_book_utils.lm.cache import padded_mask
from deepseek_book_utils.lm.open_weights.gpt import GPT
from deepseek_book_utils.lm.open_weights.pretrained import from_transformers, pair_neighbours
from deepseek_book_utils.lm.sampling import generate, response_log_probs

PAD, END, V = 0, 1, 61


def spread(model: nn.Module) -> nn.Module:
    """Weights so large that every token, place and head matters."""
    dice = torch.Generator().manual_seed(0)
    for name, weight in model.named_parameters():
        std = 0.3 if weight.ndim == 2 else 0.2
        noise = std * torch.randn(weight.shape, generator=dice)
        weight.data = noise + (1 if "ln" in name or "norm" in name else 0)
    return model.eval()


def gpt2(**changes: object) -> nn.Module:
    sizes = {"vocab_size": V, "n_positions": 40, "n_embd": 24, "n_layer": 3, "n_head": 4}
    return spread(GPT2LMHeadModel(GPT2Config(**(sizes | changes))))


def llama(**changes: object) -> nn.Module:
    sizes = {
        "vocab_size": V,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 40,
        "rms_norm_eps": 1e-3,
        "rope_parameters": {"rope_type": "default", "rope_theta": 700.0},
        "tie_word_embeddings": True,
    }
    return spread(LlamaForCausalLM(LlamaConfig(**(sizes | changes))))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "gpt2": gpt2,
    "gpt2 with its own head": lambda: gpt2(tie_word_embeddings=False, n_inner=50, layer_norm_epsilon=1e-2),
    "llama": llama,
    "llama with its own head": lambda: llama(tie_word_embeddings=False, num_key_value_heads=6),
    "llama with one key": lambda: llama(num_key_value_heads=1),
}
every_model = pytest.mark.parametrize("name", MODELS)


def pair(name: str) -> tuple[nn.Module, GPT]:
    theirs = MODELS[name]()
    return theirs, from_transformers(theirs, PAD)


def some(*shape: int, seed: int = 1) -> Tensor:
    return torch.randint(2, V, shape, generator=torch.Generator().manual_seed(seed))


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=5e-5)


def test_matrices_of_gpt2_lie_as_in_its_files_inputs_first() -> None:
    for style in ("gpt2", "llama"):
        block = copy.deepcopy(pair(style)[1].double()).blocks[-1]
        for weight in (block.qkv.weight, block.out.weight, block.up.weight, block.down.weight):
            lying = weight.T if style == "gpt2" else weight
            assert lying.is_contiguous() and not lying.T.is_contiguous()


@every_model
@torch.no_grad()
def test_logits(name: str) -> None:
    theirs, ours = pair(name)
    tokens = some(4, 40)
    expected = theirs(tokens).logits
    assert expected.std() > 0.5
    close(ours(tokens), expected)
    select = torch.rand(4, 40, generator=torch.Generator().manual_seed(2)) < 0.3
    close(ours(tokens, select=select), expected[select])
    assert ours.settings.context == 40 and sum(p.numel() for p in ours.parameters()) == sum(
        p.numel() for p in theirs.parameters()
    )


@every_model
def test_gradients(name: str) -> None:
    theirs, ours = pair(name)
    tokens = some(3, 12)
    mine = nn.functional.cross_entropy(ours(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    mine.backward()
    loss = theirs(tokens, labels=tokens).loss
    loss.backward()
    close(mine, loss)
    table = theirs.get_input_embeddings().weight
    close(ours.words.weight.grad, table.grad)
    block = ours.blocks[0]
    if "gpt2" in name:
        close(block.qkv.weight.grad, theirs.transformer.h[0].attn.c_attn.weight.grad.T)
    else:
        attention, s = theirs.model.layers[0].self_attn, ours.settings
        rows = pair_neighbours(attention.q_proj.weight.grad, s.heads)
        close(block.qkv.weight.grad[: s.width], rows)


@torch.no_grad()
def test_in_sixteen_bits_places_stay_apart() -> None:
    """Angles in bfloat16 would be wrong from place 256 on."""
    ours = from_transformers(llama(max_position_embeddings=600))
    text = some(1, 600)
    exact = ours(text)
    error = (ours.bfloat16()(text).float() - exact).norm(dim=-1) / exact.norm(dim=-1)
    assert error[0, -50:].mean() < 2 * error[0, 20:70].mean()


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="41 tokens exceed the model's context of 40"):
        from_transformers(llama())(some(1, 41))


def padded_prompts() -> Tensor:
    prompts = some(3, 8)
    prompts[0, :5], prompts[2, :1] = PAD, PAD
    return prompts


@every_model
@torch.no_grad()
def test_prompts_padded_on_the_left(name: str) -> None:
    """As transformers' own generation counts: places begin after the padding."""
    theirs, ours = pair(name)
    prompts = padded_prompts()
    real = prompts != PAD
    order = (real.long().cumsum(dim=1) - 1).clamp(min=0)
    expected = theirs(prompts, attention_mask=real.long(), position_ids=order).logits
    close(ours(prompts, mask=padded_mask(~real))[real], expected[real])


@every_model
@torch.no_grad()
@pytest.mark.parametrize("pieces", [[1, 1, 1, 1, 1], [5], [2, 1, 2]])
def test_pieces_are_read_as_one_text(name: str, pieces: list[int]) -> None:
    theirs, ours = pair(name)
    prompts, then = padded_prompts(), some(6, 5, seed=3)
    cache = ours.read(prompts, group_size=2)
    found = torch.cat([ours(piece, cache) for piece in then.split(pieces, dim=1)], dim=1)
    texts = torch.cat((prompts.repeat_interleave(2, dim=0), then), dim=1)
    real = texts != PAD
    order = (real.long().cumsum(dim=1) - 1).clamp(min=0)
    close(found, theirs(texts, attention_mask=real.long(), position_ids=order).logits[:, 8:])


@every_model
def test_it_writes_what_transformers_writes(name: str) -> None:
    """Greedy, from padded prompts, until an end; and the log-probabilities are those of the whole text."""
    theirs, ours = pair(name)
    prompts = padded_prompts()
    expected = theirs.generate(
        prompts,
        attention_mask=(prompts != PAD).long(),
        do_sample=False,
        max_new_tokens=12,
        pad_token_id=PAD,
        eos_token_id=END,
        suppress_tokens=[PAD],
    )[:, 8:]
    dice = torch.Generator().manual_seed(0)
    found = generate(ours, prompts, 1, dice, 12, 0.0, end=END, pad=PAD)
    assert torch.equal(found.responses, expected)
    again = response_log_probs(ours, found.prompts, found.responses, found.loss_mask)
    close(again, found.log_probs)


def test_what_ours_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="hidden_act = 'relu'.*computes 'silu'"):
        from_transformers(llama(hidden_act="relu"))
    with pytest.raises(ValueError, match="attention_bias"):
        from_transformers(llama(attention_bias=True))
    with pytest.raises(ValueError, match="head_dim = 8"):
        from_transformers(llama(head_dim=8))
    scaled = {"rope_type": "linear", "rope_theta": 700.0, "factor": 2.0}
    with pytest.raises(ValueError, match="rope_type = 'linear'"):
        from_transformers(llama(rope_parameters=scaled))
    with pytest.raises(ValueError, match="activation_function = 'relu'"):
        from_transformers(gpt2(activation_function="relu"))
