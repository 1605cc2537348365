"""What four of five habits are worth on CartPole-v1, one at a time; `rates` has the fifth.

For every seed: the returns of 100 greedy episodes through training. DQN with a long memory, with the last
16 steps only, and without a target network; A2C that looks 1, 4, 32 or 128 steps ahead, with equally many
rows an update; A2C with three weights of the entropy.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    train_a2c,
)
from deepseek_book_utils.rl.rollouts import mean_return
from deepseek_book_utils.rl.value.dqn import DQNSettings, train_dqn
from deepseek_book_utils.rl.value.targets import HardTarget

TASK, LOOKS = "CartPole-v1", 10  # evaluations in a training
ROWS = A2CSettings().environments * A2CSettings().rollout_steps  # of an update of A2C
MEMORY = {
    "the last 50,000": DQNSettings(),
    "the last 512": DQNSettings(capacity=512, learning_starts=512),
    "no target network": DQNSettings(target=partial(HardTarget, every=1)),
}
AHEAD = {str(n): A2CSettings(rollout_steps=n, environments=ROWS // n) for n in (1, 4, 32, 128)}
ENTROPY = {str(weight): A2CSettings(entropy_weight=weight) for weight in (0.0, 0.01, 0.05)}
SETTINGS = {"memory": MEMORY, "ahead": AHEAD, "entropy": ENTROPY}


def dqn_curve(settings: DQNSettings, seed: int) -> list[float]:
    """Returns through a training of DQN."""
    settings = replace(settings, evaluate_every=settings.updates // LOOKS)
    return [row["return"] for row in train_dqn(TASK, settings, seed)[1]]


def a2c_curve(settings: A2CSettings, seed: int) -> list[float]:
    """Returns through a training of A2C."""
    returns: list[float] = []

    def look(steps: int, network: ActorCritic) -> None:
        if steps >= (len(returns) + 1) * settings.total_steps / LOOKS or steps + ROWS > settings.total_steps:
            returns.append(mean_return(network.actor, TASK))

    train_a2c(TASK, settings, seed, look)
    return returns


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed: the returns of each."""
    found: dict[str, Any] = {"memory": {name: dqn_curve(arm, seed) for name, arm in MEMORY.items()}}
    found["ahead"] = {name: a2c_curve(arm, seed) for name, arm in AHEAD.items()}
    found["entropy"] = {name: a2c_curve(arm, seed) for name, arm in ENTROPY.items()}
    print(f"seed {seed}: {found}", flush=True)
    return found
