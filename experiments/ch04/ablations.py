"""Record what five habits are worth on CartPole-v1, one at a time: `make claims` (two processes, minutes).

For every seed: the returns of 100 greedy episodes through training. DQN with a long memory, with the last
16 steps only, and without a target network; A2C that looks 1, 4, 32 or 128 steps ahead, with equally many
rows an update; A2C with three weights of the entropy; PPO with the chosen learning rate and with one far too
small, which stays, falls, or follows the KL divergence.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    train_a2c,
)
from deepseek_book_utils.rl.policy.ppo import PPOSettings, judge_rollout, ppo_update
from deepseek_book_utils.rl.rollouts import collect, mean_return
from deepseek_book_utils.rl.value.dqn import DQNSettings, train_dqn
from deepseek_book_utils.rl.value.targets import HardTarget
from experiments.ch02.rl import plain
from experiments.recording import record

SOURCES = ["deepseek_book_utils/rl", "experiments/ch04/ablations.py"]
TASK, LOOKS = "CartPole-v1", 10  # evaluations in a training
ROWS = A2CSettings().environments * A2CSettings().steps  # of an update of A2C
TARGET_KL = 0.01  # how far the policy should move in an update: the size that the rate is adapted to
MEMORY = {
    "the last 50,000": DQNSettings(),
    "the last 512": DQNSettings(capacity=512, learning_starts=512),
    "no target network": DQNSettings(target=partial(HardTarget, every=1)),
}
AHEAD = {str(n): A2CSettings(steps=n, environments=ROWS // n) for n in (1, 4, 32, 128)}
ENTROPY = {str(weight): A2CSettings(entropy_weight=weight) for weight in (0.0, 0.01, 0.05)}
RATES = {"chosen": 2e-3, "too small": 1e-4}


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


def stays(rate: float, kl: float, done: float) -> float:
    """The rate that a training began with."""
    return 1.0


def falls(rate: float, kl: float, done: float) -> float:
    """Half a cosine."""
    return cosine(round(1000 * done), 1000)


def follows(rate: float, kl: float, done: float) -> float:
    """Smaller where the last update moved the policy too far, larger where it hardly moved."""
    if kl > 2 * TARGET_KL:
        return rate / 1.5
    return rate * 1.5 if kl < TARGET_KL / 2 else rate


def ppo_curve(settings: PPOSettings, rule: Callable[[float, float, float], float], seed: int) -> list[float]:
    """Returns through a training of PPO.

    The rule says by what the rate is multiplied next, given the last factor, the KL divergence of the last
    update and the share that is done.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    envs = Environments(TASK, settings.environments, seed)
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-5, fused=True)
    updates = settings.total_steps // (settings.environments * settings.steps)
    factor, kl = 1.0, TARGET_KL
    returns: list[float] = []
    for update in range(updates):
        factor = rule(factor, kl, update / updates)
        optimizer.param_groups[0]["lr"] = factor * settings.learning_rate
        rollout = collect(envs, network.actor, settings.steps, generator)
        rows = judge_rollout(network, rollout, envs.observations, settings)
        kl = ppo_update(network, optimizer, rows, settings, generator).kl.item()
        if update + 1 >= (len(returns) + 1) * updates / LOOKS:
            returns.append(mean_return(network.actor, TASK))
    return returns


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed: the returns of each."""
    found: dict[str, Any] = {"memory": {name: dqn_curve(arm, seed) for name, arm in MEMORY.items()}}
    found["ahead"] = {name: a2c_curve(arm, seed) for name, arm in AHEAD.items()}
    found["entropy"] = {name: a2c_curve(arm, seed) for name, arm in ENTROPY.items()}
    found["rate"] = {
        f"{name}, {rule.__name__}": ppo_curve(replace(PPOSettings(), learning_rate=rate), rule, seed)
        for name, rate in RATES.items()
        for rule in (stays, falls, follows)
    }
    print(f"seed {seed}: {found}", flush=True)
    return found


def main() -> None:
    """Run the seeds and write the record."""
    arms: dict[str, dict[str, Any]] = {"memory": MEMORY, "ahead": AHEAD, "entropy": ENTROPY}
    settings: dict[str, Any] = {
        name: {key: plain(arm) for key, arm in group.items()} for name, group in arms.items()
    }
    settings |= {"ppo": plain(PPOSettings()), "rates": RATES, "target_kl": TARGET_KL}
    record("ablations", run_seed, settings, SOURCES, __doc__)


if __name__ == "__main__":
    main()
