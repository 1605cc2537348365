"""The reacting figures of chapter 2 on reinforcement learning, against values worked out by hand."""

import json
import math
import re
from html import unescape
from itertools import pairwise
from statistics import fmean, variance
from typing import Any

import numpy as np
import pytest

from deepseek_book_utils.figures.ch02 import cart_pole, matching_pennies, overestimation
from deepseek_book_utils.figures.ch02 import value_backup as backup
from deepseek_book_utils.interactive import Picture

REWARDS = {backup.GOAL: 1.0, backup.PIT: -1.0}
INTO_THE_PIT = [20, 15, 10, 11, 12]  # up, up, right, right


def rows_of(picture: Picture) -> list[tuple[dict[str, Any], str]]:
    rows = re.findall(r'<tr data-set="(.*?)"><td>.*?</td><td>(.*?)</td>', picture.html)
    return [(json.loads(unescape(settings)), unescape(sentence)) for settings, sentence in rows]


def learned(walks: list[list[int]], n: int | None, steps: int = 10**9) -> dict[int, float]:
    values = backup.learn_values(walks, n, REWARDS, steps)
    return {cell: v for cell, v in enumerate(values) if v}


# --- value backup ---------------------------------------------------------------------------------


def test_one_step_learning_carries_news_one_cell_an_episode() -> None:
    assert learned([INTO_THE_PIT], 1) == pytest.approx({11: -0.3})
    twice = {11: -0.3 + 0.3 * (-1 + 0.3), 10: 0.3 * 0.9 * -0.3}
    assert learned([INTO_THE_PIT] * 2, 1) == pytest.approx(twice)
    assert learned([INTO_THE_PIT] * 2, 1, steps=7) == pytest.approx({11: -0.3, 10: 0.3 * 0.9 * -0.3})


def test_two_steps_bootstrap_from_two_cells_on() -> None:
    first = {11: -0.3, 10: -0.27}  # both know the end: -1 and -0.9
    assert learned([INTO_THE_PIT], 2) == pytest.approx(first)
    # at its third step the walk teaches cell 15, two cells back: gamma^2 V(11)
    assert learned([INTO_THE_PIT] * 2, 2, steps=7) == pytest.approx(
        first | {20: 0.3 * 0.81 * -0.27, 15: 0.3 * 0.81 * -0.3}
    )


def test_monte_carlo_waits_and_then_tells_every_cell() -> None:
    assert learned([INTO_THE_PIT], None, steps=3) == {}
    returns = {11: -1, 10: -0.9, 15: -0.81, 20: -0.729}
    assert learned([INTO_THE_PIT], None) == pytest.approx({c: 0.3 * r for c, r in returns.items()})
    walks = backup.grid_walks(5, seed=1)
    assert learned(walks, None) == pytest.approx(learned(walks, 10**6))


