"""R1-Zero in miniature: a pretrained base, rules that reward, groups that compare, and nothing
else.

Each step samples a group of responses to every prompt, rewards them by rule, and raises the
probability of those that did better than their group. As in DAPO, every token weighs the same,
groups without spread are dropped and there is no KL term. Left out of the paper: the reference
model, language-model-sized batches, and thousands of steps.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ..training import load_checkpoint, load_weights, save_checkpoint
from .evaluation import summarise
from .grpo import group_advantages, grpo_loss
from .language import sample_problem
from .model import ReasoningModel
from .rewards import RewardWeights, reward
from .sampling import Pen, Rollouts, generate, padded_mask


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


def response_log_probs(model: ReasoningModel, prompts: Tensor, responses: Tensor, mask: Tensor) -> Tensor:
    """log pi(o_t | q, o_<t) where mask (B, T) is true, 0 elsewhere; prompts (B, Tp), responses (B,
    T).
    """
    tokens = torch.cat((prompts, responses), dim=1)[:, :-1]
    select = torch.zeros_like(tokens, dtype=torch.bool)
    select[:, prompts.shape[1] - 1 :] = mask  # position t predicts token t + 1
    logits = model(tokens, padded_mask(tokens), select)  # (N, V)
    picked = logits.log_softmax(dim=-1).gather(1, responses[mask][:, None])[:, 0]
    return torch.zeros(mask.shape, device=mask.device).masked_scatter(mask, picked)


def update(
    model: ReasoningModel,
    optimizer: torch.optim.Optimizer,
    rollouts: Rollouts,
    advantages: Tensor,
    settings: R1ZeroSettings,
    rng: random.Random,
) -> None:
    """Climb the clipped objective, a few minibatches a step; rows whose advantage is zero are left
    out.
    """
    rows = advantages.nonzero()[:, 0].tolist()
    rng.shuffle(rows)
    for i in range(settings.minibatches):
        minibatch = sorted(rows[i :: settings.minibatches], key=lambda row: int(rollouts.lengths[row]))
        tokens_in_minibatch = rollouts.chosen[minibatch].sum()
        if not minibatch:
            continue
        optimizer.zero_grad()
        for start in range(0, len(minibatch), 32):  # rows of like length together waste little on padding
            micro = minibatch[start : start + 32]
            T = int(rollouts.lengths[micro].max())
            mask = rollouts.chosen[micro, :T]
            log_probs = response_log_probs(
                model, rollouts.prompts[micro], rollouts.responses[micro, :T], mask
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
            (loss * mask.sum() / tokens_in_minibatch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def train_r1_zero(
    model: ReasoningModel,
    settings: R1ZeroSettings,
    seed: int,
    checkpoint: str | Path | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    watch: Callable[[int, Rollouts], None] | None = None,
) -> list[dict[str, float]]:
    """Train the model in place; returns what was measured at every step, before its update.

    With a `checkpoint` path the run is saved after every step, and goes on from there if the file
    exists. `watch` is called after every update with the step and its rollouts.
    """
    device = model.head.weight.device
    rng, generator = random.Random(seed), torch.Generator(device).manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr, betas=(0.9, 0.98), weight_decay=0.0)
    history: list[dict[str, float]] = []
    if checkpoint and Path(checkpoint).exists():
        history = resume(checkpoint, model, optimizer, rng, generator, settings, seed)
    for step in progress(range(len(history), settings.steps)):
        problems = [sample_problem(rng) for _ in range(settings.prompts)]
        rollouts = generate(
            model,
            [problem.prompt for problem in problems],
            settings.group_size,
            generator,
            settings.max_new_tokens,
            pen=settings.pen,
            forbidden=settings.forbidden,
        )
        texts, asked = rollouts.texts(), [problem for problem in problems for _ in range(settings.group_size)]
        rewards = torch.tensor([reward(t, p, settings.rewards) for t, p in zip(texts, asked, strict=True)])
        advantages = group_advantages(rewards, settings.group_size).to(device)
        history.append({"reward": rewards.mean().item(), **summarise(texts, asked)})
        optimizer.param_groups[0]["lr"] = settings.lr * min(1.0, (step + 1) / 3)
        update(model, optimizer, rollouts, advantages, settings, rng)
        if watch:
            watch(step, rollouts)
        if checkpoint:
            save_run(checkpoint, model, optimizer, rng, generator, settings, seed, history)
    return history


def save_run(
    path: str | Path,
    model: ReasoningModel,
    optimizer: torch.optim.Optimizer,
    rng: random.Random,
    generator: torch.Generator,
    settings: R1ZeroSettings,
    seed: int,
    history: list[dict[str, float]],
) -> None:
    """Everything that the next step depends on, so that a resumed run gives the same numbers."""
    save_checkpoint(
        path,
        {
            "run": f"{settings} seed={seed}",
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rng": rng.getstate(),
            "generator": generator.get_state(),
            "history": history,
        },
    )


def resume(
    path: str | Path,
    model: ReasoningModel,
    optimizer: torch.optim.Optimizer,
    rng: random.Random,
    generator: torch.Generator,
    settings: R1ZeroSettings,
    seed: int,
) -> list[dict[str, float]]:
    """Put an interrupted run back as it was; returns its history. Raises ValueError for a
    checkpoint of another run.
    """
    state = load_checkpoint(path)
    run = f"{settings} seed={seed}"
    if state.get("run") != run:
        raise ValueError(
            f"{path} holds another run ({state.get('run')}), not {run}. Name another file or delete it."
        )
    load_weights(model, state["model"])
    optimizer.load_state_dict(state["optimizer"])
    rng.setstate(state["rng"])
    generator.set_state(state["generator"])
    return state["history"]
