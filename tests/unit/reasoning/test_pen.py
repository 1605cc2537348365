"""The pen: how often it slips, where, and into what."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import (
    CHINESE,
    DIGITS,
    HAN_DIGITS,
    HAN_OPERATIONS,
    OPERATIONS,
    PAD,
    TOKEN_ID,
    encode,
)
from deepseek_book_utils.reasoning.pen import Pen, slip_of_the_pen, word_table
from tests.writing import write

PROMPT = "<bos> 9 a *3 b -1 ?"


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=32, layers=1, context=64))
    torch.nn.init.normal_(model.head.weight, std=0.2)  # all words likely, the end among them
    return model


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("chances", [(-0.1, 0, 0), (0, 1.2, 0), (0, 0, 2)])
def test_a_pen_has_probabilities(chances) -> None:
    with pytest.raises(ValueError, match="makes no sense: take 0 <="):
        Pen(*chances)


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
        ("7", "5", "wait", 0.0),  # without a check nothing is compared
        ("b", "5", "check", 0.0),  # a label contradicts nothing
        ("7", "a", "check", 0.0),  # nor does a digit contradict one
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
    dice = seeded()
    _, slipped = slip_of_the_pen(*torch.tensor([encode("7 a +3")]).T, dice, Pen(0, 0, 0))
    assert slipped.dtype == torch.bool
    assert torch.equal(dice.get_state(), seeded().get_state())  # nor does it draw a random number


def test_what_has_no_chance_never_happens(monkeypatch) -> None:
    """Even if the random number is 0 itself."""
    monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.zeros(shape))
    assert slipped_share("7", "a", "+3", Pen(0, 0.5, 0.5), 9)[0] == 0
    assert slipped_share("7", "5", "check", Pen(0.5, 0.5, 0), 9)[0] == 0
    assert slipped_share("7", "5", "check", Pen(0.5, 0.5, 1e-9), 9)[0] == 1


def test_a_generator_decides_where_the_pen_slips_and_into_what() -> None:
    words, found = torch.tensor([encode("7 a +3")] * 200).T, []
    for other in (1, 2):
        torch.manual_seed(other)
        found.append(slip_of_the_pen(*words, seeded(), Pen(0.5, 0.5, 0.5)))
    assert torch.equal(found[0][0], found[1][0]) and torch.equal(found[0][1], found[1][1])


def test_a_table_marks_its_words() -> None:
    assert word_table(("check", "7")).nonzero()[:, 0].tolist() == sorted(encode("check 7"))


def test_slips_are_not_the_policys_choice(model) -> None:
    """With a pen that always slips, exactly the digits after an operation are marked as not chosen."""
    rollouts = write(model, [PROMPT], 400, seeded(), Pen(1, 1, 0), 20, forbidden=(PAD,))
    tokens = torch.cat((rollouts.prompts[:, -1:], rollouts.responses), dim=1)
    after_operation = torch.isin(tokens[:, :-1], torch.tensor(encode(OPERATIONS + HAN_OPERATIONS)))
    slipped = after_operation & torch.isin(tokens[:, 1:], torch.tensor(encode(DIGITS + HAN_DIGITS)))
    assert slipped.sum() > 100
    written = rollouts.responses != TOKEN_ID[PAD]
    assert torch.equal(rollouts.loss_mask, written & ~slipped)


def test_chinese_words_have_their_counterparts_in_the_tables() -> None:
    assert len(HAN_OPERATIONS) == len(OPERATIONS) and CHINESE[: len(HAN_DIGITS)] == HAN_DIGITS
