"""Three ways to write one text: the same tokens, and as few tokens read as they promise."""

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.lm.reuse import (
    cache_bytes,
    tokens_read,
    write_after_prefix,
    write_plainly,
    write_with_cache,
)

SIZES = ModelSettings(vocabulary=40, starts=(1,), width=16, layers=2, heads=2, context=64)


@pytest.fixture(params=range(3))
def model(request: pytest.FixtureRequest) -> LanguageModel:
    torch.manual_seed(request.param)
    made = LanguageModel(SIZES)
    torch.nn.init.normal_(made.head.weight)
    return made


@pytest.fixture
def read(model: LanguageModel) -> list[int]:
    """How many tokens each pass of the model reads."""
    seen: list[int] = []

    def note(module: LanguageModel, arguments: tuple[Tensor, ...]) -> None:
        seen.append(arguments[0].numel())

    model.register_forward_pre_hook(note)
    original = model.read
    model.read = lambda prompts, *more: (seen.append(prompts.numel()), original(prompts, *more))[1]
    return seen


def prompts(model: LanguageModel, count: int, length: int) -> Tensor:
    return torch.randint(2, SIZES.vocabulary, (count, length), generator=torch.Generator().manual_seed(3))


def test_all_ways_write_the_same_tokens(model: LanguageModel) -> None:
    prefix, asked = prompts(model, 1, 9)[0], prompts(model, 5, 4)
    whole = torch.cat((prefix.expand(5, -1), asked), dim=1)
    plain = write_plainly(model, whole, 12)
    assert plain.shape == (5, 12) and len({tuple(row) for row in plain.tolist()}) > 1
    assert torch.equal(write_with_cache(model, whole, 12), plain)
    assert torch.equal(write_after_prefix(model, prefix, asked, 12), plain)


def test_each_way_reads_as_many_tokens_as_it_should(model: LanguageModel, read: list[int]) -> None:
    prefix, asked = prompts(model, 1, 9)[0], prompts(model, 5, 4)
    whole = torch.cat((prefix.expand(5, -1), asked), dim=1)
    expected = tokens_read(5, 4, 6, prefix=9)
    for way, write in (
        ("plain", lambda: write_plainly(model, whole, 6)),
        ("cached", lambda: write_with_cache(model, whole, 6)),
        ("shared", lambda: write_after_prefix(model, prefix, asked, 6)),
    ):
        read.clear()
        write()
        assert sum(read) == expected[way], way
    assert expected == {"plain": 5 * (13 + 14 + 15 + 16 + 17 + 18), "cached": 5 * 18, "shared": 9 + 5 * 9}


def test_the_cache_is_as_large_as_it_should_be(model: LanguageModel) -> None:
    cache = model.read(prompts(model, 1, 20))
    assert sum(kv.numel() * kv.element_size() for kv in cache.prompt_kv) == cache_bytes(model, 20)


@pytest.mark.parametrize(("length", "new"), [(1, 1), (60, 4)])
def test_the_least_and_the_most_that_has_room(model: LanguageModel, length: int, new: int) -> None:
    asked = prompts(model, 2, length)
    plain = write_plainly(model, asked, new)
    assert plain.shape == (2, new) and torch.equal(write_with_cache(model, asked, new), plain)


@pytest.mark.parametrize(
    ("length", "new", "says"), [(60, 5, "exceed"), (0, 5, "at least one"), (5, 0, "new")]
)
def test_no_room(model: LanguageModel, length: int, new: int, says: str) -> None:
    asked = prompts(model, 2, length)
    for write in (write_plainly, write_with_cache):
        with pytest.raises(ValueError, match=says):
            write(model, asked, new)
    if length:
        with pytest.raises(ValueError, match=says):
            write_after_prefix(model, asked[0][:1], asked[:, 1:], new)
