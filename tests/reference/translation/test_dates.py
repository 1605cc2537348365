"""Dates in words against Babel's."""

import re
from datetime import date, timedelta

from babel.dates import format_date

from deepseek_book_utils.translation.dates import MONTHS, chinese_date, english_date

ONES = "一二三四五六七八九"
NUMBERS = ["", *ONES, *(f"{tens}十{one}" for tens in ("", "二", "三") for one in ("", *ONES))]


def test_dates_equal_those_of_babel() -> None:
    """Babel writes Chinese dates in figures: 2024年3月5日."""
    day = date(1900, 1, 1)
    for _ in range(400):
        day += timedelta(days=173)
        assert english_date(day) == format_date(day, "long", locale="en_US")
        year, month, number = map(int, re.findall(r"\d+", format_date(day, "long", locale="zh_CN")))
        found = re.fullmatch("(.{4})年(.+)月(.+)日", chinese_date(day))
        assert "".join(str("〇一二三四五六七八九".index(sign)) for sign in found[1]) == str(year)
        assert (found[2], found[3]) == (NUMBERS[month], NUMBERS[number])
    assert chinese_date(date(2024, 10, 20)) == "二〇二四年十月二十日"
    assert len({*MONTHS}) == 12
