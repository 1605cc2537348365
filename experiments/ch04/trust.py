"""TRPO and the private policy gradient.

For every seed: a TRPO training on CartPole-v1 with its steps; private trainings with ever more noise, of a
policy with ten weights, of one with thousands, and with four times the users; beside them trainings that only
clip, or do not even clip.
"""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.private_policy import PrivateSettings, train_private
from deepseek_book_utils.rl.policy.trpo import TRPOSettings, train_trpo
from deepseek_book_utils.rl.rollouts import greedy_returns
from deepseek_book_utils.rl.tasks.users import cart_pole_users, play_cart_poles
from experiments.measuring import Stopwatch

TASK, EVERY = "CartPole-v1", 4  # updates between evaluations
NOISES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
FEW = PrivateSettings()
ARMS = {
    "few": FEW,
    "many": replace(FEW, hidden=(64, 64), learning_rate=0.01),  # weights
    "crowd": replace(FEW, users=4 * FEW.users),
}
SETTINGS = {"trpo": TRPOSettings(), **ARMS}
STRANGERS = 10_000  # seed of the users on whom policies are judged; nobody learns from them


def trpo_arm(seed: int) -> dict[str, Any]:
    """One training of TRPO: returns on the way, and what became of every step."""
    settings, curve, watch = TRPOSettings(), [], Stopwatch()

    def look(steps: int, network: ActorCritic) -> None:
        if steps // (settings.environments * settings.rollout_steps) % EVERY == 0:
            seconds = watch.seconds()
            with watch.paused():
                earned = greedy_returns(network.actor, TASK, episodes=100, seed=1000).mean().item()
            curve.append({"steps": steps, "return": earned, "seconds": seconds})

    network, history = train_trpo(TASK, settings, seed, look)
    seconds = watch.seconds()
    final = greedy_returns(network.actor, TASK, episodes=100, seed=1000).mean().item()
    bad = [i for i, row in enumerate(curve) if row["return"] < 475]
    stable = curve[bad[-1] + 1 if bad else 0] if not bad or bad[-1] + 1 < len(curve) else {}
    return {
        "steps": [row["steps"] for row in curve],
        "returns": [row["return"] for row in curve],
        "final": final,
        "stable_steps": stable.get("steps", math.nan),
        "stable_seconds": stable.get("seconds", math.nan),
        "seconds": seconds,
        "kl": [row["kl"] for row in history],
        "share": [row["share"] for row in history],
        "gain": [row["gain"] for row in history],
    }


def private_arm(settings: PrivateSettings, seed: int) -> dict[str, float]:
    """One private training: what strangers earn with its policy, and what it has spent."""
    play = partial(play_cart_poles, cart_pole_users(settings.users, seed))
    actor, epsilon = train_private(play, 4, 2, settings, seed)
    users, generator = torch.arange(200), torch.Generator().manual_seed(seed)
    strangers = cart_pole_users(200, STRANGERS + seed)
    judged = play_cart_poles(strangers, users, actor, generator, greedy=True)
    return {
        "return": judged.rewards.sum(dim=1).mean().item(),
        "epsilon": epsilon if math.isfinite(epsilon) else math.nan,
    }


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    found: dict[str, Any] = {"trpo": trpo_arm(seed)}
    for name, settings in ARMS.items():
        arms = {
            "free": replace(settings, noise=0.0, max_grad_norm=math.inf),
            "0": replace(settings, noise=0.0),
        }
        arms |= {f"{noise:g}": replace(settings, noise=noise) for noise in NOISES}
        found[name] = {arm: private_arm(how, seed) for arm, how in arms.items()}
        print(f"seed {seed} {name}: {found[name]}", flush=True)
    # a baseline above all that can be earned: every episode says "less of this"
    scolding = replace(FEW, noise=0.0, baseline=20.0)
    found["scolded"] = {
        "0": private_arm(scolding, seed),
        "free": private_arm(replace(scolding, max_grad_norm=math.inf), seed),
    }
    print(f"seed {seed} scolded: {found['scolded']}", flush=True)
    return found
