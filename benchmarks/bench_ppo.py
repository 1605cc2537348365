"""PPO on CartPole-v1 until it is solved and stays so: ours beside stable-baselines3's and CleanRL's, seed by
seed in turn.

All are judged every 2,000 steps by the same 100 greedy episodes; that time is not counted. "Stays" is the CPU
time until the first judgement from which on all of them, the last one included, are at least 475.
stable-baselines3 has the settings that rl-baselines3-zoo tuned for this task, its DummyVecEnv, and the CPU.
CleanRL has the defaults of its ppo.py, except that it trains for as many steps as the zoo does: its learning
rate falls to zero within them, which helps it to stay. Ours steps gymnasium's vector environment, whose
copies spend a step on each reset; these count as steps of ours.

CleanRL is a program, not a package: name its file, and it takes part (github.com/vwxyzjn/cleanrl):

    CLEANRL=/path/to/cleanrl/cleanrl/ppo.py python -m benchmarks.rl ppo

The file is run as it is. Around it, for gymnasium 1.x and in its favour: copies reset within the step that
ends an episode, as in the gymnasium it was written for, and the list of what ended, whose form has changed,
is left out; its command line and its TensorBoard writer are replaced by stand-ins that cost nothing.
"""

import contextlib
import hashlib
import io
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import gymnasium
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from benchmarks.bench_a2c import EVALUATIONS, Evaluations, Watch
from benchmarks.measure import OURS
from deepseek_book_utils.rl.policy.ppo import PPOSettings, train_ppo

NAME, EVERY, THEIR_STEPS = "CartPole-v1", 2_000, 100_000
SB3, CLEANRL = "stable-baselines3", "CleanRL"
Training = dict[str, float | None]


def falling(start: float) -> Callable[[float], float]:
    """From `start` to zero in a straight line, as the zoo writes it."""
    return lambda left: left * start


ZOO = {
    "n_steps": 32,
    "batch_size": 256,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "n_epochs": 20,
    "ent_coef": 0.0,
    "learning_rate": falling(1e-3),
    "clip_range": falling(0.2),
}


def judge() -> Evaluations:
    """Every 2,000 steps, for however long."""
    return Evaluations(EVERY * EVALUATIONS)


def our_training(seed: int, settings: PPOSettings | None = None) -> Training:
    """One training with the chapter's settings."""
    evaluations = judge()
    network, history = train_ppo(
        NAME, settings or PPOSettings(), seed, lambda steps, network: evaluations.look(steps, network.actor)
    )
    evaluations.note(int(history[-1]["steps"]), network.actor)
    return evaluations.summary(seed)


def sb3_training(seed: int, total_steps: int = THEIR_STEPS) -> Training:
    """One training of stable-baselines3 with the settings of its zoo."""
    model = PPO("MlpPolicy", make_vec_env(NAME, n_envs=8, seed=seed), seed=seed, device="cpu", **ZOO)
    evaluations = judge()
    model.learn(total_steps, callback=Watch(evaluations))
    return evaluations.summary(seed)


class SameStep(SyncVectorEnv):
    """Copies that reset within the step that ends an episode, and do not list what ended."""

    def __init__(self, env_fns: Any) -> None:
        super().__init__(env_fns, autoreset_mode=AutoresetMode.SAME_STEP)

    def step(self, actions: Any) -> Any:
        *told, infos = super().step(actions)
        infos.pop("final_info", None)
        return *told, infos


class Listener:
    """In place of TensorBoard's writer: at the end of each update, judge the program's agent."""

    evaluations: Evaluations

    def __init__(self, *_: Any) -> None:
        self.steps, self.agent = 0, None

    def add_scalar(self, tag: str, _: float, step: int) -> None:
        """The last thing that an update writes is its speed."""
        if tag == "charts/SPS":
            self.steps, self.agent = step, sys._getframe(1).f_globals["agent"]
            self.evaluations.look(step, self.agent.actor)

    def add_text(self, *_: Any) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """The training is over."""
        self.evaluations.note(self.steps, self.agent.actor)


@contextlib.contextmanager
def surroundings(seed: int, total_steps: int, evaluations: Evaluations) -> Iterator[None]:
    """What CleanRL's program finds in place of its command line, its writer and its environments."""
    command_line, board = ModuleType("tyro"), ModuleType("torch.utils.tensorboard")
    command_line.cli = lambda options: options(seed=seed, total_timesteps=total_steps, cuda=False)
    board.SummaryWriter = type("Writer", (Listener,), {"evaluations": evaluations})
    modules = {"tyro": command_line, "torch.utils.tensorboard": board}
    with (
        mock.patch.dict(sys.modules, modules),
        mock.patch.object(gymnasium.vector, "SyncVectorEnv", SameStep),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        yield


def cleanrl_training(path: Path, seed: int, total_steps: int = THEIR_STEPS) -> Training:
    """One run of CleanRL's program."""
    evaluations = judge()
    with surroundings(seed, total_steps, evaluations):
        runpy.run_path(str(path), run_name="__main__")
    return evaluations.summary(seed)


def cleanrl_path() -> Path | None:
    """Where CleanRL's ppo.py lies, or None after saying why it is left out; ValueError if it is not there."""
    named = os.environ.get("CLEANRL")
    if not named:
        print("CleanRL is left out: set CLEANRL=/path/to/cleanrl/cleanrl/ppo.py to have it take part.")
        return None
    path = Path(named)
    if not path.is_file():
        raise ValueError(f"CLEANRL = {named} is no file: name ppo.py of a clone of vwxyzjn/cleanrl.")
    return path


def run(seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, Any]:
    """Trainings of all, in turn; what is loaded only once is loaded before."""
    torch.set_num_threads(1)
    path = cleanrl_path()
    contenders: dict[str, Callable[..., Training]] = {
        OURS: lambda seed: our_training(seed),
        SB3: lambda seed: sb3_training(seed),
    }
    our_training(0, PPOSettings(total_steps=4_096))
    sb3_training(0, 512)
    if path:
        contenders[CLEANRL] = lambda seed: cleanrl_training(path, seed)
        cleanrl_training(path, 0, 1_024)
    found: dict[str, list[Training]] = {name: [] for name in contenders}
    for seed in seeds:
        for name, train in contenders.items():
            found[name].append(train(seed))
    told: dict[str, Any] = {"trainings": found, "seeds": list(seeds)}
    if path:
        told["cleanrl"] = f"cleanrl/ppo.py, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    return told
