"""A2C on CartPole-v1: ours beside stable-baselines3's, in environment steps a CPU second, and until it stays.

For the speed both have 8 environments, 5 steps between updates, two networks of 64-64 tanh units, RMSProp
and the same clip; they take turns, each from its start. stable-baselines3 steps its DummyVecEnv, as its users
do, on the CPU, as its manual advises. Ours steps gymnasium's vector environment, whose copies spend a step on
each reset: those steps are not counted as steps of ours, their time is.

"Stays" is the CPU time until the first evaluation from which on all evaluations, the last one included, are
at least 475 (100 greedy episodes; 25 evaluations evenly spread, one more at the end; their time is not
counted). Here stable-baselines3 has the settings of its zoo (8 environments, 500,000 steps, no entropy bonus,
otherwise its defaults), and we have ours.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from stable_baselines3 import A2C
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from torch import Tensor

from benchmarks.measure import OURS, alternate
from deepseek_book_utils.records import RECORD_SEEDS
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, train_a2c
from deepseek_book_utils.rl.rollouts import greedy_returns

NAME, THEIRS, CHOSEN = "CartPole-v1", "stable-baselines3 A2C", "ours, as chosen"
SPEED_STEPS = 8_000  # environment steps in a repetition
EVALUATIONS = 25
SAME = A2CSettings(
    total_steps=SPEED_STEPS, environments=8, rollout_steps=5, learning_rate=7e-4, reward_scale=1.0
)

Point = tuple[int, float, float]  # environment steps, CPU seconds, mean return


def their_a2c(seed: int) -> A2C:
    """stable-baselines3's A2C; zoo settings for CartPole-v1 are its defaults with 8 environments."""
    env = make_vec_env(NAME, n_envs=8, seed=seed)
    return A2C("MlpPolicy", env, ent_coef=0.0, seed=seed, device="cpu")


def real_steps(settings: A2CSettings) -> int:
    """Environment steps of our training which were no resets."""
    last = train_a2c(NAME, settings, seed=0)[1][-1]
    return int(last["steps"] - last["episodes"])


def speed(repetitions: int = 7) -> dict[str, list[float]]:
    """Environment steps a CPU second, learning included, repetition by repetition."""
    chosen = replace(A2CSettings(), total_steps=SPEED_STEPS)
    seconds = alternate(
        {
            OURS: lambda: train_a2c(NAME, SAME, seed=0),
            THEIRS: lambda: their_a2c(seed=0).learn(SPEED_STEPS),
            CHOSEN: lambda: train_a2c(NAME, chosen, seed=0),
        },
        repetitions,
    )
    steps = {OURS: real_steps(SAME), THEIRS: SPEED_STEPS, CHOSEN: real_steps(chosen)}
    return {name: [steps[name] / time for time in times] for name, times in seconds.items()}


class Evaluations:
    """Notes steps, CPU seconds and return at even distances; its own seconds do not count."""

    def __init__(self, total_steps: int) -> None:
        self.total, self.points = total_steps, list[Point]()
        self.start, self.own = time.process_time(), 0.0

    def look(self, steps: int, scores: Callable[[Tensor], Tensor]) -> None:
        """Evaluate if it is time."""
        if steps * EVALUATIONS >= self.total * (len(self.points) + 1):
            self.note(steps, scores)

    def note(self, steps: int, scores: Callable[[Tensor], Tensor]) -> None:
        """Evaluate."""
        begun = time.process_time()
        earned = greedy_returns(scores, NAME, episodes=100, seed=1000).mean().item()
        self.points.append((steps, begun - self.start - self.own, earned))
        self.own += time.process_time() - begun

    def summary(self, seed: int) -> dict[str, float | None]:
        """Plain numbers; None for what never happened."""
        hit = next((point for point in self.points if point[2] >= 475), (None, None, None))
        stays: tuple[int | None, float | None, float | None] = (None, None, None)
        for point in reversed(self.points):
            if point[2] < 475:
                break
            stays = point
        return {
            "seed": seed,
            "hit_steps": hit[0],
            "hit_seconds": hit[1],
            "stays_steps": stays[0],
            "stays_seconds": stays[1],
            "final": self.points[-1][2],
            "steps": self.points[-1][0],
            "seconds": self.points[-1][1],
        }


class Watch(BaseCallback):
    """Evaluates stable-baselines3's policy between updates."""

    def __init__(self, evaluations: Evaluations) -> None:
        super().__init__()
        self.evaluations = evaluations

    def scores(self, observations: Tensor) -> Tensor:
        """Logits (N, A)."""
        return self.model.policy.get_distribution(observations).distribution.logits

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        self.evaluations.look(self.num_timesteps, self.scores)

    def _on_training_end(self) -> None:
        self.evaluations.note(self.num_timesteps, self.scores)


def our_training(seed: int) -> dict[str, float | None]:
    """One training with our settings."""
    settings = A2CSettings()
    evaluations = Evaluations(settings.total_steps)
    network, history = train_a2c(
        NAME, settings, seed, lambda steps, network: evaluations.look(steps, network.actor)
    )
    evaluations.note(int(history[-1]["steps"]), network.actor)
    return evaluations.summary(seed)


def their_training(seed: int, total_steps: int = 500_000) -> dict[str, float | None]:
    """One training of stable-baselines3 with the settings of its zoo."""
    model = their_a2c(seed)
    evaluations = Evaluations(total_steps)
    model.learn(total_steps, callback=Watch(evaluations))
    return evaluations.summary(seed)


def stability(seeds: Sequence[int] = RECORD_SEEDS) -> dict[str, list[dict[str, float | None]]]:
    """Trainings of both, in turn."""
    found: dict[str, list[dict[str, float | None]]] = {OURS: [], THEIRS: []}
    for seed in seeds:
        found[OURS].append(our_training(seed))
        found[THEIRS].append(their_training(seed))
    return found


def run(repetitions: int = 7, seeds: Sequence[int] = RECORD_SEEDS) -> dict[str, object]:
    """Environment steps a CPU second, repetition by repetition, and the trainings of both (minutes each)."""
    torch.set_num_threads(1)
    return {"steps_per_second": speed(repetitions), "trainings": stability(seeds)}
