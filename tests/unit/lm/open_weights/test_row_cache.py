"""A cache with a row of its own for each text: whatever is read in pieces must read as one text."""

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.lm.cache import Cache
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.open_weights.row_cache import MANY, ROOM, SHORT, RowCache, look
from deepseek_book_utils.lm.sampling import response_log_probs
from tests.unit.lm.test_cache import PADDING, V, prompts, some, whole

SIZES = {"width": 32, "layers": 2, "heads": 4, "hidden": 48, "context": 160}
SETTINGS = {
    "gpt2": GPTSettings(V, PADDING, **SIZES),
    "llama, two heads a key": GPTSettings(V, PADDING, "llama", key_heads=2, **SIZES),
    "llama, one key": GPTSettings(V, PADDING, "llama", key_heads=1, **SIZES),
}


@pytest.fixture(params=SETTINGS)
def model(request: pytest.FixtureRequest) -> GPT:
    torch.manual_seed(0)
    model = GPT(SETTINGS[request.param])
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model


@torch.no_grad()
@pytest.mark.parametrize("rows", [3, MANY - 1, MANY])
@pytest.mark.parametrize("read", [prompts(), some(3, 6), some(3, 0)], ids=["padded", "full", "nothing"])
@pytest.mark.parametrize("pieces", [[1] * (ROOM + 4), [3, 1, 1, 5, 1], [1, 4, 1], [SHORT, 1, SHORT + 1]])
def test_pieces_are_read_as_one_text(pieces: list[int], read: Tensor, rows: int, model: GPT) -> None:
    """One token at a time, over a page's end, many at a time, and both in turn; few rows and many."""
    read = read[torch.arange(rows) % 3]
    responses, cache = some(rows, sum(pieces), seed=1), model.read(read)
    found = torch.cat([model(piece, cache) for piece in responses.split(pieces, dim=1)], dim=1)
    expected = whole(model, torch.cat((read, responses), dim=1))[:, read.shape[1] :]
    assert isinstance(cache, RowCache) and torch.allclose(found, expected, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("again", [1, 3])
def test_rows_go_on_alone_twice_and_in_any_order(again: int, model: GPT) -> None:
    first, kept, cache = some(3, 1, seed=1), torch.tensor([2, 0, 0, 2]), model.read(prompts())
    model(first, cache)
    cache.keep(torch.tensor([True, False, True]))
    cache.keep(torch.tensor([1, 0, 0, 1]))
    then = some(4, again, seed=2)
    found = torch.cat([model(piece, cache) for piece in then.split([1, again - 1], dim=1)], dim=1)
    texts = torch.cat((prompts()[kept], first[kept], then), dim=1)
    assert torch.allclose(found, whole(model, texts)[:, 7:], atol=1e-5)
    assert cache.prompt_of().tolist() == [0, 1, 2, 3]


@torch.no_grad()
def test_both_caches_say_the_same(model: GPT) -> None:
    rows, groups = model.read(prompts()), model.read(prompts().repeat_interleave(2, dim=0)[::2], group_size=2)
    assert isinstance(groups, Cache)
    for token in some(3, 5, seed=1).split(1, dim=1):
        found, expected = model(token, rows), model(token.repeat_interleave(2, dim=0), groups)
        assert torch.allclose(found, expected[::2], atol=1e-5)


@torch.no_grad()
def test_heads_that_share_a_key_keep_it_once_and_room_is_made_many_tokens_at_a_time(model: GPT) -> None:
    s, cache = model.settings, model.read(prompts())
    assert [kv.shape for kv in cache.kv] == [(2, 3, s.key_heads, 6 + ROOM, s.width // s.heads)] * s.layers
    for token in some(3, ROOM + 1, seed=1).split(1, dim=1):
        model(token, cache)
    assert {kv.shape[3] for kv in cache.kv} == {6 + ROOM + 1 + ROOM} and cache.position == 6 + ROOM + 1


@pytest.mark.parametrize("rows", [4, MANY])
def test_gradients_flow_through_the_cache(rows: int, model: GPT) -> None:
    """The loss of responses, each prompt read once, has the gradients of whole texts."""
    asked = prompts()[[0, 1, 1, 2]].repeat(rows // 4, 1)
    responses, mask = some(rows, 5, seed=1), torch.ones(rows, 5, dtype=torch.bool)
    loss = response_log_probs(model, asked, responses, mask).sum()
    found = torch.autograd.grad(loss, list(model.parameters()))
    texts = torch.cat((asked, responses), dim=1)
    log_probs = whole(model, texts)[:, 5:-1].log_softmax(dim=-1)
    expected_loss = log_probs.gather(2, responses[..., None]).sum()
    expected = torch.autograd.grad(expected_loss, list(model.parameters()))
    assert torch.allclose(loss, expected_loss, rtol=1e-5)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-4)
    cache = model.read(
        asked
    )  # one token at a time too: a later step overwrites nothing that an earlier one needs
    steps = [model(token, cache) for token in responses.split(1, dim=1)]
    found = torch.autograd.grad(torch.cat(steps, dim=1).sum(), list(model.parameters()))
    expected = torch.autograd.grad(whole(model, texts)[:, 6:].sum(), list(model.parameters()))
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("rows", [2, MANY])
def test_all_stays_on_the_device_of_its_arguments(rows: int) -> None:
    """The device `meta` has shapes and no numbers; a tensor made elsewhere could not meet one of its own."""
    cache = RowCache(torch.zeros(rows, 3, dtype=torch.bool, device="meta"), padded=True)
    for T in (3, 1, 4):
        q = torch.zeros(rows, 2, T, 4, device="meta")
        assert look(q, q, q, cache=cache).shape == (rows, T, 8)
        cache.advance(q[:, 0, :, 0])
    assert cache.prompt_of().is_meta and cache.kv[0].is_meta
