"""The hierarchy on a corridor: where options end, what is counted, what is refused."""

import numpy as np

from deepseek_book_utils.rl.teams.hierarchy import (
    Episode,
    HierarchySettings,
    Level,
    run_option,
    solved_share,
    train_hierarchy,
)
from tests.unit.rl.teams.corridor import Corridor

RIGHT = Level(6, 2)
RIGHT.logits[:, 1] = 50.0


def test_an_option_ends_at_its_subgoal_its_patience_or_the_end() -> None:
    task, rng = Corridor(), np.random.default_rng(0)
    still = HierarchySettings(learning_rate=1e-9, value_learning_rate=1e-9, patience=4, discount=0.5)
    run = run_option(task, RIGHT, task.subgoals[0], task.reset(), still, rng)
    assert (run.state, run.steps, run.reward, run.terminated) == (2, 2, 0.0, False)
    run = run_option(task, RIGHT, lambda state: False, task.reset(), still, rng)
    assert (run.state, run.steps, run.terminated) == (4, 4, False)
    run = run_option(task, RIGHT, lambda state: False, run.state, still, rng)
    assert (run.state, run.steps, run.reward, run.terminated) == (5, 1, 1.0, True)


def test_an_option_learns_from_its_own_reward() -> None:
    """The subgoal pays where the task does not; the task's reward does not reach an option."""
    for subgoal, better in ((0, True), (None, False)):
        task, level = Corridor(), Level(6, 2)
        test = task.subgoals[0] if subgoal is not None else (lambda state: False)
        rng = np.random.default_rng(0)
        for _ in range(60):
            run_option(task, level, test, task.reset(), HierarchySettings(patience=50), rng)
        assert (level.logits[1, 1] > level.logits[1, 0] + 1) == better


def test_a_potential_pays_the_way_back_too() -> None:
    """Two steps to the lamp, by hand: gamma Phi(s') - Phi(s), nothing at the end."""
    task, level = Corridor(), Level(6, 2)
    settings = HierarchySettings(learning_rate=1e-9, value_learning_rate=1.0, trace_decay=0.0, discount=0.5)
    level.logits[0, 1] = level.logits[1, 1] = 50.0
    heights = [0.0, 4.0, 7.0, 0.0, 0.0, 0.0]
    run_option(
        task, level, task.subgoals[0], task.reset(), settings, np.random.default_rng(0), heights.__getitem__
    )
    # V(0) = 0.5 * 4 - 0 + 0.5 V(1), V(1) = 1 + 0.5 * 0 - 4, one step each from values of zero
    assert level.values.tolist() == [2.0, -3.0, 0.0, 0.0, 0.0, 0.0]


def test_steps_of_both_levels_are_counted_once() -> None:
    _, options, history = train_hierarchy(Corridor(), HierarchySettings(total_steps=500), 0)
    assert len(options) == 2 and history[-1].steps >= 500 > history[-2].steps
    assert sum(episode.length for episode in history) == history[-1].steps
    assert solved_share(history) == 1.0 and history[-1].length < 12
    again = train_hierarchy(Corridor(), HierarchySettings(total_steps=500), 0)[2]
    assert again == history != train_hierarchy(Corridor(), HierarchySettings(total_steps=500), 1)[2]


def test_the_share_is_of_the_last_episodes() -> None:
    history = [Episode(i, 1, i >= 3, ()) for i in range(6)]
    assert (solved_share(history, 4), solved_share(history, 3)) == (0.75, 1.0)
