"""What threads and processes gain in time.

For every seed: two workers train in turns, in threads and in processes. The seconds of the clock are those
after the processes have started. Two free cores are needed, so one seed runs at a time.
"""

from typing import Any

from deepseek_book_utils.rl.policy.actor_critic import A2CSettings
from deepseek_book_utils.rl.policy.distributed import DistributedRLTrainer

TASK, WORKERS, WAYS = "Acrobot-v1", 2, ("serial", "threads", "processes")
TRAINING = A2CSettings(total_steps=20_480, environments=32, hidden=(16,))
SETTINGS = vars(TRAINING) | {"task": TASK, "workers": WORKERS}
PROCESSES = 1  # a clock needs the machine for itself


def run_seed(seed: int) -> dict[str, Any]:
    """Seconds of the clock and of the processor, way by way."""
    found = {}
    for way in WAYS:
        _, history = DistributedRLTrainer(TASK, TRAINING, seed, WORKERS, way).train()
        found[way] = {"clock_seconds": history[-1]["seconds"], "cpu_seconds": history[-1]["cpu"]}
    print(f"seed {seed}: {found}", flush=True)
    return found
