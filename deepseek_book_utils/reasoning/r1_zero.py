"""R1-Zero in miniature: a pretrained base, rules that reward, groups that compare, and
nothing else.

Each step samples a group of responses to every prompt, rewards them by rule, and raises
the probability of those that did better than their group. As in DAPO, every token
weighs the same, groups without spread are dropped and there is no KL term. Left out of
the paper: the reference model, language-model-sized batches, and thousands of steps.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ..lm.model import LanguageModel
from ..lm.sampling import Rollouts, response_log_probs
from ..training import load_checkpoint, load_weights, save_checkpoint
from .base import decode_rows, write
from .evaluation import summarise
from .grpo import group_advantages, grpo_loss
from .language import sample_problem
from .pen import Pen
from .rewards import RewardWeights, reward


@dataclass(frozen=True)
class R1ZeroSettings:
    """One run of reinforcement learning."""

    steps: int = 40
    prompts: int = 16  # problems a step
    group_size: int = 16  # responses a problem, as in R1
    minibatches: int = 2  # updates a step: after the first, the ratio is no longer one
    lr: float = 5e-4
    clip: float = 0.2
    max_new_tokens: int = 90
    rewards: RewardWeights = field(default_factory=RewardWeights)
    pen: Pen = field(default_factory=Pen)
    forbidden: tuple[str, ...] = ()  # words that may not be written, for controls


@dataclass
class Run:
    """Everything that the next step depends on; `name` tells runs apart."""

    name: str
    model: LanguageModel
    optimizer: torch.optim.Optimizer
    rng: random.Random
    generator: torch.Generator
    history: list[dict[str, float]]


def start_run(model: LanguageModel, settings: R1ZeroSettings, seed: int) -> Run:
    """A run at step 0: AdamW, two random generators, an empty history."""
    parameters, device = model.parameters(), model.head.weight.device
    optimizer = torch.optim.AdamW(
        parameters, lr=settings.lr, betas=(0.9, 0.98), weight_decay=0.0
    )
    generator = torch.Generator(device).manual_seed(seed)
    name = f"{settings} seed={seed}"
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
    warmup: float = 1.0,
) -> None:
    """Climb the clipped objective, one step a minibatch, at `warmup` of the learning
    rate; rows whose advantage is zero are left out.
    """
    run.optimizer.param_groups[0]["lr"] = settings.lr * warmup
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
                variant="bnpo",
                clip_low=settings.clip,
                clip_high=settings.clip,
            )
            (loss * mask.sum() / total).backward()  # parts add up to the minibatch mean
        if minibatch:
            torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
            run.optimizer.step()


def train_r1_zero(
    model: LanguageModel,
    settings: R1ZeroSettings,
    seed: int,
    checkpoint: str | Path | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    watch: Callable[[int, Rollouts], None] | None = None,
) -> list[dict[str, float]]:
    """Train the model in place; returns what was measured at every step, before its
    update.

    With `checkpoint` the run is saved after every step, and goes on from that file if
    it exists. `watch` is called after every update with the step and its rollouts.
    """
    run = start_run(model, settings, seed)
    if checkpoint and Path(checkpoint).exists():
        resume_run(checkpoint, run)
    for step in progress(range(len(run.history), settings.steps)):
        problems = [sample_problem(run.rng) for _ in range(settings.prompts)]
        rollouts = write(
            model,
            [problem.prompt for problem in problems],
            settings.group_size,
            run.generator,
            settings.pen,
            settings.max_new_tokens,
            forbidden=settings.forbidden,
        )
        texts = decode_rows(rollouts.responses)
        asked = [problem for problem in problems for _ in range(settings.group_size)]
        pairs = zip(texts, asked, strict=True)
        rewards = torch.tensor([reward(*pair, settings.rewards) for pair in pairs])
        advantages = group_advantages(rewards, settings.group_size)
        run.history.append({"reward": rewards.mean().item(), **summarise(texts, asked)})
        update(run, rollouts, advantages, settings, warmup=min(1.0, (step + 1) / 3))
        if watch:
            watch(step, rollouts)
        if checkpoint:
            save_run(checkpoint, run)
    return run.history
