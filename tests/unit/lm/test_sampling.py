"""The sampler: what it refuses, how rows end, and the pen that slips."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.cache import padded_mask
from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts
from deepseek_book_utils.reasoning.base import MINIATURE, decode_rows, encode_prompts, write
from deepseek_book_utils.reasoning.language import (
    CHINESE,
    DIGITS,
    EOS,
    HAN_DIGITS,
    HAN_OPERATIONS,
    OPERATIONS,
    PAD,
    TOKEN_ID,
    encode,
)
from deepseek_book_utils.reasoning.pen import Pen, slip_of_the_pen

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


@pytest.mark.parametrize("chances", [(-0.1, 0, 0), (0, 1.2, 0), (0, 0, 2)])
def test_a_pen_has_probabilities(chances) -> None:
    with pytest.raises(ValueError, match="probabilities, 0 to 1"):
        Pen(*chances)


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


def test_padding_is_never_a_word(model) -> None:
    """A policy may give padding any probability; a response that contained it would be cut or misread."""
    with torch.no_grad():
        model.head.weight[TOKEN_ID[PAD]] = model.head.weight[TOKEN_ID[EOS]]  # as likely as the end
    rollouts = write(model, [PROMPT], 300, seeded(), Pen(0, 0, 0), 30)
    assert not (rollouts.responses == TOKEN_ID[PAD])[rollouts.loss_mask].any()


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


def test_padded_mask() -> None:
    tokens = torch.tensor([[TOKEN_ID[PAD], 5, 6, TOKEN_ID[PAD]]])
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]]
    assert padded_mask(tokens == TOKEN_ID[PAD])[0, 0].int().tolist() == expected


# --- the pen ------------------------------------------------------------------------------------------------


def slipped_share(
    token: str, before: str, previous: str, pen: Pen, n: int = 20_000
) -> tuple[float, set[int]]:
    """How often the token comes out otherwise after these two words, and as what."""
    words = (torch.full((n,), TOKEN_ID[word]) for word in (token, before, previous))
    written, slipped = slip_of_the_pen(*words, seeded(), pen)
    assert torch.equal(slipped, written != TOKEN_ID[token])
    return slipped.float().mean().item(), set(written[slipped].tolist())


@pytest.mark.parametrize(
    ("token", "before", "previous", "share"),
    [
        ("7", "a", "+3", 0.1),  # English adds well
        ("7", "a", "*3", 0.3),  # and multiplies badly
        ("七", "a", "乘三", 0.1),  # Chinese multiplies well
        ("七", "a", "加三", 0.3),  # and adds badly
        ("7", "a", "乘三", 0.1),  # it is the language of the operation that is clumsy
        ("7", "+3", "a", 0.0),  # only digits after an operation slip
        ("a", "a", "+3", 0.0),
        ("7", "7", "wait", 0.0),
        ("7", "5", "check", 0.6),  # a check overlooks what differs
        ("7", "7", "check", 0.0),  # and has nothing to overlook where it agrees
        ("七", "五", "查", 0.6),
        ("七", "5", "查", 0.0),  # another language's digit is not repeated
    ],
)
def test_how_often_the_pen_slips(token, before, previous, share) -> None:
    found, _ = slipped_share(token, before, previous, Pen(slip=0.1, clumsy=0.3, blind=0.6))
    assert found == pytest.approx(share, abs=0.015)


def test_a_slip_is_another_digit_of_the_same_language_each_as_likely() -> None:
    for digits, operation in ((DIGITS, "+3"), (HAN_DIGITS, "加三")):
        for digit in digits:
            _, written = slipped_share(digit, "a", operation, Pen(1, 1, 1), 2000)
            assert written == set(encode(digits)) - {TOKEN_ID[digit]}


def test_an_overlooked_error_repeats_the_digit_before() -> None:
    assert slipped_share("7", "5", "check", Pen(0, 0, 1), 100) == (1.0, {TOKEN_ID["5"]})


def test_a_steady_pen_changes_nothing() -> None:
    for operation in OPERATIONS + HAN_OPERATIONS:
        assert slipped_share("7", "a", operation, Pen(0, 0, 0), 500)[0] == 0
    assert slipped_share("7", "5", "check", Pen(0, 0, 0), 500)[0] == 0


def test_slips_are_not_the_policys_choice(model) -> None:
    """With a pen that always slips, exactly the digits after an operation are marked as not chosen."""
    rollouts = write(model, [PROMPT], 400, seeded(), Pen(1, 1, 0), 20, forbidden=(PAD,))
    tokens = torch.cat((rollouts.prompts[:, -1:], rollouts.responses), dim=1)
    after_operation = torch.isin(tokens[:, :-1], torch.tensor(encode(OPERATIONS + HAN_OPERATIONS)))
    slipped = after_operation & torch.isin(tokens[:, 1:], torch.tensor(encode(DIGITS + HAN_DIGITS)))
    assert slipped.sum() > 100
    written = rollouts.responses != TOKEN_ID[PAD]
    assert torch.equal(rollouts.loss_mask, written & ~slipped)


def test_rollouts_know_their_lengths_and_ends() -> None:
    a, end, pad = TOKEN_ID["a"], TOKEN_ID[EOS], TOKEN_ID[PAD]
    responses = torch.tensor([[a, a, end, pad], [end, pad, pad, pad], [a, a, a, pad]])
    rollouts = Rollouts(responses, responses, torch.zeros(3, 4), responses != pad, end, pad)
    assert rollouts.lengths.tolist() == [3, 1, 3]
    assert rollouts.ended.tolist() == [True, True, False]
    assert decode_rows(rollouts.responses) == ["a a <eos>", "<eos>", "a a a"]
    assert rollouts.trimmed().responses.shape == (3, 3)


def test_chinese_words_have_their_counterparts_in_the_tables() -> None:
    assert len(HAN_OPERATIONS) == len(OPERATIONS) and CHINESE[: len(HAN_DIGITS)] == HAN_DIGITS
