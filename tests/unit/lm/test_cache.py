"""The cache: whatever is read in pieces, for whichever rows, must read as one text."""

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.lm.cache import PAGE, Cache, attend, padded_mask
from deepseek_book_utils.lm.model import LanguageModel, ModelSettings

PADDING, START, V = 0, 1, 20
SETTINGS = ModelSettings(V, PADDING, (START,), width=32, layers=2, neighbours=2, context=64)


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(SETTINGS)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model


def some(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(1, V, shape, generator=torch.Generator().manual_seed(seed))


def prompts() -> Tensor:
    tokens = some(3, 6)
    tokens[0, :4], tokens[2, :2] = PADDING, PADDING
    return tokens


def whole(model: LanguageModel, tokens: Tensor) -> Tensor:
    return model(tokens, mask=padded_mask(tokens == PADDING))


@torch.no_grad()
@pytest.mark.parametrize("pieces", [[1] * (PAGE + 4), [PAGE + 4], [3, 1, 1, 5, 1], [1, 4, 1]])
def test_pieces_are_read_as_one_text(pieces: list[int], model: LanguageModel) -> None:
    """One token at a time, over a page's end, many at a time, and both in turn."""
    responses = some(6, sum(pieces), seed=1)
    cache = model.read(prompts(), group_size=2)
    found = torch.cat([model(piece, cache) for piece in responses.split(pieces, dim=1)], dim=1)
    texts = torch.cat((prompts().repeat_interleave(2, dim=0), responses), dim=1)
    assert torch.allclose(found, whole(model, texts)[:, 6:], atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("again", [1, 3])
def test_rows_go_on_alone_twice_and_in_any_order(again: int, model: LanguageModel) -> None:
    first, kept = some(6, 1, seed=1), torch.tensor([5, 0, 0, 3, 5])
    cache = model.read(prompts(), group_size=2)
    model(first, cache)
    cache.keep(torch.tensor([True, False, True, True, False, True]))  # rows 0, 2, 3, 5
    cache.keep(torch.tensor([3, 0, 0, 2, 3]))
    then = some(5, again, seed=2)
    texts = torch.cat((prompts()[kept // 2], first[kept], then), dim=1)
    found = torch.cat([model(then[:, :1], cache), model(then[:, 1:], cache)], dim=1) if again > 1 else None
    found = model(then, cache) if found is None else found
    assert torch.allclose(found, whole(model, texts)[:, 7:], atol=1e-5)


def test_a_row_knows_its_prompt_and_its_number_within_the_group(model: LanguageModel) -> None:
    cache = model.read(prompts(), group_size=2)
    cache.keep(torch.tensor([0, 4, 1, 0]))
    assert [one.tolist() for one in cache.rows] == [[0, 2, 0, 0], [0, 0, 1, 2]] and cache.group_size == 3
    cache.keep(torch.tensor([1]))
    assert [one.tolist() for one in cache.rows] == [[2], [0]] and cache.group_size == 1


@torch.no_grad()
def test_room_is_made_a_page_at_a_time(model: LanguageModel) -> None:
    cache = model.read(prompts())
    for token in some(3, 4, seed=1).split(1, dim=1):
        model(token, cache)
        assert [kv.shape[3] for kv in cache.response_kv] == [PAGE] * SETTINGS.layers
    model(some(3, 2), cache)
    assert [kv.shape[3] for kv in cache.response_kv] == [6] * SETTINGS.layers  # a whole piece needs no room


@torch.no_grad()
def test_without_a_mask_nobody_looks_ahead(model: LanguageModel) -> None:
    assert torch.allclose(model(some(2, 7)), whole(model, some(2, 7)), atol=1e-5)


def test_all_stays_on_the_device_of_its_arguments() -> None:
    """The device `meta` has shapes and no numbers; a tensor made elsewhere could not meet one of its own."""
    padding = torch.zeros(2, 3, dtype=torch.bool, device="meta")
    kv = torch.zeros(2, 2, 2, 3, 4, device="meta")  # two prompts of three words, two heads of four channels
    q = torch.zeros(2, 2, 5, 4, device="meta")
    cache = Cache(padding, 1, padding[:, :0].long(), reading=False, prompt_kv=[kv])
    assert padded_mask(padding).is_meta and cache.prompt_of().is_meta
    assert attend(q, q, q, cache=cache).shape == (2, 5, 8)


def test_padded_mask() -> None:
    padding = torch.tensor([[True, False, False, True]])
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]]
    assert padded_mask(padding)[0, 0].int().tolist() == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": 3}, "3 heads cannot share a width of 64"),
        ({"width": 60, "heads": 4}, "take a width that 8 divides"),  # heads of 15 have no pairs
        ({"layers": 0}, "layers"),
        ({"neighbours": -1}, "neighbours"),
        ({"padding": V}, "less than 20"),
        ({"starts": (1, V)}, "less than 20"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelSettings(**({"vocabulary": V} | change))
