"""What three learners make of the same log, by how often its writers' hands slipped.

For every seed, four logs of CartPole of about equal length. Their operators aim alike, but their hands slip
in 1, 5 or 8 actions of ten, or always: then nobody steers. What the operators earned, and what behaviour
cloning, offline DQN and CQL earn after the log; how often a learner departs from the action that the log
took; of the two with values, what they promise at the start of an episode, and what comes true.
"""

from typing import Any

import torch

from deepseek_book_utils.rl.rollouts import mean_return
from deepseek_book_utils.rl.tasks.operators import cart_pole_log
from deepseek_book_utils.rl.value.dqn import promised_and_true
from deepseek_book_utils.rl.value.offline import OfflineSettings, learn_offline
from experiments.measuring import Stopwatch

TASK = "CartPole-v1"
LOGS = {0.1: 20, 0.5: 60, 0.8: 150, 1.0: 230}  # slip: operators, so many that there are about 5,000 rows
METHODS = {method: OfflineSettings(method=method) for method in ("cloning", "dqn", "cql")}
SETTINGS = {"methods": METHODS, "slips": tuple(LOGS), "operators": tuple(LOGS.values())}


def learn_all(seed: int, operators: int, slip: float) -> dict[str, Any]:
    """One log, and what was learned from it."""
    log = cart_pole_log(seed, operators, slip)
    seen, taken = log.transitions.observations, log.transitions.actions
    found: dict[str, Any] = {
        "transitions": len(taken),
        "logged": log.returns.mean().item(),
        "best_logged": log.returns.max().item(),
    }
    for method, settings in METHODS.items():
        watch = Stopwatch()
        network = learn_offline(log, settings, seed)
        found[method] = {"seconds": watch.seconds(), "return": mean_return(network, TASK)}
        with torch.no_grad():
            departs = network(seen).argmax(dim=1) != taken
        found[method]["departs"] = departs.float().mean().item()
        if method != "cloning":
            promised, true = promised_and_true(network, TASK, settings)
            found[method] |= {"promised": promised.mean().item(), "true": true.mean().item()}
    return found


def run_seed(seed: int) -> dict[str, Any]:
    """Every log of one seed; seconds are CPU seconds on one thread."""
    found = {f"slip {slip}": learn_all(seed, operators, slip) for slip, operators in LOGS.items()}
    print(f"seed {seed}: {found}", flush=True)
    return found
