"""Record what A3C reaches with two workers: `make claims` (under a minute).

A record of its own: who writes first is up to the machine, so that no seed gives the same run twice.
"""

from dataclasses import asdict
from typing import Any

from deepseek_book_utils.rl.policy.a3c import A3C_SETTINGS, train_a3c
from deepseek_book_utils.rl.rollouts import mean_return
from experiments.recording import record

SOURCES = [
    "deepseek_book_utils/rl/policy/a3c.py",
    "deepseek_book_utils/rl/policy/actor_critic.py",
    "experiments/ch02/a3c.py",
]
TASK = "CartPole-v1"


def run_seed(seed: int) -> dict[str, Any]:
    """One training: the return at the end, and how many updates of the other came between, on average."""
    network, history = train_a3c(TASK, A3C_SETTINGS, seed, workers=2)
    stale = [row["stale"] for row in history]
    return {"return": mean_return(network.actor, TASK), "stale": sum(stale) / len(stale)}


def main() -> None:
    """Run the seeds and write the record."""
    record("a3c", run_seed, asdict(A3C_SETTINGS), SOURCES, __doc__)


if __name__ == "__main__":
    main()
