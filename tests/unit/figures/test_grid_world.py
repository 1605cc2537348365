"""Walks over grids: what is kept of a task, and what the figure says of it, against walks by hand."""

from typing import Any

import gymnasium
import pytest

from deepseek_book_utils.figures.ch02.grid_world import Walks, grid_world_figure
from tests.unit.figures.test_rl import rows_of

RIGHT, DOWN, UP = 1, 2, 0


def walked(episodes: list[list[int]]) -> Walks:
    """The cliff under these actions, then straight over the brink until 100 episodes are kept."""
    walks = Walks(gymnasium.make("CliffWalking-v1", max_episode_steps=3))
    for actions in episodes + [[UP, RIGHT, DOWN]] * (100 - len(episodes)):
        walks.reset(seed=0)
        for action in actions:
            walks.step(action)
    return walks


def said(walks: Walks, **settings: Any) -> str:
    cliff = ["." * 12] * 3 + ["S" + "C" * 10 + "G"]
    rows = rows_of(grid_world_figure({"The cliff": (cliff, walks)}))
    return next(sentence for found, sentence in rows if found == settings)


def test_a_walk_keeps_places_and_rewards() -> None:
    walks = walked([[UP, RIGHT], [UP, RIGHT, DOWN]])
    assert walks.episodes[0] == ([36, 24, 25], [-1.0, -1.0])
    assert walks.episodes[1] == ([36, 24, 25, 36], [-1.0, -1.0, -100.0])  # back to the start
    assert walks.observation_space.n == 48 and walks.action_space.n == 4


def test_the_figure_tells_steps_rewards_and_falls() -> None:
    walks = walked([[UP, RIGHT]])
    first = said(walks, world="The cliff", stage="first episode", step=100)
    assert first == (
        "The cliff, first episode (1 of 100), step 2 of 2: row 3, column 2 (time was up). "
        "Sum of rewards: −2; falls: 0."
    )
    last = said(walks, world="The cliff", stage="last episode", step=100)
    assert last == (
        "The cliff, last episode (100 of 100), step 3 of 3: row 4, column 1 (time was up). "
        "Sum of rewards: −102; falls: 1."
    )
    assert said(walks).endswith("step 0 of 3: row 4, column 1. Sum of rewards: 0; falls: 0.")


def test_a_long_walk_is_cut_and_says_so() -> None:
    walks = walked([])
    walks.episodes[0] = ([36] + [24] * 150, [-1.0] * 150)
    sentence = said(walks, world="The cliff", stage="first episode", step=100)
    assert "step 100 of 100: row 3, column 1 (so far: the episode has 150 steps)" in sentence


def test_too_few_episodes_are_refused() -> None:
    walks = walked([])
    del walks.episodes[50:]
    with pytest.raises(ValueError, match="at least 100 episodes, got 50"):
        said(walks)
