"""What a learned reward promises, and what comes true.

For every seed, PPO on the ride of `rl.tasks.cycling` by five rewards: a model fitted once, the same labels
with an ensemble that is paid less where it disagrees, a model with a price on leaving the first policy, a
model that learns on, with as many labels in all, and the rule itself.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.rewards.reward_learning import (
    AdaptiveRewardLearning,
    LearnedRewardSettings,
    RewardBasedLearning,
    promised_and_earned,
)
from deepseek_book_utils.rl.rewards.reward_models import (
    AdaptiveRewardModel,
    Labeller,
    RewardLabels,
    RewardModel,
    RewardModelSettings,
    fit_reward_model,
    judge_reward_model,
    visited_pairs,
)
from deepseek_book_utils.rl.tasks.cycling import (
    RIDE,
    beginner_rides,
    ride_rule,
    ride_step,
)
from experiments.measuring import Stopwatch

LEARNING, FITTING = LearnedRewardSettings(), RewardModelSettings()
LABELS, HELD_OUT, NOISE = 600, 1000, 0.05
CAUTION, KL_WEIGHT = 3.0, 0.3
EVERY = 2  # updates between two looks
SIZE, ACTIONS = 5, 3
SETTINGS = {
    "learning": LEARNING,
    "fitting": FITTING,
    "labels": LABELS,
    "noise": NOISE,
    "caution": CAUTION,
    "kl_weight": KL_WEIGHT,
    "every": EVERY,
}


def beginner_labels(label: Labeller, count: int, seed: int) -> RewardLabels:
    """Labels of what beginners do."""
    generator = torch.Generator().manual_seed(seed)
    return label(*visited_pairs(beginner_rides(100, seed), count, generator))


def push(learning: RewardBasedLearning | AdaptiveRewardLearning, reward: Any) -> dict[str, Any]:
    """Train, and look every other update at what is promised and what is earned."""
    learner = learning.learner if isinstance(learning, AdaptiveRewardLearning) else learning
    found: dict[str, Any] = {"promised": [], "earned": []}
    watch = Stopwatch()

    def look(step: int, network: ActorCritic) -> None:
        if step % EVERY == 0:
            rewards = {"promised": reward, "earned": ride_rule}
            with watch.paused():
                means = promised_and_earned(network.actor, rewards, RIDE, seed=9999)
            for key, mean in means.items():
                found[key].append(mean)

    look(0, learner.network)
    learning.train(look)
    return found | {"seconds": watch.seconds()}


def once(seed: int) -> tuple[RewardModel, dict[str, Any]]:
    """A reward model fitted once, and how well it does on labels it has not seen."""
    torch.manual_seed(seed)
    model = RewardModel(SIZE, ACTIONS, FITTING.hidden)
    labels = beginner_labels(Labeller(ride_rule, NOISE, seed), LABELS, 1000 + seed)
    fit_reward_model(model, labels, FITTING, torch.Generator().manual_seed(seed))
    held_out = beginner_labels(Labeller(ride_rule, NOISE, 1000 + seed), HELD_OUT, 2000 + seed)
    slid = (ride_step(labels.observations, labels.actions)[1] > 0).float().mean().item()
    return model, judge_reward_model(model, held_out) | {"slides": slid}


def ensemble(seed: int, count: int, caution: float) -> tuple[AdaptiveRewardModel, Labeller]:
    """An ensemble with its first labels, and who gave them."""
    torch.manual_seed(seed)
    model = AdaptiveRewardModel(SIZE, ACTIONS, FITTING, caution=caution)
    label = Labeller(ride_rule, NOISE, seed)
    first = beginner_labels(label, count, 1000 + seed)
    model.learn(first, FITTING.updates, torch.Generator().manual_seed(seed))
    return model, label


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread, without the looks."""
    model, held_out = once(seed)
    cautious, _ = ensemble(seed, LABELS, CAUTION)
    bought = LEARNING.labels * (LEARNING.updates // LEARNING.every)
    learning, label = ensemble(seed, LABELS - bought, 0.0)
    near = replace(LEARNING, kl_weight=KL_WEIGHT)
    arms: dict[str, tuple[Callable[[], RewardBasedLearning | AdaptiveRewardLearning], Any]] = {
        "frozen": (lambda: RewardBasedLearning(RIDE, model, LEARNING, seed), model),
        "adaptive": (lambda: AdaptiveRewardLearning(RIDE, learning, label, LEARNING, seed), learning),
        "rule": (lambda: RewardBasedLearning(RIDE, ride_rule, LEARNING, seed), ride_rule),
        "cautious": (lambda: RewardBasedLearning(RIDE, cautious, LEARNING, seed), cautious),
        "near": (lambda: RewardBasedLearning(RIDE, model, near, seed), model),
    }
    found: dict[str, Any] = {"held_out": held_out}
    for name, (make, reward) in arms.items():
        found[name] = push(make(), reward)
        earned = found[name]["earned"]
        print(f"seed {seed} {name}: peak {max(earned):.2f}, end {earned[-1]:.2f}", flush=True)
    return found | {"asked": {"frozen": LABELS, "adaptive": label.asked}}
