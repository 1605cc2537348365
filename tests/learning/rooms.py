"""A game for learners, so small that it is learned in seconds and so sly that a broken one cannot.

Three rooms, a lamp in each, on or off by chance: it names the door that leads on. The last right door leads
to the treasure, 1. A wrong door pays 0.2 at once and ends the game, with the last room in view:

- a learner that does not look ahead takes the 0.2;
- a learner of Q-values that counts on something behind the end takes it too, for the sake of the view;
- a learner with the wrong sign earns 0.2, chance earns 0.3, the right way 1.

Name it with its module, `tests.learning.rooms:Rooms-v0`: then other processes find it as well.
"""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from torch import Tensor

from deepseek_book_utils.rl.rollouts import greedy_returns

ROOMS = "tests.learning.rooms:Rooms-v0"
COUNT, SOON = 3, 0.2
BAR = 0.95  # of 1: one lost game in sixteen is too many


class Rooms(VectorEnv):
    """`num_envs` copies; observations are (N, 4): 1 at the room where one is, then the lamp, -1 or 1."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, num_envs: int = 1, **_: Any) -> None:
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = Box(-1, 1, (COUNT + 1,)), Discrete(2)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.place, self.ended = np.zeros(num_envs, int), np.zeros(num_envs, bool)

    def look(self) -> NDArray:
        self.lamp = self.np_random.integers(2, size=self.num_envs)
        return np.column_stack((np.eye(COUNT)[self.place], 2 * self.lamp - 1)).astype(np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray, dict]:
        super().reset(seed=seed)
        self.place[:], self.ended[:] = 0, False
        return self.look(), {}

    def step(self, actions: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray, dict]:
        right = actions == self.lamp
        playing, there = ~self.ended, self.place == COUNT - 1
        rewards = playing * np.where(right, 1.0 * there, SOON)
        terminated = playing & (there | ~right)
        following = np.where(right & ~there, self.place + 1, COUNT - 1)
        self.place = np.where(playing, following, 0)
        self.ended = terminated
        return self.look(), rewards, terminated, np.zeros(self.num_envs, bool), {}


gymnasium.register("Rooms-v0", vector_entry_point=Rooms)


def mean_return(scores: Callable[[Tensor], Tensor]) -> float:
    """What whole games earn if the door of the highest score is taken."""
    return greedy_returns(scores, ROOMS, episodes=200, seed=1000).mean().item()


SMALL_A2C = {
    "total_steps": 16 * 2 * 300,
    "environments": 16,
    "rollout_steps": 2,
    "hidden": (32,),
    "learning_rate": 5e-3,
    "discount": 0.95,
    "reward_scale": 1.0,
    "entropy_weight": 0.02,
}
