"""The figure of schedules, from a record made by hand."""

import pytest

from deepseek_book_utils.figures.ch02.schedules import schedules_figure
from tests.unit.figures.test_rl import rows_of

RATES = [0.001, 0.01, 0.02, 0.1, 0.18]


def seed(right: list[float]) -> list[dict]:
    return [{"accuracy": one, "loss": [2.0, 1.0 - one], "rate": [0.1, 0.0]} for one in right]


RECORD = {
    "settings": {"rates": RATES, "schedules": ["constant", "cosine"]},
    "seeds": [
        {"constant": seed([0.5, 0.9, 0.96, 0.9, 0.1]), "cosine": seed([0.4, 0.8, 0.9, 0.95, 0.3])},
        {"constant": seed([0.7, 0.9, 0.98, 0.9, 0.3]), "cosine": seed([0.6, 0.8, 0.9, 0.97, 0.1])},
    ],
}


def test_the_sentence_gives_mean_range_and_a_verdict() -> None:
    rows = [
        (str(settings), sentence)
        for settings, sentence in rows_of(schedules_figure(RECORD, "cosine", "0.18"))
    ]
    said = dict(rows)
    assert said["{}"] == (
        "Cosine, rate 0.18: 20.0 % of unseen digits read right (five seeds: 10.0 to 30.0), last loss 0.80. "
        "Too fast: training is thrown off."
    )
    assert said["{'rate': '0.001'}"].endswith("last loss 0.50. Too slow: the time was up.")
    picture = schedules_figure(RECORD, "constant", "0.02")
    assert "97.0 % of unseen digits" in picture.text and picture.text.endswith(
        "About right for this schedule."
    )


def test_a_rate_that_was_not_run_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at the rate 0\.5: choose one of 0\.001, 0\.01"):
        schedules_figure(RECORD, "cosine", "0.5")
