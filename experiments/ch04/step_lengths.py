"""Is the length of a step in weights a measure of how far it moves the policy?

For every seed: a TRPO training on CartPole-v1; from every fourth of its policies a natural step, and a plain
step of the same length from the same rows, each with the KL divergence by which it moves the policy.
"""

from typing import Any

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.step_lengths import compare_steps
from deepseek_book_utils.rl.policy.trpo import TRPOSettings, train_trpo

TASK, EVERY = "CartPole-v1", 4  # updates between policies
SETTINGS = {"trpo": TRPOSettings(), "every": EVERY}
FRESH = 1000  # added to the seed for the rollout from which both steps are taken


def run_seed(seed: int) -> dict[str, Any]:
    """For one seed: steps of training, KL of the natural step, KL of the plain one."""
    settings = TRPOSettings()
    batch = settings.environments * settings.rollout_steps
    found: dict[str, list[float]] = {"steps": [], "natural": [], "plain": []}

    def look(steps: int, network: ActorCritic) -> None:
        if steps // batch % EVERY == 0:
            pair = compare_steps(TASK, network, settings, FRESH + seed)
            if pair:
                for key, value in zip(found, (steps, *pair), strict=True):
                    found[key].append(value)

    train_trpo(TASK, settings, seed, look)
    ratios = [p / n for p, n in zip(found["plain"], found["natural"], strict=True)]
    print(f"seed {seed}: {min(ratios):.2g} to {max(ratios):.2g} times as far", flush=True)
    return found
