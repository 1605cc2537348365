"""Numbers in words, in English and in Chinese, from 0 to 99,999,999.

English is the American form without *and*. Chinese is the form of ordinary speech: 十五
and not 一十五 at the beginning, one 零 for a gap however wide, none at the end, and 两
for a 2 that begins a number before 千 or 万 (两千, 两万; but 二十, 二百, 一万二千).
两百 is as good as 二百; one form is taken so that a translation is right or wrong.
"""

LARGEST = 99_999_999
SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DIGITS = "零一二三四五六七八九"
PLACES = ("", "十", "百", "千")  # within a section of four digits


def check_number(number: int) -> None:
    """Raise ValueError unless 0 <= number <= 99,999,999."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} has no words here: take 0 to {LARGEST:,}.")


def english_number(number: int) -> str:
    """12345 -> "twelve thousand three hundred forty-five".

    Raises ValueError unless 0 <= number <= 99,999,999.
    """
    check_number(number)
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + (f"-{SMALL[ones]}" if ones else "")
    # the largest unit that fits: so many of it, its name, and the rest
    units = ((1_000_000, "million"), (1000, "thousand"), (100, "hundred"))
    unit, name = next(pair for pair in units if pair[0] <= number)
    many, rest = divmod(number, unit)
    words = f"{english_number(many)} {name}"
    return f"{words} {english_number(rest)}" if rest else words


def chinese_section(number: int) -> str:
    """Four digits with their places, 0 < number < 10,000: 1005 -> 一千零五."""
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            # one 零 for all zeros since the last digit; before the first there is none
            words += ("零" if gap and words else "") + DIGITS[digit] + PLACES[place]
        gap = not digit
    return words


def chinese_number(number: int) -> str:
    """12345 -> 一万二千三百四十五.

    Raises ValueError unless 0 <= number <= 99,999,999.
    """
    check_number(number)
    if number == 0:
        return DIGITS[0]
    high, low = divmod(number, 10_000)
    words = f"{chinese_section(high)}万" if high else ""
    if low:
        # 10,010: the section below begins with a gap
        words += ("零" if high and low < 1000 else "") + chinese_section(low)
    if words.startswith("一十"):
        return words[1:]  # 十五, 十万
    return "两" + words[1:] if words[:2] in ("二千", "二万") else words
