"""On a floor plan of DoorKey two levels must find the goal where one does not, with as many steps.

Without rewards of their own for the options, or with a critic of the wrong sign, the hierarchy is as lost.
"""

import pytest

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.tasks.door_key import DoorKey
from deepseek_book_utils.rl.teams.hierarchy import HierarchySettings, solved_share, train_hierarchy


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:5])
def test_two_levels_find_the_goal(seed: int) -> None:
    settings = HierarchySettings()
    upper, _, history = train_hierarchy(DoorKey(seed), settings, seed)
    print(solved_share(history), history[-1])
    assert solved_share(history) >= 0.9
    assert [int(upper.logits[fact].argmax()) for fact in (0, 1, 3)] == [0, 1, 2]  # key, door, goal
