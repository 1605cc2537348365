"""What two levels are worth on MiniGrid's DoorKey, beside a flat agent with as many steps.

For every seed, which draws a floor plan: the hierarchy with three subgoals; the same program with the goal
alone, which is a flat agent; and that flat agent with what the hierarchy knows, the two facts, as a potential
that shapes its reward.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from deepseek_book_utils.rl.tasks.door_key import DoorKey
from deepseek_book_utils.rl.teams.hierarchy import (
    HierarchySettings,
    no_potential,
    solved_share,
    train_hierarchy,
)
from experiments.measuring import Stopwatch

SIZE = 16
HEIGHT = 0.5  # of the potential, for each fact that holds
HIERARCHY = HierarchySettings()
FLAT = replace(HIERARCHY, patience=10 * SIZE**2)  # the clock of the task: nothing is cut
SETTINGS = {"hierarchy": HIERARCHY, "flat": FLAT, "size": SIZE, "height": HEIGHT}


def facts_held(task: DoorKey, state: int) -> float:
    """HEIGHT for the key in hand, and as much for the open door."""
    opened, held = divmod(task.fact(state), 2)
    return HEIGHT * (opened + held)


def run_seed(seed: int) -> dict[str, Any]:
    """Three agents on one floor plan; seconds are CPU seconds on one thread."""
    found: dict[str, Any] = {}
    for name, subgoals, settings, shaped in (
        ("hierarchy", ("key", "door", "goal"), HIERARCHY, False),
        ("flat", ("goal",), FLAT, False),
        ("shaped", ("goal",), FLAT, True),
    ):
        watch, task = Stopwatch(), DoorKey(seed, SIZE, subgoals)
        potential: Callable[[int], float] = partial(facts_held, task) if shaped else no_potential
        history = train_hierarchy(task, settings, seed, potential)[2]
        found[name] = {
            "solved": solved_share(history),
            "episodes": len(history),
            "goals": sum(episode.solved for episode in history),
            "length": sum(episode.length for episode in history[-20:]) / len(history[-20:]),
            "first": next((episode.steps for episode in history if episode.solved), None),
            "seconds": watch.seconds(),
        }
    print(f"seed {seed}: {found}", flush=True)
    return found
