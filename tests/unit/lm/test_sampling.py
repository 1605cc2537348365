"""The sampler: what it refuses, and how rows end."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts, generate
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import (
    EOS,
    PAD,
    TOKEN_ID,
    encode,
)
from deepseek_book_utils.reasoning.pen import Pen
from tests.writing import decode_rows, encode_prompts, write

PROMPT = "<bos> 9 a *3 b -1 ?"


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=32, layers=1, context=64))
    torch.nn.init.normal_(model.head.weight, std=0.2)  # all words likely, the end among them
    return model


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- what it refuses ----------------------------------------------------------------------------------------


def test_nothing_to_sample_is_refused(model) -> None:
    with pytest.raises(ValueError, match="at least one prompt"):
        write(model, [], 4, seeded(), Pen())
    with pytest.raises(ValueError, match="at least one response a prompt"):
        write(model, [PROMPT], 0, seeded(), Pen())
    with pytest.raises(ValueError, match="one new token"):
        write(model, [PROMPT], 4, seeded(), Pen(), max_new_tokens=0)


@pytest.mark.parametrize("prompt", ["<bos> 9a ?", "What is 9 * 3 ?", "<bos> 9 a *4 ?"])
def test_unknown_words_are_refused(prompt, model) -> None:
    with pytest.raises(ValueError, match="is not a word of this language"):
        write(model, [PROMPT, prompt], 4, seeded(), Pen())


@pytest.mark.parametrize("prompts", [[""], [PROMPT, ""], ["  "]])
def test_an_empty_prompt_is_refused(prompts, model) -> None:
    with pytest.raises(ValueError, match="prompt"):
        write(model, prompts, 4, seeded(), Pen())


def test_more_than_the_context_is_refused(model) -> None:
    write(model, [PROMPT], 2, seeded(), Pen(), max_new_tokens=57)
    with pytest.raises(ValueError, match="context of 64. Lower max_new_tokens"):
        write(model, [PROMPT], 2, seeded(), Pen(), max_new_tokens=58)


# --- rows ---------------------------------------------------------------------------------------------------


def test_shapes_and_order_of_a_rollout(model) -> None:
    prompts = [PROMPT, "<bos> 1 a +1 ?", "<bos> 2 a +1 b +2 c +3 ?"]
    rollouts = write(model, prompts, 4, seeded(), Pen(), 20)
    B, T = rollouts.responses.shape
    assert B == 12 and rollouts.log_probs.shape == rollouts.loss_mask.shape == (B, T)
    assert rollouts.prompts.shape == (12, 9)
    assert torch.equal(rollouts.prompts[::4], encode_prompts(prompts))
    assert torch.equal(rollouts.prompts[0], rollouts.prompts[3])
    assert rollouts.lengths.max() == T


def test_each_row_ends_at_its_end_or_at_the_limit(model) -> None:
    """Truncated rows have no end; after an end there is padding, without probability and without loss."""
    rollouts = write(model, [PROMPT], 300, seeded(), Pen(), 30, forbidden=(PAD,))
    assert 20 < rollouts.ended.sum() < 280
    for row, chosen, log_probs, n, ended in zip(
        rollouts.responses.tolist(),
        rollouts.loss_mask.tolist(),
        rollouts.log_probs.tolist(),
        rollouts.lengths.tolist(),
        rollouts.ended.tolist(),
        strict=True,
    ):
        assert ended is (row[n - 1] == TOKEN_ID[EOS])
        assert ended is (TOKEN_ID[EOS] in row)
        assert ended or n == 30
        assert row[n:] == [TOKEN_ID[PAD]] * (len(row) - n)
        assert not any(chosen[n:]) and not any(log_probs[n:])


def test_padding_is_never_a_word_even_if_the_policy_wants_nothing_else() -> None:
    """A response that contained it would be cut or misread; so it is forbidden without being named."""
    certain = LanguageModel(replace(MINIATURE, width=32, layers=1, context=64))
    with torch.no_grad():
        for weight in certain.parameters():
            weight.zero_()
        certain.embeddings[0].weight[:, 0] = 1.0  # the same at every position, and the head reads padding off
        certain.head.weight[TOKEN_ID[PAD], 0] = 30.0
    rollouts = write(certain, [PROMPT], 50, seeded(), Pen(0, 0, 0), 10)
    assert rollouts.log_probs[:, 0].max() < -100 and (rollouts.lengths >= 1).all()
    assert not (rollouts.responses == TOKEN_ID[PAD])[rollouts.loss_mask].any()
    assert torch.equal(rollouts.loss_mask.sum(dim=1), rollouts.lengths)


def test_one_token_cannot_end_and_fill(model) -> None:
    with pytest.raises(ValueError, match="choose another pad"):
        generate(model, encode_prompts([PROMPT]), 2, seeded(), 5, end=TOKEN_ID[EOS], pad=TOKEN_ID[EOS])


def test_texts_are_what_was_written(model) -> None:
    rollouts = write(model, [PROMPT], 50, seeded(), Pen(), 20, forbidden=(PAD,))
    for text, row, n in zip(
        decode_rows(rollouts.responses), rollouts.responses, rollouts.lengths, strict=True
    ):
        assert encode(text) == row[:n].tolist()


def test_sampling_repeats_with_the_seed(model) -> None:
    first, again, other = (write(model, [PROMPT], 20, seeded(s), Pen(), 20) for s in (0, 0, 1))
    assert torch.equal(first.responses, again.responses) and torch.equal(first.log_probs, again.log_probs)
    assert first.responses.shape != other.responses.shape or not torch.equal(first.responses, other.responses)


def test_sampling_leaves_no_trace_in_the_model(model) -> None:
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    write(model, [PROMPT], 20, seeded(), Pen(), 20)
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
    assert all(weight.grad is None for weight in model.parameters())


def test_forbidden_words_are_not_written(model) -> None:
    forbidden = ("check", "查", "wait", "等", EOS)
    rollouts = write(model, [PROMPT], 100, seeded(), Pen(0, 0, 0), 20, forbidden=forbidden)
    assert not torch.isin(rollouts.responses, torch.tensor(encode(forbidden))).any()


def test_rollouts_know_their_lengths_and_ends() -> None:
    a, end, pad = TOKEN_ID["a"], TOKEN_ID[EOS], TOKEN_ID[PAD]
    responses = torch.tensor([[a, a, end, pad], [end, pad, pad, pad], [a, a, a, pad]])
    rollouts = Rollouts(responses, responses, torch.zeros(3, 4), responses != pad, end, pad)
    assert rollouts.lengths.tolist() == [3, 1, 3]
    assert rollouts.ended.tolist() == [True, True, False]
    assert decode_rows(rollouts.responses) == ["a a <eos>", "<eos>", "a a a"]
    assert rollouts.trimmed().responses.shape == (3, 3)
