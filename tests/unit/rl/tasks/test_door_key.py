"""DoorKey as a table: the clock, what is closed, what is refused."""

import pytest

from deepseek_book_utils.rl.tasks.door_key import DoorKey


def test_only_the_clock_ends_an_idle_episode() -> None:
    task = DoorKey(0, size=5)
    assert task.reset() == task.start and task.clock == 250
    for _ in range(2):  # two episodes, each with a clock of its own
        told = [task.step(0) for _ in range(task.clock)]
        assert [step[3] for step in told] == [False] * (task.clock - 1) + [True]
        assert not any(step[1] or step[2] for step in told)
        assert task.reset() == task.start


def test_the_table_is_closed_and_nothing_is_lost() -> None:
    """Every state but the goal has its five ways; a key is never laid down; no goal without it."""
    task = DoorKey(1, size=6)
    goals = 0
    for state, ways in task.following.items():
        assert len(ways) == 5
        for following, over in ways:
            assert over or following in task.following
            assert task.subgoals[0](following) >= task.subgoals[0](state)
            assert over == task.subgoals[2](following)
            assert not over or task.subgoals[0](following)
            goals += over
    assert goals > 0


def test_subgoals_have_names() -> None:
    for wrong in ((), ("key", "lamp")):
        with pytest.raises(ValueError, match="take some of"):
            DoorKey(0, subgoals=wrong)
