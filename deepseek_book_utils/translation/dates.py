"""Dates in words: *March 5, 2024* and 二〇二四年三月五日. In Chinese the year is read
digit by digit, month and day are numbers, and the order turns round.
"""

from datetime import date

from .numerals import chinese_number

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
YEAR_DIGITS = "〇一二三四五六七八九"


def english_date(day: date) -> str:
    """March 5, 2024."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def chinese_date(day: date) -> str:
    """二〇二四年三月五日."""
    year = "".join(YEAR_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{chinese_number(day.month)}月{chinese_number(day.day)}日"
