"""What A3C reaches with two workers.

A record of its own: who writes first is up to the machine, so that no seed gives the same run twice.
"""

from typing import Any

from deepseek_book_utils.rl.policy.a3c import A3C_SETTINGS, train_a3c
from deepseek_book_utils.rl.rollouts import mean_return

TASK = "CartPole-v1"
SETTINGS = A3C_SETTINGS


def run_seed(seed: int) -> dict[str, Any]:
    """One training: the return at the end, and how many updates of the other came between, on average."""
    network, history = train_a3c(TASK, A3C_SETTINGS, seed, workers=2)
    stale = [row["stale"] for row in history]
    return {"return": mean_return(network.actor, TASK), "stale": sum(stale) / len(stale)}
