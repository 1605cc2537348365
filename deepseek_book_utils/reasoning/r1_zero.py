"""R1-Zero in miniature: a pretrained base, rules that reward, groups that compare, and
nothing else.

Each update samples a group of responses to every prompt, rewards them by rule, and
raises the probability of those that did better than their group. As in DAPO, every
token weighs the same, groups without spread are dropped and there is no KL term. What
is asked and what is paid belong to the task. Left out of the paper: the reference
model, language-model-sized batches, and thousands of updates.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..lm.policy import Policy
from ..lm.sampling import Rollouts, response_log_probs
from ..nn.schedules import warm_up
from ..settings import check_ranges
from ..training import load_checkpoint, load_weights, save_checkpoint
from .grpo import group_advantages, grpo_loss
from .tasks import Task, sample_responses


@dataclass(frozen=True)
class R1ZeroSettings:
    """One run of reinforcement learning; raises ValueError on values without sense."""

    updates: int = 40
    prompts: int = 16  # problems an update
    group_size: int = 16  # responses a problem, as in R1
    minibatches: int = 2  # steps of AdamW: after the first, the ratio is no longer one
    learning_rate: float = 5e-4
    warm_up: int = 3  # updates in which the rate rises: AdamW has seen little as yet
    clip_range: float = 0.2  # of the ratio, on either side of one
    average: str = "bnpo"  # what a long response weighs: bnpo, grpo or dr_grpo
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this
    max_new_tokens: int = 90

    def __post_init__(self) -> None:
        counts = ("updates", "prompts", "group_size", "minibatches", "warm_up")
        positive = ("learning_rate", "clip_range", "max_grad_norm")
        check_ranges(self, count=(*counts, "max_new_tokens"), positive=positive)
        if self.group_size < 2:
            raise ValueError(
                f"A group of {self.group_size} has nobody to compare with: take "
                "group_size >= 2."
            )
        if self.average not in ("bnpo", "grpo", "dr_grpo"):
            raise ValueError(
                f"average = {self.average!r}: choose bnpo, grpo or dr_grpo."
            )


@dataclass
class Run:
    """Everything that the next step depends on; `name` tells runs apart."""

    name: str
    model: Any  # a Policy, and a module of torch
    optimizer: torch.optim.Optimizer
    rng: random.Random
    generator: torch.Generator
    history: list[dict[str, float]]


def start_run(model: Policy, task: Task, settings: R1ZeroSettings, seed: int) -> Run:
    """A run before its first update: AdamW, two random generators, an empty history."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0
    )
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    name = f"{task.name} {settings} seed={seed}"
    return Run(name, model, optimizer, random.Random(seed), generator, [])


def save_run(path: str | Path, run: Run) -> None:
    """Write the run whole or not at all; a resumed run gives the same numbers."""
    state = {
        "name": run.name,
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "rng": run.rng.getstate(),
        "generator": run.generator.get_state(),
        "history": run.history,
    }
    save_checkpoint(path, state)


def resume_run(path: str | Path, run: Run) -> None:
    """Put an interrupted run back; raises ValueError for that of another run."""
    state = load_checkpoint(path)
    if state.get("name") != run.name:
        raise ValueError(
            f"{path} holds another run ({state.get('name')}), not {run.name}. "
            "Name another file, or delete this one."
        )
    load_weights(run.model, state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.rng.setstate(state["rng"])
    run.generator.set_state(state["generator"])
    run.history = state["history"]


def update(
    run: Run,
    rollouts: Rollouts,
    advantages: Tensor,
    settings: R1ZeroSettings,
    rise: float = 1.0,
) -> None:
    """Climb the clipped objective, one step a minibatch, at `rise` of the learning
    rate; rows whose advantage is zero are left out.
    """
    run.optimizer.param_groups[0]["lr"] = settings.learning_rate * rise
    advantages = advantages.to(rollouts.responses.device)
    rows, lengths = advantages.nonzero()[:, 0].tolist(), rollouts.lengths.tolist()
    run.rng.shuffle(rows)
    for i in range(settings.minibatches):
        minibatch = sorted(rows[i :: settings.minibatches], key=lengths.__getitem__)
        total = rollouts.loss_mask[minibatch].sum()
        run.optimizer.zero_grad()
        for start in range(0, len(minibatch), 32):  # rows of like length: less padding
            micro = minibatch[start : start + 32]
            T = lengths[micro[-1]]  # the longest
            responses = rollouts.responses[micro, :T]
            mask = rollouts.loss_mask[micro, :T]
            log_probs = response_log_probs(
                run.model, rollouts.prompts[micro], responses, mask
            )
            loss = grpo_loss(
                log_probs,
                rollouts.log_probs[micro, :T],
                advantages[micro],
                mask,
                variant=settings.average,
                clip_low=settings.clip_range,
                clip_high=settings.clip_range,
                max_length=settings.max_new_tokens,
            )
            by_token, by_row = mask.sum() / total, len(micro) / len(minibatch)
            part = by_token if settings.average == "bnpo" else by_row
            (loss * part).backward()  # parts add up to the minibatch mean
        if minibatch:
            parameters = run.model.parameters()
            torch.nn.utils.clip_grad_norm_(parameters, settings.max_grad_norm)
            run.optimizer.step()


def train_r1_zero(
    model: Policy,
    task: Task,
    settings: R1ZeroSettings,
    seed: int,
    checkpoint: str | Path | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    watch: Callable[[int, Rollouts], None] | None = None,
    advantages_of: Callable[[Tensor, int], Tensor] = group_advantages,
) -> list[dict[str, float]]:
    """Train the model in place; returns what the task measured at every step, before
    its update.

    With `checkpoint` the run is saved before the first step and after every one, and
    goes on from that file if it exists. `watch` is called after every update with the
    step and its rollouts. `advantages_of` compares the rewards; the default is GRPO's.
    """
    run = start_run(model, task, settings, seed)
    run.name += f" {advantages_of.__name__}"
    if checkpoint and Path(checkpoint).exists():
        resume_run(checkpoint, run)
    elif checkpoint:
        save_run(checkpoint, run)  # who interrupts the first step finds the start again
    G = settings.group_size
    for step in progress(range(len(run.history), settings.updates)):
        problems = [task.sample(run.rng) for _ in range(settings.prompts)]
        rollouts, texts = sample_responses(
            model, task, problems, G, run.generator, settings.max_new_tokens
        )
        rewards = torch.tensor(
            [float(task.reward(text, problems[i // G])) for i, text in enumerate(texts)]
        )
        advantages = advantages_of(rewards, G)
        measured = task.measure(texts, problems)
        run.history.append({"reward": rewards.mean().item(), **measured})
        update(run, rollouts, advantages, settings, warm_up(step, settings.warm_up))
        if watch:
            watch(step, rollouts)
        if checkpoint:
            save_run(checkpoint, run)
    return run.history
