"""PPO on CartPole.

For every seed: PPO as the chapter sets it, without its clip, with steps far too long with and without the
clip, with three decays of the advantages, and with a task that calls running out of time a fall.
"""

from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv

from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import PPOSettings, train_ppo
from deepseek_book_utils.rl.rollouts import greedy_returns, mean_return, stable_from
from experiments.measuring import Stopwatch

TASK, SHORT, CONFUSED = "CartPole-v1", "book/ShortCartPole-v1", "book/Confused"
EVERY = 2_000  # steps between evaluations
CLOCK = 50  # steps of the short task
NO_CLIP = 1e9
TOO_FAR = PPOSettings(learning_rate=2e-2, epochs=20)


class ConfusedCartPole(CartPoleVectorEnv):
    """CartPole that says "the task is over" when only the clock has run out."""

    def step(self, action: np.ndarray) -> Any:
        found, rewards, terminated, truncated, info = super().step(action)
        return found, rewards, terminated | truncated, np.zeros_like(truncated), info


def register() -> None:
    """Tell gymnasium of the two clocks, each honest and confused."""
    honest = "gymnasium.envs.classic_control.cartpole:CartPoleVectorEnv"
    confused = "experiments.ch04.ppo:ConfusedCartPole"
    for name, entry, clock in (
        (SHORT, honest, CLOCK),
        (f"{CONFUSED}Short-v1", confused, CLOCK),
        (f"{CONFUSED}-v1", confused, 500),
    ):
        if name not in gymnasium.registry:
            gymnasium.register(name, vector_entry_point=entry, max_episode_steps=clock)


ARMS = {
    "default": (TASK, PPOSettings()),
    "no clip": (TASK, PPOSettings(clip_range=NO_CLIP)),
    "too far": (TASK, TOO_FAR),
    "too far, no clip": (TASK, replace(TOO_FAR, clip_range=NO_CLIP)),
    "decay 0": (TASK, PPOSettings(gae_decay=0.0)),
    "decay 1": (TASK, PPOSettings(gae_decay=1.0)),
    "clock is the end": (f"{CONFUSED}-v1", PPOSettings()),
    "short clock": (SHORT, PPOSettings()),
    "short clock is the end": (f"{CONFUSED}Short-v1", PPOSettings()),
}
SETTINGS = {name: {"task": task} | vars(settings) for name, (task, settings) in ARMS.items()}
SETTINGS |= {"every": EVERY, "short_clock": CLOCK}


def by_fours(values: list[float]) -> list[float]:
    """Means of four updates each."""
    return [sum(values[i : i + 4]) / 4 for i in range(0, len(values), 4)]


@torch.no_grad()
def promised_and_earned(network: ActorCritic, settings: PPOSettings) -> dict[str, float]:
    """What the critic says of 100 starts of the whole task, and what follows them: discounted returns."""
    starts = Environments(TASK, 100, seed=1).observations
    earned = greedy_returns(network.actor, TASK, 100, seed=1, discount=settings.discount)
    promised = network(starts)[1] / settings.reward_scale
    return {"promised": promised.mean().item(), "earned": earned.mean().item()}


def ppo_arm(task: str, settings: PPOSettings, seed: int) -> dict[str, Any]:
    """One training: 100 greedy episodes of the whole CartPole at fixed steps, and how far its updates went.

    Seconds are CPU seconds of training alone.
    """
    watch = Stopwatch()
    found: list[dict[str, float]] = []

    def look(steps: int, network: ActorCritic) -> None:
        if steps // EVERY > (found[-1]["steps"] if found else 0) // EVERY:
            seconds = watch.seconds()
            with watch.paused():
                earned = mean_return(network.actor, TASK)
            found.append({"steps": steps, "return": earned, "seconds": seconds})

    network, history = train_ppo(task, settings, seed, look)
    seconds = watch.seconds()
    stable = stable_from(found) or {"steps": float("nan"), "seconds": float("nan")}
    return {
        "returns": [row["return"] for row in found],
        "stable_steps": stable["steps"],
        "stable_seconds": stable["seconds"],
        "seconds": seconds,
        "kl": by_fours([row["kl"] for row in history]),
        "clipped": by_fours([row["clipped"] for row in history]),
    } | promised_and_earned(network, settings)


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed."""
    register()
    train_ppo(
        TASK, replace(PPOSettings(), total_steps=4_096), seed
    )  # what is only loaded once is not counted
    arms = {}
    for name, (task, settings) in ARMS.items():
        arms[name] = ppo_arm(task, settings, seed)
        told = {key: value for key, value in arms[name].items() if key != "kl"}
        print(f"seed {seed} {name}: {told}, mean kl {np.mean(arms[name]['kl']):.3g}", flush=True)
    return {"arms": arms}
