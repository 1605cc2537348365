"""The ravine of chapter 2: its paths are the optimisers' own, its sentences follow."""

import json
import re
from html import unescape
from typing import Any

import pytest
import torch

from deepseek_book_utils.figures.ch02 import ravine
from deepseek_book_utils.interactive import Picture
from deepseek_book_utils.nn.optimizers import AdamSettings, SGDSettings, adam, sgd

START = (-2.0, 0.5)


def sentences(picture: Picture) -> dict[str, str]:
    rows = re.findall(r'<tr data-set="(.*?)"><td>.*?</td><td>(.*?)</td>', picture.html)
    return {unescape(settings): unescape(sentence) for settings, sentence in rows}


def test_sgd_walks_the_closed_form() -> None:
    path = ravine.descend(sgd, SGDSettings(0.018), START)
    steps = torch.arange(81, dtype=torch.float64)
    # x_t = (1 - eta k)^t x_0, k = 1 along the ravine and 100 across
    torch.testing.assert_close(path[:, 0], -2 * 0.982**steps)
    torch.testing.assert_close(path[:, 1], 0.5 * (-0.8) ** steps)


@pytest.mark.parametrize(
    ("rule", "settings", "library"),
    [
        (sgd, SGDSettings(0.03, 0.9), lambda x: torch.optim.SGD(x, 0.03, momentum=0.9)),
        (adam, AdamSettings(0.03), lambda x: torch.optim.Adam(x, 0.03)),
    ],
)
def test_the_other_paths_are_torchs(rule: Any, settings: Any, library: Any) -> None:
    point = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = library([point])
    for place in ravine.descend(rule, settings, START):
        torch.testing.assert_close(point.detach(), place)
        optimizer.zero_grad()
        (0.5 * (point[0] ** 2 + 100 * point[1] ** 2)).backward()
        optimizer.step()


def ways(rate: float) -> dict[str, tuple[Any, Any]]:
    return {
        "plain SGD": (sgd, SGDSettings(rate)),
        "momentum": (sgd, SGDSettings(rate, 0.9)),
        "Adam": (adam, AdamSettings(rate)),
    }


def test_the_sentences_say_who_escapes() -> None:
    rows = sentences(ravine.ravine_figure(ways))
    start = "Distance from the minimum after 80 steps from (−2.0, 0.50) at learning rate 0.018: "
    assert rows["{}"].startswith(f"{start}plain SGD 0.47")  # 2 * 0.982^80
    assert rows["{}"].endswith("Nearest is momentum.")
    assert rows[json.dumps({"rate": 0.001}, separators=(",", ":"))].endswith("slow for all three.")
    fast = rows['{"rate":0.03}']
    assert "plain SGD flown off, momentum 0.0" in fast and "Above 0.02 each step of SGD" in fast
    alone = rows['{"rate":0.06}']
    assert "plain SGD flown off, momentum flown off, Adam 0.0" in alone
    level = rows['{"rate":0.03,"y":0}']  # nothing steep to overshoot
    assert "flown off" not in level
