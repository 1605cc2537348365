"""What a learning rate that follows the KL divergence is worth to PPO on CartPole-v1.

For every seed: the returns of 100 greedy episodes through training, with the chosen learning rate and with
one far too small, which stays, falls, or follows the KL divergence.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import PPOSettings, judge_rollout, ppo_update
from deepseek_book_utils.rl.rollouts import collect, mean_return

TASK, LOOKS = "CartPole-v1", 10  # evaluations in a training
TARGET_KL = 0.01  # how far the policy should move in an update: the size that the rate is adapted to
RATES = {"chosen": PPOSettings().learning_rate, "too small": 1e-4}
SETTINGS = {"ppo": PPOSettings(), "rates": RATES, "target_kl": TARGET_KL}


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
    updates = settings.total_steps // (settings.environments * settings.rollout_steps)
    factor, kl = 1.0, TARGET_KL
    returns: list[float] = []
    for update in range(updates):
        factor = rule(factor, kl, update / updates)
        optimizer.param_groups[0]["lr"] = factor * settings.learning_rate
        rollout = collect(envs, network.actor, settings.rollout_steps, generator)
        rows = judge_rollout(network, rollout, envs.observations, settings)
        kl = ppo_update(network, optimizer, rows, settings, generator).kl.item()
        if update + 1 >= (len(returns) + 1) * updates / LOOKS:
            returns.append(mean_return(network.actor, TASK))
    return returns


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed: the returns of each."""
    found = {
        f"{name}, {rule.__name__}": ppo_curve(replace(PPOSettings(), learning_rate=rate), rule, seed)
        for name, rate in RATES.items()
        for rule in (stays, falls, follows)
    }
    print(f"seed {seed}: {found}", flush=True)
    return found
