"""The hierarchy on a corridor: where options end, what is counted, what is refused."""

from typing import NamedTuple

import numpy as np
import pytest

from deepseek_book_utils.rl.teams import hierarchy
from deepseek_book_utils.rl.teams.hierarchy import (
    Episode,
    HierarchySettings,
    Level,
    Move,
    drawn,
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


def test_what_is_not_offered_is_never_chosen() -> None:
    """Odds 1 : 2 : 4 : 1, of which the second and the last may be chosen."""
    level, rng = Level(2, 4), np.random.default_rng(0)
    level.logits[1] = 1000 + np.log([1.0, 2.0, 4.0, 1.0])  # as large as it likes: only odds count
    offered = np.array([False, True, False, True])
    assert level.probabilities(1) == pytest.approx([1 / 8, 1 / 4, 1 / 2, 1 / 8])
    assert level.probabilities(1, offered) == pytest.approx([0, 2 / 3, 0, 1 / 3])
    shares = np.bincount([level.act(1, rng, offered) for _ in range(3000)], minlength=4) / 3000
    assert shares == pytest.approx([0, 2 / 3, 0, 1 / 3], abs=0.03) and shares[0] == shares[2] == 0
    free = np.bincount([level.act(1, rng) for _ in range(3000)], minlength=4) / 3000
    assert free == pytest.approx([1 / 8, 1 / 4, 1 / 2, 1 / 8], abs=0.03)


def test_a_level_begins_without_a_wish_and_may_become_sure() -> None:
    level = Level(3, 2)
    assert not level.logits.any() and not level.values.any()
    level.logits[1] = (0.0, 5000.0)
    assert level.probabilities(1).tolist() == [0.0, 1.0]


def test_a_draw_falls_among_the_sums_whatever_the_last_is() -> None:
    class Dice:
        def random(self) -> float:
            return 0.75

    for sums, action in (([0.2, 0.4], 1), ([1.0, 2.0], 1), ([0.32, 0.36, 0.4], 0), ([0.5, 1.0, 4.0], 2)):
        assert drawn(sums, Dice()) == action


class Told(NamedTuple):
    level: Level
    moves: list[Move]
    last_value: float
    values: np.ndarray


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """What every level is told to learn from, in turn; each learns it as well."""
    told, learn = [], hierarchy.policy_gradient

    def listening(level, moves, last_value, settings):
        told.append(Told(level, list(moves), last_value, level.values.copy()))
        learn(level, moves, last_value, settings)

    monkeypatch.setattr(hierarchy, "policy_gradient", listening)
    return told


def test_the_upper_level_decides_once_an_option_and_discounts_its_steps(lessons) -> None:
    settings = HierarchySettings(total_steps=400, patience=7, discount=0.9)
    upper, options, history = train_hierarchy(Corridor(), settings, 3)
    above = [told for told in lessons if told.level is upper]
    below = [told for told in lessons if told.level is not upper]
    assert len(above) == len(history) and sum(len(told.moves) for told in above) == len(below)
    runs = iter(below)
    for told, episode in zip(above, history, strict=True):
        assert episode.options == tuple(move.action for move in told.moves)
        length, ends = 0, 0.0
        for move in told.moves:
            run = next(runs)
            k, first = len(run.moves), run.moves[0].state
            assert run.level is options[move.action] and 1 <= k <= 7
            assert move.discount == pytest.approx(0.9**k) and move.state == int(first >= 2)
            assert move.offered.tolist() == [first != 2, True]  # nobody begins where the task is over
            length, ends = length + k, 0.9 ** (k - 1)
        # the task pays 1 at its end, which the last option reached
        rewards = [move.reward for move in told.moves]
        assert rewards == pytest.approx([0.0] * (len(rewards) - 1) + [ends * episode.solved])
        assert episode.length == length and (told.last_value == 0.0 or not episode.solved)
    assert all(episode.solved for episode in history)


def test_what_follows_the_patience_of_an_option_is_its_critics_guess(lessons) -> None:
    task, level, rng = Corridor(), Level(6, 2), np.random.default_rng(0)
    level.logits[:, 1], level.values[:] = 50.0, 0.25
    settings = HierarchySettings(patience=3, learning_rate=1e-9, value_learning_rate=1e-9)
    run_option(task, level, lambda state: False, task.reset(), settings, rng)  # stops at 3
    run_option(task, level, lambda state: state == 4, 3, settings, rng)  # reached
    run_option(task, level, lambda state: False, 4, settings, rng)  # the task is over
    assert [told.last_value for told in lessons] == [pytest.approx(0.25), 0.0, 0.0]
    assert [[move.reward for move in told.moves] for told in lessons] == [[0, 0, 0], [1], [0]]
    assert all(move.discount == settings.discount for told in lessons for move in told.moves)


def test_where_the_clock_ends_an_episode_the_upper_level_guesses_the_rest(lessons) -> None:
    class Shift(Corridor):
        """A wage of 1 a step, for three steps; the upper level sees nothing."""

        facts = 1

        def fact(self, state: int) -> int:
            return 0

        def step(self, action: int) -> tuple[int, float, bool, bool]:
            place, _, over, _ = super().step(action)
            return place, 1.0, over, self.steps >= 3 and not over

    settings = HierarchySettings(total_steps=30, patience=2, discount=0.5)
    upper, _, history = train_hierarchy(Shift(), settings, 0)
    assert len(history) == 10 and {(e.length, e.solved) for e in history} == {(3, False)}
    above = [told for told in lessons if told.level is upper]
    assert [told.last_value for told in above] == [told.values[0] for told in above]
    assert above[1].last_value > 0
    for told in above:  # 1 + 0.5 for two steps of an option, 1 for one
        assert all(move.reward == 2 - 2 * move.discount for move in told.moves)
    assert solved_share(history) == 0.0
