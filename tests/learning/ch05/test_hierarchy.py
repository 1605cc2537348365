"""On a floor plan of DoorKey two levels must find the goal, and hold it.

Options that are paid for the goal alone fell short on the first two seeds (.65 and .20). With the sign of the
critic turned, the tables overflow.
"""

import pytest

from deepseek_book_utils.records import TEST_SEEDS
from deepseek_book_utils.rl.tasks.door_key import DoorKey
from deepseek_book_utils.rl.teams.hierarchy import HierarchySettings, solved_share, train_hierarchy


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:5])
def test_two_levels_find_the_goal(seed: int) -> None:
    settings = HierarchySettings()
    history = train_hierarchy(DoorKey(seed), settings, seed)[2]
    print(solved_share(history), history[-1])
    assert solved_share(history) >= 0.9
    # door, then goal; on the way to the door the key is picked up, by an option of its own or not
    assert all(episode.options[-2:] == (1, 2) for episode in history[-5:])
