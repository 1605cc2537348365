"""Two workers that train together.

For every seed: A2C's settings shared by two workers in processes, what the policy earns then, and whether
workers that take turns end in the same weights.
"""

from typing import Any

import torch

from deepseek_book_utils.rl.policy.actor_critic import A2CSettings
from deepseek_book_utils.rl.policy.distributed import DistributedRLTrainer
from deepseek_book_utils.rl.rollouts import greedy_returns

TASK, WORKERS = "CartPole-v1", 2
SETTINGS = vars(A2CSettings()) | {"task": TASK, "workers": WORKERS}


def run_seed(seed: int) -> dict[str, Any]:
    """Both trainings of one seed."""
    settings = A2CSettings()
    network, history = DistributedRLTrainer(TASK, settings, seed, WORKERS, "processes").train()
    other, _ = DistributedRLTrainer(TASK, settings, seed, WORKERS, "serial").train()
    pairs = zip(network.parameters(), other.parameters(), strict=True)
    found = {
        "return": greedy_returns(network.actor, TASK).mean().item(),
        "equal": all(torch.equal(one, two) for one, two in pairs),
        "updates": len(history),
    }
    print(f"seed {seed}: {found}", flush=True)
    return found
