"""Numbers in words against a second way to say them, readers of words, and hard cases by hand."""

import random
import re

import pytest

from deepseek_book_utils.translation.numerals import LARGEST, chinese_number, english_number

BY_HAND = {
    0: ("零", "zero"),
    2: ("二", "two"),
    10: ("十", "ten"),
    12: ("十二", "twelve"),
    15: ("十五", "fifteen"),
    20: ("二十", "twenty"),
    22: ("二十二", "twenty-two"),
    99: ("九十九", "ninety-nine"),
    100: ("一百", "one hundred"),
    101: ("一百零一", "one hundred one"),
    110: ("一百一十", "one hundred ten"),
    115: ("一百一十五", "one hundred fifteen"),
    200: ("二百", "two hundred"),
    222: ("二百二十二", "two hundred twenty-two"),
    1000: ("一千", "one thousand"),
    1001: ("一千零一", "one thousand one"),
    1010: ("一千零一十", "one thousand ten"),
    1100: ("一千一百", "one thousand one hundred"),
    2002: ("两千零二", "two thousand two"),
    2222: ("两千二百二十二", "two thousand two hundred twenty-two"),
    10_000: ("一万", "ten thousand"),
    10_001: ("一万零一", "ten thousand one"),
    10_010: ("一万零一十", "ten thousand ten"),
    10_100: ("一万零一百", "ten thousand one hundred"),
    11_000: ("一万一千", "eleven thousand"),
    12_000: ("一万二千", "twelve thousand"),
    20_000: ("两万", "twenty thousand"),
    22_000: ("两万二千", "twenty-two thousand"),
    100_000: ("十万", "one hundred thousand"),
    100_001: ("十万零一", "one hundred thousand one"),
    101_000: ("十万一千", "one hundred one thousand"),
    110_000: ("十一万", "one hundred ten thousand"),
    120_000: ("十二万", "one hundred twenty thousand"),
    200_000: ("二十万", "two hundred thousand"),
    1_000_000: ("一百万", "one million"),
    1_010_101: ("一百零一万零一百零一", "one million ten thousand one hundred one"),
    10_000_000: ("一千万", "ten million"),
    10_100_010: ("一千零一十万零一十", "ten million one hundred thousand ten"),
    20_000_002: ("两千万零二", "twenty million two"),
    99_999_999: (
        "九千九百九十九万九千九百九十九",
        "ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine",
    ),
}


@pytest.mark.parametrize("number", BY_HAND)
def test_hard_cases_by_hand(number: int) -> None:
    assert (chinese_number(number), english_number(number)) == BY_HAND[number]


def second_chinese(number: int) -> str:
    """Another way: write every digit with its place, zeros too, then mend the string by rules."""
    digits = str(number)
    if number == 0:
        return "零"
    places = ["", "十", "百", "千", "万", "十", "百", "千"]
    words = "".join(
        "零一二三四五六七八九"[int(d)] + places[len(digits) - 1 - i] for i, d in enumerate(digits)
    )
    words = re.sub("零[十百千]", "零", words)
    words = re.sub("零+", "零", words)  # one for each gap
    words = re.sub("零万零?|万零?零", lambda m: "万零" if m[0].endswith("零") else "万", words)
    words = words.rstrip("零")
    words = re.sub("^一十", "十", words)
    return re.sub("^二(?=[千万])", "两", words)


def value_of_chinese(words: str) -> int:
    """The number that words say, read from left to right."""
    total = section = digit = 0
    for sign in words:
        if sign in "十百千":
            section += (digit or 1) * 10 ** ("十百千".index(sign) + 1)
            digit = 0
        elif sign == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            digit = 2 if sign == "两" else "零一二三四五六七八九".index(sign)
    return total + section + digit


def value_of_english(words: str) -> int:
    names = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    values = dict(zip(names.split(), range(1, 17), strict=True)) | {
        "zero": 0,
        "seventeen": 17,
        "eighteen": 18,
    }
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
    values |= {"nineteen": 19} | {name: 20 + 10 * i for i, name in enumerate(tens)}
    total = part = 0
    for word in re.split("[ -]", words):
        if word == "hundred":
            part *= 100
        elif word in ("thousand", "million"):
            total, part = total + part * (1000 if word == "thousand" else 1_000_000), 0
        else:
            part += values[word]
    return total + part


def numbers() -> list[int]:
    """All up to 12,000, the borders of every length, numbers full of zeros, and others by chance."""
    rng = random.Random(0)
    found = [*range(12_000), LARGEST]
    for length in range(4, 9):
        found += [10 ** (length - 1) + shift for shift in range(-2, 3)]
        for _ in range(600):
            digits = rng.choices("0000123456789", k=length - 1)
            found.append(int(rng.choice("123456789") + "".join(digits)))
    return found


def test_words_and_numbers_are_one_to_one() -> None:
    for number in numbers():
        assert value_of_chinese(chinese_number(number)) == number
        assert value_of_english(english_number(number)) == number


def test_chinese_equals_a_second_way_to_say_it() -> None:
    """Where the section of 万 ends in zeros and the one below does not begin with one, none is said."""
    for number in numbers():
        assert chinese_number(number) == second_chinese(number), number


def test_numbers_without_words() -> None:
    for number in (-1, LARGEST + 1):
        for say in (chinese_number, english_number):
            with pytest.raises(ValueError, match="take 0 to 99,999,999"):
                say(number)
