"""The findings of chapter 2.

For every seed: DQN with five kinds of target, Double and Dueling DQN, what DQN and Double DQN promise and
what they earn, A2C, and the noise of the policy gradient with and without a critic.
"""

import copy
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn

from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    train_a2c,
)
from deepseek_book_utils.rl.policy.gradient_noise import fit_critic, gradient_noise
from deepseek_book_utils.rl.rollouts import mean_return, stable_from
from deepseek_book_utils.rl.value.dqn import DQNSettings, promised_and_true, train_dqn
from deepseek_book_utils.rl.value.targets import (
    AverageTarget,
    DynamicTarget,
    HardTarget,
)
from experiments.measuring import Stopwatch

TASK = "CartPole-v1"
DQN = {
    "default": DQNSettings(),
    "hard": DQNSettings(target=HardTarget),
    "average": DQNSettings(target=AverageTarget),
    "dynamic": DQNSettings(target=DynamicTarget),
    "none": DQNSettings(target=partial(HardTarget, every=1)),
    "double": DQNSettings(double=True),
    "dueling": DQNSettings(dueling=True),
}
PROMISING = DQNSettings(discount=0.99)  # the clock then hides less than 1 % of what is true
A2C_EVERY, HALF_TRAINED = 5_000, 12_000  # steps
SETTINGS = {"dqn": DQN, "a2c": A2CSettings(), "promises": PROMISING}


def dqn_arm(settings: DQNSettings, seed: int) -> dict[str, Any]:
    """One training: returns, when it was stable, and what it cost."""
    watch = Stopwatch()

    def measure(network: nn.Module) -> dict[str, float]:
        seconds = watch.seconds()
        with watch.paused():
            return {"return": mean_return(network, TASK), "seconds": seconds}

    _, history = train_dqn(TASK, settings, seed, measure)
    stable = stable_from(history) or {"update": float("nan"), "seconds": float("nan")}
    return {
        "returns": [row["return"] for row in history],
        "stable_update": stable["update"],
        "stable_seconds": stable["seconds"],
        "seconds": history[-1]["seconds"],
    }


def promises(settings: DQNSettings, seed: int) -> dict[str, Any]:
    """What the networks of one training promised and earned, and the means over its second half."""

    def measure(network: nn.Module) -> dict[str, float]:
        promised, true = promised_and_true(network, TASK, settings)
        return {"promised": promised.mean().item(), "true": true.mean().item()}

    _, history = train_dqn(TASK, settings, seed, measure)
    late = history[len(history) // 2 :]
    means = {key: sum(row[key] for row in late) / len(late) for key in ("promised", "true")}
    return means | {"curve": [[row["promised"], row["true"]] for row in history]}


def a2c_arm(seed: int) -> dict[str, Any]:
    """One A2C training, and the noise of its gradient when it was half trained."""
    watch, settings = Stopwatch(), A2CSettings()
    history: list[dict[str, float]] = []
    noise: dict[str, Any] = {}

    def look(steps: int, network: ActorCritic) -> None:
        seconds = watch.seconds()
        if steps // A2C_EVERY > (history[-1]["steps"] if history else 0) // A2C_EVERY:
            with watch.paused():
                earned = mean_return(network.actor, TASK)
            history.append({"steps": steps, "return": earned, "seconds": seconds})
        if steps >= HALF_TRAINED and not noise:
            with watch.paused():
                noise["young critic"] = gradient_noise(TASK, network, settings, seed)
                fitted = copy.deepcopy(network)
                fit_critic(TASK, fitted, settings, seed)
                noise["fitted critic"] = gradient_noise(TASK, fitted, settings, seed)

    train_a2c(TASK, settings, seed, look)
    stable = stable_from(history) or {"steps": float("nan"), "seconds": float("nan")}
    found = {
        "returns": [row["return"] for row in history],
        "stable_steps": stable["steps"],
        "stable_seconds": stable["seconds"],
        "seconds": watch.seconds(),
    }
    return {"a2c": found, "noise": noise}


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    found: dict[str, Any] = {"dqn": {}}
    for name, settings in DQN.items():
        found["dqn"][name] = dqn_arm(settings, seed)
        print(f"seed {seed} dqn {name}: {found['dqn'][name]['returns']}", flush=True)
    found["promises"] = {
        name: promises(replace(PROMISING, double=name == "double"), seed) for name in ("dqn", "double")
    }
    found |= a2c_arm(seed)
    print(f"seed {seed} a2c: {found['a2c']}", flush=True)
    return found
