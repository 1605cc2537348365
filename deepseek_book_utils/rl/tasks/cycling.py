"""A ride on a road with bends: the task on which a learned reward can be caught lying,
because its true reward is a rule that costs nothing to ask.

A cyclist rides a circuit of two straights and two bends. Fast is good, until the tyres
slide: at speed v a bend of curvature k asks for the sideways acceleration v^2 k, and
tyres give only so much. The rule pays for speed and charges for the slide.

Importing this module registers the task with gymnasium.

Left out: falling off (a slide costs, it does not end the ride), steering, hills, wind.
"""

import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from torch import Tensor

from ..environments import Environments, Step, check_observations
from ..rollouts import collect

RIDE = "BookRide-v0"  # gymnasium's name for the task
GAINS = (-2.0, 0.0, 1.0)  # brake, roll, pedal: m/s gained in a step
STEP_SECONDS = 0.5
DRAG = 0.005  # of v^2, in m/s a step: pedalling alone ends near sqrt(1/DRAG) = 14 m/s
CIRCUIT = 160.0  # metres: bend, straight, bend, straight, 40 m each
TIGHTEST = 0.1  # largest curvature, 1/m: a radius of 10 m
GRIP = 5.0  # m/s^2: in the tightest bend the tyres slide above 7.1 m/s
SLIDE_COST = 3.0  # of asking twice what the tyres give: no speed is worth it for long
AHEAD = (10.0, 20.0, 30.0)  # metres: how far ahead the rider looks


def curvature(place: float) -> float:
    """Curvature of the road in 1/m, `place` metres after the start line."""
    return TIGHTEST * max(0.0, math.sin(4 * math.pi * place / CIRCUIT)) ** 2


def ride_step(observations: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
    """The speed in m/s after an action, and by which share the bend then asks for more
    than the tyres give: (..., 5) and (...) -> (...) and (...).

    Raises ValueError on observations of another size.
    """
    check_observations(observations, 2 + len(AHEAD))
    before, curve = 10 * observations[..., 0], TIGHTEST * observations[..., 1]
    gained = torch.tensor(GAINS)[actions] - DRAG * before**2
    speed = (before + gained).clamp(min=0.0)
    return speed, (speed**2 * curve / GRIP - 1).clamp(min=0.0)


def ride_rule(observations: Tensor, actions: Tensor) -> Tensor:
    """The true reward of observations (..., 5) and actions (...), as the task pays it:
    0.1 for every m/s, less 3 times the slide of `ride_step`.
    """
    speed, slide = ride_step(observations, actions)
    return speed / 10 - SLIDE_COST * slide


class Ride(gymnasium.Env[np.ndarray, Any]):
    """One cyclist. Observations (5,): the speed over 10 m/s; the curvature over 0.1/m
    here, and 10, 20 and 30 m ahead. Actions: 0 brake, 1 roll, 2 pedal.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (gymnasium's own)

    def __init__(self) -> None:
        self.observation_space = Box(0.0, 2.0, (2 + len(AHEAD),), np.float32)
        self.action_space = Discrete(len(GAINS))
        self.speed = self.place = 0.0  # m/s, m

    def _seen(self) -> np.ndarray:
        curves = (curvature(self.place + far) / TIGHTEST for far in (0.0, *AHEAD))
        return np.array((self.speed / 10, *curves), dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.speed, self.place = self.np_random.uniform((0.0, 0.0), (4.0, CIRCUIT))
        return self._seen(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        curve = curvature(self.place)
        gained = GAINS[action] - DRAG * self.speed**2
        self.speed = max(0.0, self.speed + gained)
        slide = max(0.0, self.speed**2 * curve / GRIP - 1)
        self.place += STEP_SECONDS * self.speed
        reward = self.speed / 10 - SLIDE_COST * slide  # as ride_rule, without torch
        return self._seen(), reward, False, False, {}


if RIDE not in gymnasium.registry:
    # its checks on every step cost as much as the step; a test makes them once
    entry = f"{__name__}:Ride"
    gymnasium.register(RIDE, entry, max_episode_steps=100, disable_env_checker=True)


def beginner_rides(steps: int, seed: int) -> Step:
    """Rides of 16 beginners who choose without a look, (steps, 16, ...): they are slow,
    because a brake takes more speed than a turn of the pedals gives.
    """
    generator = torch.Generator().manual_seed(seed)
    envs = Environments(RIDE, 16, seed)
    return collect(envs, lambda o: torch.zeros(len(o), len(GAINS)), steps, generator)


@torch.no_grad()
def ride_once(
    actor: Callable[[Tensor], Tensor], seed: int = 0, steps: int = 100
) -> list[tuple[float, float]]:
    """One ride, actions drawn from the policy: (metres where a step begins, its speed
    in m/s), as the rule reads them, once round from the start line on or for `steps`.

    actor: an observation (5,) -> logits (3,). It starts at 4 m/s and 60 m before the
    line, which it may take `steps` to reach.
    """
    env, path = Ride(), list[tuple[float, float]]()
    env.speed, env.place, taken = 4.0, -60.0, 0
    seen, generator = env._seen(), torch.Generator().manual_seed(seed)
    while env.place < CIRCUIT and len(path) < steps and taken < 2 * steps:
        place, chances = env.place, actor(torch.as_tensor(seen)).softmax(dim=-1)
        seen = env.step(int(torch.multinomial(chances, 1, generator=generator)))[0]
        taken += 1
        if place >= 0:
            path.append((place, env.speed))
    return path


def slides(place: float, speed: float) -> bool:
    """Whether a step that begins at `place` (m) and goes at `speed` (m/s) slides."""
    return speed**2 * curvature(place) > GRIP