def test_walks_are_steps_of_the_grid_and_the_same_each_time() -> None:
    walks = backup.grid_walks(200, seed=3)
    assert walks == backup.grid_walks(200, seed=3) != backup.grid_walks(200, seed=4)
    for walk in walks:
        assert walk[0] == backup.START and walk[-1] in REWARDS
        for a, b in pairwise(walk):
            assert abs(a // 5 - b // 5) + abs(a % 5 - b % 5) <= 1  # never through a wall
    steps = [b - a for walk in walks for a, b in pairwise(walk) if 5 < a < 19 and 0 < a % 5 < 4]
    assert steps.count(-5) / len(steps) == pytest.approx(0.35, abs=0.05)
    assert steps.count(-1) / len(steps) == pytest.approx(0.15, abs=0.05)


def test_true_values_solve_bellmans_equation() -> None:
    matrix, reward = np.eye(25), np.zeros(25)
    for cell in set(range(25)) - set(REWARDS):
        for p, to in zip((0.35, 0.35, 0.15, 0.15), backup.NEXT[cell], strict=True):
            matrix[cell, to] -= 0.9 * p
            reward[cell] += p * REWARDS.get(to, 0)
    assert backup.true_values(REWARDS) == pytest.approx(np.linalg.solve(matrix, reward))


@pytest.mark.parametrize("seed", range(5))
def test_learning_at_once_ends_nearest_to_the_truth(seed: int) -> None:
    """The answer to the figure's question, by a margin on every seed."""
    truth, walks = backup.true_values(REWARDS), backup.grid_walks(seed=seed)
    one, four, whole = (
        fmean(abs(a - b) for a, b in zip(backup.learn_values(walks, n, REWARDS, 10**9), truth, strict=True))
        for n in (1, 4, None)
    )
    assert one + 0.03 < four and four + 0.02 < whole


def test_the_backup_figure_starts_half_way() -> None:
    rows = rows_of(backup.value_backup_figure([INTO_THE_PIT] * 30))
    sentence = rows[1][1]
    assert sentence.startswith("Before the first step, learning after 1 step: 0 of 23 cells")
    late = {json.dumps(settings): sentence for settings, sentence in rows}
    assert "Step 3, in episode 1, learning after the whole episode: 0 of 23" in str(late)
    assert "Step 4, in episode 1, learning after the whole episode: 4 of 23" in str(late)
    assert "V(start) = −0.22" in late['{"step": 4, "n": "the whole episode"}']  # 0.3 * -0.729
    _, start = rows_of(backup.value_backup_figure())[0]
    assert 11 < int(re.search(r"(\d+) of 23 cells", start)[1]) < 16
    with pytest.raises(ValueError, match="must end where it first meets"):
        backup.value_backup_figure([[20, 15]])


# --- overestimation and target network ------------------------------------------------------------


def test_normals_are_the_published_generators() -> None:
    # Marsaglia (2003) gives the seed; its first two numbers
    u, v = ((x + 0.5) / 2**32 for x in (723471715, 2497366906))
    r = math.sqrt(-2 * math.log(u))
    expected = [r * math.cos(2 * math.pi * v), r * math.sin(2 * math.pi * v)]
    assert overestimation.standard_normals(2, 2463534242) == pytest.approx(expected)
    numbers = overestimation.standard_normals(20_000, overestimation.SEED)
    assert fmean(numbers) == pytest.approx(0, abs=0.02) and variance(numbers) == pytest.approx(1, abs=0.03)


def test_a_maximum_promises_too_much_and_a_second_opinion_does_not() -> None:
    single, double = overestimation.promises([0.0] * 5, noise=1, samples=4)
    # the largest of five standard normal numbers is 1.16296 on average
    assert fmean(single) == pytest.approx(1.16296 / 2, abs=0.025)
    assert variance(double) == pytest.approx(1 / 2, abs=0.06)  # half of four samples
    assert fmean(double) == pytest.approx(0, abs=0.05)
    apart = overestimation.promises([0.0, 9, 0, 0, 0], noise=1, samples=4)
    assert [fmean(one) for one in apart] == pytest.approx([9, 9], abs=0.05)
    single, double = overestimation.promises([0.5, -1.0], noise=0, samples=2)
    assert set(single) == set(double) == {0.5}


def test_what_was_measured_ends_the_sentence() -> None:
    rows = rows_of(overestimation.overestimation_figure())
    start = r"worth 0\.00\. On average the largest of 5 noisy means promises 0\.5\d \(error \+0\.5\d\)"
    assert re.search(start, rows[0][1])
    assert rows[2][1].count("promises 0.00 (error 0.00)") == 2  # without noise
    measured = {"name": "DQN", "promised": [101.0, 99.0], "true": [88.0, 90.5]}
    picture = overestimation.overestimation_figure([measured])
    assert all(s.endswith(" Measured, DQN promises 100.0 and 89.3 comes true.") for _, s in rows_of(picture))
    with pytest.raises(ValueError, match="as many promised values as true returns"):
        overestimation.overestimation_figure([measured | {"true": [1.0]}])


def episode(name: str, frames: int, angle: float = 0.0, position: float = 0.0) -> dict[str, Any]:
    """Upright in the middle, until the last frame."""
    rest = [0.0] * (frames - 1)
    return {"name": name, "position": [*rest, position], "angle": [*rest, angle]}


def test_cart_pole_says_how_each_episode_ended() -> None:
    picture = cart_pole.cart_pole_figure(
        [episode("new", 11, angle=0.21), episode("half", 101, position=-2.41), episode("old", 501)]
    )
    assert "Learning turns 10 steps of balance into 500" in picture.html
    rows = {json.dumps(settings): sentence for settings, sentence in rows_of(picture)}
    assert rows["{}"].startswith("The old agent at 0.00 of 10.00 s: the pole leans 0.0°")
    fell = rows['{"agent": "new", "time": 10.0}']
    assert fell == (
        "The new agent in the end, after 0.20 s: the pole leans +12.0°, the cart stands at 0.00. "
        "Return of the episode: 10; the pole fell."
    )
    left = rows['{"agent": "half", "time": 10.0}']
    assert "the cart stands at −2.41. Return of the episode: 100; the cart left the track." in left
    assert rows['{"agent": "old", "time": 10.0}'].endswith("Return of the episode: 500; time was up.")
    assert 'data-play="time" data-seconds=10.0' in picture.html


def test_cart_pole_wants_whole_episodes_in_order() -> None:
    good = episode("old", 501)
    with pytest.raises(ValueError, match="one angle for every position"):
        cart_pole.cart_pole_figure([good | {"angle": [0.0]}])
    with pytest.raises(ValueError, match="in the order of learning"):
        cart_pole.cart_pole_figure([good, episode("new", 11)])


def test_two_hand_worked_steps_of_matching_pennies() -> None:
    def second(way: str) -> tuple[float, float]:
        path = matching_pennies.learning_path(way, 0.05, (0.8, 0.5), 2)
        assert path[1].tolist() == pytest.approx([0.8, 0.44])  # only Odd has something to gain
        return tuple(path[2].tolist())

    assert second("simultaneous") == pytest.approx((0.788, 0.38))
    assert second("turns") == pytest.approx((0.788, 0.3824))  # answers 0.788
    assert second("optimistic") == pytest.approx((0.776, 0.38))  # Even's gradient twice, less 0


def test_in_turns_they_circle_at_once_they_part_optimists_settle() -> None:
    def distances(way: str) -> list[float]:
        path = matching_pennies.learning_path(way, 0.05, (0.7, 0.5), 200)
        return [math.dist(point, (0.5, 0.5)) for point in path]

    assert 0.18 < min(distances("turns")) < max(distances("turns")) < 0.222
    grown = [0.2 * (1 + 16 * 0.05**2) ** (t / 2) for t in range(30)]  # |1 + 4 i eta|^t
    assert distances("simultaneous")[:30] == pytest.approx(grown)
    assert distances("simultaneous")[-1] > 0.5
    assert distances("optimistic")[-1] < 0.01
    path = matching_pennies.learning_path("averaged", 0.05, (0.8, 0.5), 200)
    assert math.dist(np.mean(path, axis=0), (0.5, 0.5)) < 0.02


def test_the_sentences_of_matching_pennies() -> None:
    rows = rows_of(matching_pennies.matching_pennies_figure())
    assert rows[0][1].startswith("Learning both at once, step 200: p = 0.")
    averaged = [s for settings, s in rows if settings.get("way") == "both at once, averaged"]
    assert averaged and "was 0.30 and is 0.01" in averaged[0]
    assert rows[-1][1].endswith("was 0.00 and is 0.00. Even has won 0.00 a round on average.")
    agents = np.linspace([0.5, 0.9], [0.2, 0.1], 401)
    picture = matching_pennies.matching_pennies_figure(agents)
    ending = " Learners who see only their rewards came from 0.40 to 0.50."
    assert all(sentence.endswith(ending) for _, sentence in rows_of(picture))
    assert picture.html.count("],[") < 120  # 100 of 401 points
    with pytest.raises(ValueError, match="must be a path"):
        matching_pennies.matching_pennies_figure([0.5, 0.5])
