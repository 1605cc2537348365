"""Decoding rules: what is written instead of what was drawn, word by word and in whole responses."""

import re
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.arithmetic import (
    arithmetic,
    better_language,
    check_every_value,
    decoded_by,
    in_better_language,
)
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import decode, encode, held_out_problems
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.tasks import Task, sample_responses

NO_SLIPS = arithmetic(pen=Pen(0, 0, 0))


def written_instead(rule, before: str, previous: str, drawn: str) -> str:
    return decode(rule(*(torch.tensor(encode(word)) for word in (drawn, before, previous))).tolist())


@pytest.mark.parametrize(
    ("drawn", "written"),
    [
        ("*3", "乘三"),
        ("乘三", "乘三"),
        ("加一", "+1"),
        ("减五", "-5"),
        ("+1", "+1"),
        ("三", "三"),
        ("a", "a"),
    ],
)
def test_an_operation_is_written_in_its_better_language(drawn, written) -> None:
    assert written_instead(better_language, "9", "a", drawn) == in_better_language(drawn) == written


@pytest.mark.parametrize(
    ("before", "previous", "drawn", "written"),
    [
        ("*3", "7", "b", "check"),  # a value was written: check it
        ("乘三", "七", "b", "查"),
        ("乘三", "7", "</think>", "check"),  # in the language of the digit
        ("*3", "7", "check", "check"),
        ("check", "7", "b", "b"),  # it was checked: go on
        ("check", "5", "wait", "wait"),
        ("a", "*3", "7", "7"),
        ("wait", "9", "a", "a"),
        ("<think>", "9", "a", "a"),
        ("*9", "?", "<think>", "<think>"),  # a prompt is no value
    ],
)
def test_after_a_value_comes_a_check(before, previous, drawn, written) -> None:
    assert written_instead(check_every_value, before, previous, drawn) == written


@pytest.fixture
def even_model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=8, layers=1, heads=2))
    torch.nn.init.zeros_(model.head.weight)  # all words are equally likely
    return model


def chosen_and_texts(model: LanguageModel, task: Task) -> tuple[list[list[bool]], list[list[str]]]:
    rollouts, texts = sample_responses(model, task, held_out_problems(8), 16, torch.Generator(), 60)
    return rollouts.loss_mask.tolist(), [text.split() for text in texts]


def test_the_rules_hold_in_whole_responses_and_carry_no_loss(even_model) -> None:
    """Compared with the same draws without rules: the first word that differs is one that a rule wrote."""
    both = decoded_by(NO_SLIPS, better_language, check_every_value)
    masks, ruled = chosen_and_texts(even_model, both)
    _, free = chosen_and_texts(even_model, NO_SLIPS)
    lines = [" ".join(words) for words in ruled]
    assert not any(re.search(r"(^| )([*]\d|[加减]\S)( |$)", line) for line in lines)
    value = re.compile(r"\b(?:[+-]\d|乘\S) (\d|[零一二三四五六七八九]) (\S+)")
    followed = [pair for line in lines for pair in value.findall(line)]
    assert len(followed) > 20
    assert all(word == ("check" if digit.isascii() else "查") for digit, word in followed)
    changed = 0
    for mask, one, other in zip(masks, ruled, free, strict=True):
        differ = [i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
        changed += len(differ) > 0
        assert all(not mask[i] for i in differ[:1])
        assert all(mask[: differ[0] if differ else len(one)])
    assert changed > 20


def test_the_pen_slips_after_the_rules(even_model) -> None:
    """The rule writes a Chinese product, and the pen that always slips there alters its digit."""
    digits = "零一二三四五六七八九"
    clumsy = arithmetic(
        pen=Pen(slip=1.0, clumsy=0.0, blind=0.0)
    )  # slips where the language is the better one
    masks, texts = chosen_and_texts(even_model, decoded_by(clumsy, better_language))
    after = [
        mask[i]
        for mask, words in zip(masks, texts, strict=True)
        for i in range(1, len(words))
        if words[i] in digits + "0123456789" and words[i - 1][0] in "+-乘"
    ]
    assert after and not any(after)


def test_without_a_pen_and_by_name(even_model) -> None:
    bare = replace(NO_SLIPS, alter=None)
    assert (
        chosen_and_texts(even_model, decoded_by(bare, better_language))[1]
        == (chosen_and_texts(even_model, decoded_by(NO_SLIPS, better_language))[1])
    )
    assert decoded_by(bare, better_language).name == f"{bare.name} better_language"
    assert decoded_by(bare, better_language).name != decoded_by(bare, check_every_value).name
