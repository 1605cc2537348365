"""A key, a locked door, a goal behind it: one floor plan of MiniGrid's DoorKey, as
numbered states (Chevalier-Boisvert et al., arXiv 2306.13831).

A state is where the agent stands and looks, whether it holds the key, and whether the
door is open. Only the goal pays. The seed draws the floor plan and the start, and all
episodes of a task share them. The actions *drop* and *done* are left out.

MiniGrid carries out every action once in every state that can be reached; what follows
is written into a table. A step of an episode is then a look into the table, which takes
far less time than a step of MiniGrid: that draws what the agent sees.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # MiniGrid loads pygame
import minigrid  # noqa: E402, F401  registers its tasks with gymnasium
from minigrid.core.world_object import Door, Key  # noqa: E402

USED = (0, 1, 2, 3, 5)  # turn left, turn right, forward, pick up, toggle


def make_room(size: int) -> Any:
    """MiniGrid's task without gymnasium's wrappers, whose parts can be moved."""
    return gymnasium.make(f"MiniGrid-DoorKey-{size}x{size}-v0").unwrapped


class FloorPlan:
    """A room of MiniGrid that can be put into any of its states."""

    def __init__(self, seed: int, size: int) -> None:
        self.size, self.env = size, make_room(size)
        self.env.reset(seed=seed)
        self.env.gen_obs = dict  # nobody looks: drawing takes most of a step's time
        things = self.env.grid.grid
        (self.door,) = (thing for thing in things if isinstance(thing, Door))
        (self.key,) = (thing for thing in things if isinstance(thing, Key))
        self.key_place = divmod(things.index(self.key), size)[::-1]  # column, row

    def state(self) -> int:
        """(door, key, direction, row, column) as one number."""
        column, row = self.env.agent_pos
        facts = 2 * self.door.is_open + (self.env.carrying is not None)
        return int(
            ((facts * 4 + self.env.agent_dir) * self.size + row) * self.size + column
        )

    def put(self, state: int) -> None:
        """The other way: from the number to the room."""
        rest, column = divmod(state, self.size)
        rest, row = divmod(rest, self.size)
        facts, direction = divmod(rest, 4)
        opened, held = facts >= 2, facts % 2 == 1
        self.env.agent_pos, self.env.agent_dir = (column, row), direction
        self.env.carrying = self.key if held else None
        self.env.grid.set(*self.key_place, None if held else self.key)
        self.door.is_open, self.door.is_locked = opened, not opened
        self.env.step_count = 0

    def table(self) -> dict[int, list[tuple[int, bool]]]:
        """For every state that can be reached from this one, and each of the five
        actions: the next state, and whether the goal is reached.
        """
        found: dict[int, list[tuple[int, bool]]] = {}
        waiting = [self.state()]
        while waiting:
            state = waiting.pop()
            if state in found:
                continue
            found[state] = []
            for action in USED:
                self.put(state)
                over = self.env.step(action)[2]
                found[state].append((self.state(), over))
                if not over:
                    waiting.append(self.state())
        return found


class DoorKey:
    """The task; `subgoals` names those of key, door and goal that an agent is given."""

    actions = len(USED)
    facts = 4  # key held or not, door open or not

    def __init__(
        self,
        seed: int,
        size: int = 16,
        subgoals: tuple[str, ...] = ("key", "door", "goal"),
    ) -> None:
        tests: dict[str, Callable[[int], bool]] = {
            "key": lambda state: self.fact(state) % 2 == 1,
            "door": lambda state: self.fact(state) >= 2,
            "goal": lambda state: state % (size * size) == (size - 2) * (size + 1),
        }
        unknown = [name for name in subgoals if name not in tests]
        if unknown or not subgoals:
            raise ValueError(f"subgoals = {subgoals}: take some of {tuple(tests)}.")
        self.subgoals: Sequence[Callable[[int], bool]] = [
            tests[name] for name in subgoals
        ]
        plan = FloorPlan(seed, size)
        self.size, self.states = size, 16 * size * size
        self.start, self.clock = plan.state(), int(plan.env.max_steps)
        self.following = plan.table()
        self.here, self.steps = self.start, 0

    def reset(self) -> int:
        """The same floor plan and start every time."""
        self.here, self.steps = self.start, 0
        return self.here

    def step(self, action: int) -> tuple[int, float, bool, bool]:
        """Carry out one of the five actions; the reward is 1 at the goal."""
        self.here, terminated = self.following[self.here][action]
        self.steps += 1
        return self.here, float(terminated), terminated, self.steps >= self.clock

    def fact(self, state: int) -> int:
        """Key held (1) and door open (2), as a sum."""
        return state // (4 * self.size * self.size)
