"""The sentences of the figure on learned rewards, against values worked out by hand."""

import json
import re
from html import unescape
from typing import Any

import pytest

from deepseek_book_utils.figures.ch04 import reward_hacking as hacking
from deepseek_book_utils.interactive import Picture

SLOW, FAST = [(0.0, 3.0), (18.0, 4.0)], [(0.0, 9.0), (18.0, 12.0), (24.0, 13.0)]
ONCE = {
    "promised": [[0.1, 0.5, 0.9, 1.2], [0.1, 0.6, 1.0, 1.3], [0.1, 0.4, 0.8, 1.1]],
    "earned": [[0.1, 0.38, 0.34, -0.2], [0.1, 0.4, 0.2, -0.3], [0.1, 0.3, 0.3, -0.1]],
    "rides": [SLOW, FAST],
}
RULE = {key: [[0.1, 0.2, 0.3, 0.4]] * 2 for key in ("promised", "earned")} | {"rides": [SLOW, SLOW]}


def sentences(picture: Picture) -> list[tuple[dict[str, Any], str]]:
    rows = re.findall(r'<tr data-set="(.*?)"><td>.*?</td><td>(.*?)</td>', picture.html)
    return [(json.loads(unescape(settings)), unescape(sentence)) for settings, sentence in rows]


def picture(**changes: Any) -> Picture:
    ways = {"learned once": ONCE | changes, "the rule": RULE}
    return hacking.reward_hacking_figure([0, 2, 4, 6], ways, [0, 4])


def test_it_starts_where_the_truth_is_highest() -> None:
    rows = sentences(picture())
    assert rows[0] == (
        {},
        "Update 2: 0.50 promised a step, 0.38 comes true (2 recorded seeds: 0.30 to 0.40). Stopping here "
        "would have been right: no other update earns more. In the ride of update 0, 0 of 2 steps slide.",
    )
    assert '<input type=range name="step" min=0 max=6 step=2 value=2>' in picture().html


def test_too_soon_and_too_late() -> None:
    rows = {json.dumps(settings): sentence for settings, sentence in sentences(picture())}
    assert "Stopping here would be too soon: update 2 earns 0.38." in rows['{"step": 0}']
    late = rows['{"step": 6}']
    assert late.startswith(
        "Update 6: 1.20 promised a step, −0.20 comes true (2 recorded seeds: −0.30 to −0.10)"
    )
    assert "too late: update 2 earns 0.38. In the ride of update 4, 2 of 3 steps slide." in late
    assert "would have been right" in rows['{"step": 6, "way": "the rule"}']
    assert hacking.stopping_verdict([0.1, 0.38, 0.34], [0, 2, 4], 2) == (
        "Stopping here would do: the best, update 2, earns 0.38."
    )
    assert hacking.best_stop([0.1, 0.4, 0.4]) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"earned": [[0.1] * 3] * 2}, "two runs or more of 4 steps"),
        ({"promised": [[0.1] * 4], "earned": [[0.1] * 4]}, "two runs or more of 4 steps"),
        ({"rides": [SLOW]}, r"a ride for each of \[0, 4\]"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        picture(**changes)
