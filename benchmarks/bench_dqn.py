"""DQN on CartPole-v1 until it is solved and stays so: ours beside stable-baselines3's, seed by seed in turn.

Both are judged by the same 100 greedy episodes, as often, at equal shares of their training; the clock stands
meanwhile. stable-baselines3 has the settings that rl-baselines3-zoo tuned for this task. "first" is the first
judgement of at least 475, "stable" the first of the last stretch in which all are: CPU seconds of learning,
None if never.
"""

import time

import gymnasium
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from benchmarks.measure import OURS
from deepseek_book_utils.rl.rollouts import mean_return, stable_from
from deepseek_book_utils.rl.value.dqn import DQNSettings, train_dqn

TASK, BAR, JUDGED = "CartPole-v1", 475.0, 25  # times a run
THEIR_STEPS = 50_000
ZOO = {
    "learning_rate": 2.3e-3,
    "batch_size": 64,
    "buffer_size": 100_000,
    "learning_starts": 1000,
    "gamma": 0.99,
    "target_update_interval": 10,
    "train_freq": 256,
    "gradient_steps": 128,
    "exploration_fraction": 0.16,
    "exploration_final_eps": 0.04,
    "policy_kwargs": {"net_arch": [256, 256]},
}
Record = dict[str, float]


class Judge:
    """Measures a network, and the CPU seconds since it was made without those that measuring took."""

    def __init__(self) -> None:
        self.seconds, self.since = 0.0, time.process_time()

    def __call__(self, network: nn.Module) -> Record:
        self.seconds += time.process_time() - self.since
        found = {"return": mean_return(network, TASK), "seconds": self.seconds}
        self.since = time.process_time()
        return found


class Judged(BaseCallback):
    """Judges stable-baselines3's network every so many steps."""

    def __init__(self, judge: Judge, every: int) -> None:
        super().__init__()
        self.judge, self.every, self.history = judge, every, list[Record]()

    def _on_step(self) -> bool:
        if self.num_timesteps % self.every == 0:
            network = self.model.q_net
            self.history.append({"transitions": self.num_timesteps} | self.judge(network))
        return True


def our_run(seed: int) -> list[Record]:
    """Every judgement of one of our runs, with the chapter's settings."""
    settings = DQNSettings(evaluate_every=DQNSettings().updates // JUDGED)
    return train_dqn(TASK, settings, seed, Judge())[1]


def their_run(seed: int) -> list[Record]:
    """Every judgement of one of theirs."""
    callback = Judged(Judge(), THEIR_STEPS // JUDGED)
    model = DQN("MlpPolicy", gymnasium.make(TASK), seed=seed, device="cpu", **ZOO)
    model.learn(THEIR_STEPS, callback=callback)
    return callback.history


def summarise(history: list[Record]) -> dict[str, float | None]:
    """CPU seconds to the first hit, the stable one and the end; the share of hits after the first."""
    returns = [record["return"] for record in history]
    hit = next((i for i, found in enumerate(returns) if found >= BAR), None)
    stable = stable_from(history, BAR)
    later = returns[hit + 1 :] if hit is not None else []
    return {
        "first": None if hit is None else history[hit]["seconds"],
        "first_transitions": None if hit is None else history[hit]["transitions"],
        "stable": None if stable is None else stable["seconds"],
        "stable_transitions": None if stable is None else stable["transitions"],
        "whole": history[-1]["seconds"],
        "transitions": history[-1]["transitions"],
        "solved_after_first": sum(found >= BAR for found in later) / len(later) if later else None,
        "final": returns[-1],
    }


def run(seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, list[dict[str, float | None]]]:
    """One summary a seed, ours and stable-baselines3's."""
    torch.set_num_threads(1)
    found: dict[str, list[dict[str, float | None]]] = {OURS: [], "stable-baselines3": []}
    for seed in seeds:
        found[OURS].append(summarise(our_run(seed)))
        found["stable-baselines3"].append(summarise(their_run(seed)))
    return found


if __name__ == "__main__":
    for name, rows in run().items():
        for row in rows:
            print(f"{name:20}", {key: value and round(value, 2) for key, value in row.items()})
