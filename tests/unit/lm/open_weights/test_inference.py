"""A model laid out to write must say what the model says, in whatever pieces it is read."""

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.compress.adapters import LoRASettings, add_lora, merge_lora
from deepseek_book_utils.compress.pruning import drop_heads
from deepseek_book_utils.lm.cache import padded_mask
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.open_weights.inference import MANY, Blocks, InferenceGPT
from deepseek_book_utils.lm.reuse import write_after_prefix, write_with_cache
from deepseek_book_utils.lm.sampling import generate
from deepseek_book_utils.nn.layers.experts import ExpertSettings, use_experts
from tests.unit.lm.test_cache import PADDING, V, prompts, some

END = V - 1
SIZES = {"width": 32, "layers": 3, "heads": 4, "hidden": 64, "context": 96}
SETTINGS = {
    "gpt2": GPTSettings(V, PADDING, epsilon=0.1, **SIZES),
    "gpt2, head of its own": GPTSettings(V, PADDING, tied=False, **SIZES),
    "llama, two heads a key": GPTSettings(V, PADDING, "llama", key_heads=2, epsilon=0.1, **SIZES),
    "llama, one key, head of its own": GPTSettings(V, PADDING, "llama", key_heads=1, tied=False, **SIZES),
}


@pytest.fixture(params=SETTINGS)
def model(request: pytest.FixtureRequest) -> GPT:
    torch.manual_seed(0)
    model = GPT(SETTINGS[request.param]).eval()
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.3)
    return model


@pytest.fixture(params=[None, 16, 7, 1], ids=["whole", "blocks", "no block divides", "of one output"])
def fast(request: pytest.FixtureRequest, model: GPT) -> InferenceGPT:
    return InferenceGPT(model, request.param)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [None, 48, 16, 7])
@pytest.mark.parametrize("rows", [0, 1, 5, MANY])
@pytest.mark.parametrize("biased", [True, False])
def test_a_layer_in_blocks_computes_what_the_layer_computes(
    biased: bool, rows: int, size: int | None, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(12, 48, bias=biased, dtype=dtype)
    x, stream = torch.randn(rows, 12, dtype=dtype), torch.randn(rows, 48, dtype=dtype)
    blocks, expected, sum_of_both = Blocks(layer.weight, layer.bias, size), layer(x), stream + layer(x)
    torch.testing.assert_close(blocks(x), expected)
    torch.testing.assert_close(blocks.apart(x), expected.unflatten(1, (blocks.count, -1)).transpose(0, 1))
    blocks.add_to(stream, x)
    torch.testing.assert_close(stream, sum_of_both)
    assert blocks.count == {None: 1, 48: 1, 16: 3, 7: 1}[size]


@torch.no_grad()
@pytest.mark.parametrize("rows", [3, 9])
@pytest.mark.parametrize("read", [prompts(), some(3, 6), some(3, 0)], ids=["padded", "full", "nothing"])
@pytest.mark.parametrize("pieces", [[1] * 5, [5], [2, 1, 70, 1]])
def test_it_says_what_the_model_says(
    pieces: list[int], read: Tensor, rows: int, model: GPT, fast: InferenceGPT
) -> None:
    read = read[torch.arange(rows) % 3]  # nine rows of 70 tokens are more than MANY
    caches = model.read(read), fast.read(read)
    for piece in some(rows, sum(pieces), seed=1).split(pieces, dim=1):
        close(fast(piece, caches[1]), model(piece, caches[0]))


@torch.no_grad()
def test_it_reads_whole_texts_with_a_mask_and_without_and_where_asked(model: GPT, fast: InferenceGPT) -> None:
    texts = prompts()
    mask, asked = padded_mask(texts == PADDING), torch.rand(texts.shape) < 0.5
    close(fast(texts), model(texts))
    filled = texts != PADDING
    close(fast(texts, mask=mask)[filled], model(texts, mask=mask)[filled])
    close(fast(texts, mask=mask, select=asked & filled), model(texts, mask=mask, select=asked & filled))


def test_it_writes_and_samples_the_same_texts(model: GPT, fast: InferenceGPT) -> None:
    asked = some(9, 6)
    assert torch.equal(write_with_cache(fast, asked, 20), write_with_cache(model, asked, 20))
    first, rest = asked[0, :3], asked[:, 3:]
    assert torch.equal(write_after_prefix(fast, first, rest, 9), write_after_prefix(model, first, rest, 9))
    one, other = (
        generate(policy, prompts(), 4, torch.Generator().manual_seed(1), 24, end=END, pad=PADDING)
        for policy in (model, fast)
    )
    assert torch.equal(one.responses, other.responses)
    close(other.log_probs, one.log_probs)
    lengths = one.loss_mask.sum(dim=1)  # rows end at different times, so the cache dropped some
    assert lengths.min() < lengths.max() - 3


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_it_keeps_to_the_numbers_of_the_model(dtype: torch.dtype, model: GPT) -> None:
    model.to(dtype)
    asked, fast = some(9, 6), InferenceGPT(model, 16)
    caches, tolerance = (model.read(asked), fast.read(asked)), 0.1 if dtype == torch.bfloat16 else 1e-9
    for token in some(9, 3, seed=1).split(1, dim=1):
        found, expected = fast(token, caches[1]), model(token, caches[0])
        assert found.dtype == dtype
        assert (found - expected).norm() <= tolerance * expected.norm()


@torch.no_grad()
def test_it_says_what_a_model_with_fewer_heads_says(model: GPT) -> None:
    kept = torch.arange(model.settings.key_heads) != 1
    drop_heads(model.blocks[1], kept, model.settings.key_heads)
    close(InferenceGPT(model)(prompts()), model(prompts()))


def test_it_keeps_its_own_weights_and_no_gradients(model: GPT) -> None:
    asked, fast = some(2, 6), InferenceGPT(model)
    before = fast(asked)
    assert not before.requires_grad
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    assert torch.equal(fast(asked), before)


def test_adapters_are_refused_until_they_are_merged(model: GPT) -> None:
    add_lora(model, LoRASettings(rank=2))
    with pytest.raises(TypeError, match="is of the kind LoRALinear, not nn.Linear: merge adapters first"):
        InferenceGPT(model)
    merge_lora(model)
    close(InferenceGPT(model)(prompts()), model(prompts()).detach())


@pytest.mark.parametrize("size", [0, -16])
def test_a_size_below_one_is_refused(size: int, model: GPT) -> None:
    with pytest.raises(ValueError, match=f"size = {size} makes no sense"):
        InferenceGPT(model, size)


def test_experts_are_refused_and_nothing_is_changed(model: GPT) -> None:
    use_experts(model.blocks, ExpertSettings(32, hidden=16))
    with pytest.raises(
        TypeError, match="ExpertBlock is no block of GPT-2's or Llama's: write with the model"
    ):
        InferenceGPT(model)


def test_more_than_the_context_is_refused(model: GPT, fast: InferenceGPT) -> None:
    with pytest.raises(ValueError, match="97 tokens exceed the model's context of 96"):
        fast(some(1, 97))
