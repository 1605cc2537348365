"""The sentences of chapter 1's reacting figures, against values worked out by hand."""

import pytest
import torch

from deepseek_book_utils.compress.quantization import QuantSettings, dequantize, quantize
from deepseek_book_utils.figures.ch01.bubble import bubble_figure
from deepseek_book_utils.figures.ch01.depth import DEPTH, depth_figure
from deepseek_book_utils.figures.ch01.low_rank import low_rank_figure
from deepseek_book_utils.figures.ch01.memory import in_words, memory_figure
from deepseek_book_utils.figures.ch01.pictures import block_picture, cuts_picture, places_picture
from deepseek_book_utils.figures.ch01.rounding import rounding_figure
from deepseek_book_utils.parallel.pipeline import bubble_share, idle_shares, timeline
from tests.unit.figures.test_reasoning import sentences


def test_a_model_of_a_million_weights_in_training_and_serving() -> None:
    rows = sentences(memory_figure({"small": {"weights": 1e6, "cache": 1000, "kept": 2000}}))
    # 2,048 tokens in 16 bits: 16 MB and 2 x 2000 x 2048 bytes; 2 MB and 2 x 1000 x 2048 bytes
    assert rows[0] == (
        {},
        "small, 16 bits, 2,048 tokens: training holds 24.2 MB, 50 % of it for the optimiser. Serving holds "
        "6.1 MB, 67.2 % of it cache.",
    )
    # 32 bits: 16 MB and 4 x 2000 x 2048; 4 MB and 4 x 1000 x 2048
    assert "training holds 32.4 MB, 25 % of it" in dict(map(reversed_row, rows))["32 bits"]
    assert in_words(1_341e9) == "1.3 TB" and in_words(900) == "0.9 kB"


def reversed_row(row: tuple[dict, str]) -> tuple[object, str]:
    return row[0].get("precision"), row[1]


def test_four_stages_wait_three_sevenths_and_more_if_one_is_slow() -> None:
    by_change = {
        tuple(c.items()): text for c, text in sentences(bubble_figure(timeline, idle_shares, bubble_share))
    }
    assert by_change[()] == (
        "4 pieces, gpipe: a stage waits 42.9 % of the time on average; with equal stages the formula says "
        "42.9 %. At most 4 pieces are held in one stage."
    )
    assert by_change[("pieces", 1),].startswith("1 piece, gpipe: a stage waits 75.0 %")
    # 4 pieces of 3 and 6 units: 3 until the last stage begins, 24 there, 6 until the first has ended
    assert f"waits {100 * (1 - (3 * 12 + 24) / (4 * 33)):.1f} %" in by_change[("last", 2.0),]


def rounded_as(weights: torch.Tensor, bits: int, sharing: str) -> torch.Tensor:
    return dequantize(quantize(weights, QuantSettings(bits, sharing, 32)))


def test_one_large_weight_makes_all_others_zero() -> None:
    weights = torch.full((8, 256), 0.01)
    weights[0, 0] = 0.7  # at 4 bits the step is 0.1 for the tensor
    by_change = {tuple(c.items()): text for c, text in sentences(rounding_figure(weights, rounded_as))}
    share = (2047 * 0.01**2 / (2047 * 0.01**2 + 0.7**2)) ** 0.5
    assert f"is {100 * share:.1f} % of the weights' size, and 100 % of the weights become 0" in by_change[()]
    group = by_change[("sharing", "a group of 32"),]
    left = (31 * 0.01**2 / (2047 * 0.01**2 + 0.7**2)) ** 0.5
    assert f"is {100 * left:.1f} % of" in group and group.endswith("a weight takes 4.50 bits.")
    with pytest.raises(ValueError, match="shape"):
        rounding_figure(weights[:4], rounded_as)


def test_ranks_and_what_they_train() -> None:
    curves = [[min(1.0, 0.05 * r) for r in range(1, 21)], [min(1.0, 0.07 * r) for r in range(1, 21)]]
    rows = {c.get("rank"): text for c, text in sentences(low_rank_figure(curves, 100, 60, "Few"))}
    assert rows[None] == (
        "r = 8: the first 8 directions hold 48.0 % of the change. LoRA of this rank trains 1,280 "
        "numbers a matrix, 21.3 % of its 6,000."
    )
    assert rows[1].startswith("r = 1: the first 1 direction holds 6.0 %")
    with pytest.raises(ValueError, match="one length"):
        low_rank_figure([curves[0], curves[1][:-1]], 100, 60, "Few")


def test_depth_is_a_power_of_the_size() -> None:
    exact = {
        f"{g / 10:.1f}": [(g / 10) ** (2 * layer) for layer in range(1, DEPTH + 1)] for g in (6, 8, 10, 12)
    }
    rows = sentences(depth_figure(exact))
    assert rows[0][1] == (
        "Weights 0.8 times as large as He's: after 32 layers the formula says 6.3 × 10⁻⁷ of the variance, "
        "and the run finds 6.3 × 10⁻⁷."
    )
    assert "after 8 layers the formula says 2.8 × 10⁻⁴" in rows[-2][1]
    assert "after 1 layer the formula says 0.64 of" in rows[-1][1]
    with pytest.raises(ValueError, match="variances"):
        depth_figure({"0.8": [1.0]})


def test_the_still_pictures_say_what_they_show() -> None:
    assert "RMSNorm" in block_picture().text
    ways = ("data", "layers, pipeline", "tensor", "hybrid")
    assert "tensor: 60 % and 60 %" in cuts_picture(dict.fromkeys(ways, (0.6, 0.6))).text
    assert "B as tall and A as wide" in places_picture().text
