"""The sentences of chapter 6's reacting figures, against values worked out by hand."""

import math

import pytest
import torch

from deepseek_book_utils.compress.distillation import distillation_loss
from deepseek_book_utils.figures.ch06.batches import batches_figure
from deepseek_book_utils.figures.ch06.budget import budget_figure, reached
from deepseek_book_utils.figures.ch06.directions import PEAKS, best, directions_figure
from deepseek_book_utils.figures.ch06.pictures import temperatures_picture, words_picture
from deepseek_book_utils.figures.ch06.temperature import temperature_figure
from deepseek_book_utils.reasoning.fine_tuning.distillation import token_divergence
from tests.unit.figures.test_reasoning import sentences

BLANK, FOUR = torch.zeros(2, 64), torch.tensor([4, 4])
SURE = torch.zeros(2, 10)
SURE[:, 4], SURE[:, 9] = 8 * math.log(2), 4 * math.log(2)  # at T = 4: weights 4, 2 and eight ones


def test_a_teacher_at_two_temperatures() -> None:
    rows = sentences(temperature_figure(BLANK, FOUR, torch.zeros(2, 10), SURE, 0, distillation_loss))
    # p = 4/14, 2/14, 1/14; the student's q is 1/10: alpha T (p - q) + (1 - alpha) (1 - 1/10) at the 4
    assert rows[0] == (
        {},
        "A picture of a 4. At T = 4.0 the teacher says 4: 0.29, 9: 0.14, 0: 0.07. With α = 0.9 the loss "
        f"moves the student's 4 most, by +{0.9 * 4 * (4 / 14 - 0.1) + 0.1 * 0.9:.2f}.",
    )
    by_change = {tuple(change.items()): text for change, text in rows}
    total = 256 + 16 + 8
    assert f"4: {256 / total:.2f}, 9: {16 / total:.2f}" in by_change[("T", 1.0),]
    assert "by +0.90." in by_change[("alpha", 0.0),]  # the label alone: 1 - 1/10


def test_pictures_and_logits_must_fit() -> None:
    with pytest.raises(ValueError, match="as many of each"):
        temperature_figure(BLANK, FOUR, torch.zeros(3, 10), SURE, 0, distillation_loss)
    with pytest.raises(ValueError, match="a start among them"):
        temperature_figure(BLANK, FOUR, SURE, SURE, 2, distillation_loss)


def test_forward_covers_and_reverse_picks() -> None:
    mean = sum(weight * at for weight, at, _ in PEAKS)
    square = sum(weight * (at**2 + width**2) for weight, at, width in PEAKS)
    # the forward KL of a normal density is least at the teacher's own mean and spread
    assert best(token_divergence, 0.0) == (round(mean, 1), round(math.sqrt(square - mean**2), 1))
    at, width = best(token_divergence, 1.0)
    assert abs(at - PEAKS[0][1]) < 0.15 and abs(width - PEAKS[0][2]) < 0.15  # the higher peak
    rows = sentences(directions_figure(token_divergence))
    assert rows[0][1].startswith(f"Mean {str(round(mean, 1)).replace('-', '−')}, width 2.1: forward KL")
    # on the higher peak the reverse KL is -log of its weight, but for what the other peak adds
    assert f"reverse KL {-math.log(PEAKS[0][0]):.2f}" in rows[1][1]


NETWORKS = [
    {"width": 4, "parameters": 100, "accuracy": 0.8, "milliseconds": [0.02, 0.1]},
    {"width": 8, "parameters": 200, "accuracy": 0.9, "milliseconds": [0.02, 0.2]},
    {"width": "teacher", "parameters": 9000, "accuracy": 0.98, "milliseconds": [0.05, 2.0]},
]


def test_a_batch_and_a_single_picture() -> None:
    rows = sentences(batches_figure(NETWORKS, [1, 64], "8"))
    assert rows[1] == (
        {"batch": "1"},
        "1 picture takes the teacher 0.050 ms and the student of 8 units 0.020 ms, 2.5 times less. The "
        "student is 45 times smaller and reads 90.0 %, the teacher 98.0 %.",
    )
    assert "64 pictures take the teacher 2.000 ms" in rows[0][1] and "10.0 times less" in rows[0][1]
    assert rows[2][0] == {"width": "4"} and "90 times smaller" in rows[2][1]
    with pytest.raises(ValueError, match="each of 3 batches"):
        batches_figure(NETWORKS, [1, 8, 64], "8")


CLIMB = {"base": 0.1, "seconds": 10.0, "accuracy": 0.5, "curve": [0.1, 0.2, 0.3, 0.4]}
READ = {"base": 0.1, "seconds": 7.0, "accuracy": 0.7, "curve": []}


def test_what_a_budget_reaches() -> None:
    # four updates of 2.5 seconds; a reader has nothing before the end
    assert [reached(CLIMB, at) for at in (0, 2.4, 2.5, 9.9, 10)] == [0.1, 0.1, 0.2, 0.4, 0.5]
    assert [reached(READ, at) for at in (0, 6.9, 7)] == [0.1, 0.1, 0.7]
    late = READ | {"seconds": 12.0}
    rows = sentences(
        budget_figure(
            {"one": {"RL": [CLIMB], "chains": [READ, late]}, "two": {"RL": [CLIMB], "chains": [READ]}}, "t"
        )
    )
    assert rows[0] == ({}, "one, 15 CPU seconds: RL 0.50; chains 0.70.")
    assert rows[1] == ({"budget": 3}, "one, 3 CPU seconds: RL 0.20, not done; chains 0.10, not done.")
    assert rows[2][1] == "one, 7 CPU seconds: RL 0.30, not done; chains 0.40, done in 1 of 2 seeds."
    with pytest.raises(ValueError, match="the same ways"):
        budget_figure({"one": {"RL": [CLIMB]}, "two": {"chains": [READ]}}, "t")


def test_still_pictures_say_their_numbers() -> None:
    html = temperatures_picture([0.0, math.log(3)], [1, 2]).html
    assert "T = 1: 0 0.25, 1 0.75. T = 2: 0 0.37, 1 0.63." in html  # sqrt(3) / (1 + sqrt(3))
    html = words_picture(
        ["a", "check"], [0.26, 12.0], [False, True], title="t", unit="bits", caption="c"
    ).html
    assert "Bars in bits, one for each word of a text: a 0.3, check 12.0." in html
