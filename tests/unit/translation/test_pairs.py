"""Tokens of two languages and back, and what is held out."""

from datetime import date

import pytest

from deepseek_book_utils.translation.dates import chinese_date, english_date
from deepseek_book_utils.translation.numerals import english_number
from deepseek_book_utils.translation.pairs import (
    END,
    PADDING,
    START,
    TO_ENGLISH,
    TOKEN_ID,
    VOCABULARY,
    as_tokens,
    both_directions,
    number_pair,
    split_dates,
    split_numbers,
    text_of,
    words_of,
    written,
)


def test_no_token_stands_twice() -> None:
    assert len(TOKEN_ID) == len(VOCABULARY) and TOKEN_ID[PADDING] == 0


def test_texts_come_back_from_their_tokens() -> None:
    texts = [text for n in range(0, 99_999_999, 654_321) for text in number_pair(n)]
    for day in (date(2024, 3, 5), date(1999, 12, 31)):
        texts += [english_date(day), chinese_date(day)]
    for text in texts:
        assert set(words_of(text)) <= set(VOCABULARY)
        assert text_of(words_of(text)) == text
    assert words_of("forty-five") == ["forty", "-", "five"]
    assert words_of("March 5, 2024") == ["March", "5", ",", "2", "0", "2", "4"]
    assert words_of("四十五") == ["四", "十", "五"]


def test_examples_as_tokens() -> None:
    there, back = both_directions([number_pair(45)])
    assert there[1:] == ("forty-five", "四十五") and back == (TO_ENGLISH, "四十五", "forty-five")
    sources, targets = as_tokens([there, back, both_directions([number_pair(7)])[0]])
    named = [[VOCABULARY[token] for token in row] for row in (sources[1].tolist(), targets[2].tolist())]
    assert named[0] == [TO_ENGLISH, "四", "十", "五"]
    assert named[1] == [START, "七", END, PADDING, PADDING]
    assert [written(row[1:]) for row in targets.tolist()] == ["四十五", "forty-five", "七"]
    assert written([TOKEN_ID["七"]]) == "七"  # an end that never came
    with pytest.raises(KeyError):
        as_tokens([(TO_ENGLISH, "billion", "")])


def length_of(english: str) -> int:
    return next(n for n in range(1, 9) if english in NAMES[n])


NAMES = {n: {english_number(v) for v in range(10 ** (n - 1) if n > 1 else 0, 10**n)} for n in range(1, 5)}


def test_values_and_lengths_are_held_out() -> None:
    split = split_numbers(3, digits=(1, 2, 4), longer=(3,), each=200, held=20)
    parts = [split.train, split.values, split.lengths]
    counts = [[sum(length_of(pair.english) == n for pair in part) for n in (1, 2, 3, 4)] for part in parts]
    assert counts == [[9, 81, 0, 200], [1, 9, 0, 20], [0, 0, 20, 0]]  # nine tenths, where there are few
    everything = [pair for part in parts for pair in part]
    assert len({*everything}) == len(everything)  # nothing stands twice
    assert split_numbers(3, (1, 2, 4), (3,), 200, 20) == split != split_numbers(4, (1, 2, 4), (3,), 200, 20)


def test_days_are_held_out() -> None:
    split = split_dates(0, 300, 50, (2000, 2001))
    assert len({*split.train}) == 300 and len({*split.values} - {*split.train}) == 50 and not split.lengths
    assert all(pair.english.endswith(("2000", "2001")) for pair in split.train)
    whole = split_dates(0, 731, 0, (2000, 2001))
    assert {"January 1, 2000", "December 31, 2001", "February 29, 2000"} <= {p.english for p in whole.train}


def test_splits_without_sense() -> None:
    for digits, longer in (((1, 2), (2,)), ((0,), (3,)), ((1,), (9,))):
        with pytest.raises(ValueError, match="lengths from 1 to 8"):
            split_numbers(0, digits, longer, 10, 5)
    with pytest.raises(ValueError, match="more than the 365"):
        split_dates(0, 360, 6, (2001, 2001))
