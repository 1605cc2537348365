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
import torch.nn.functional as F
from torch import Tensor

from ..lm.model import ReasoningModel, rms_norm
from ..lm.sampling import Rollouts, generate, read_prompts
from ..training import load_checkpoint, load_weights, save_checkpoint
from .evaluation import summarise
from .grpo import group_advantages, grpo_loss
from .language import PAD, TOKEN_ID, sample_problem
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
    model: ReasoningModel
    optimizer: torch.optim.Optimizer
    rng: random.Random
    generator: torch.Generator
    history: list[dict[str, float]]


def start_run(model: ReasoningModel, settings: R1ZeroSettings, seed: int) -> Run:
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


def response_log_probs(
    model: ReasoningModel, prompts: Tensor, responses: Tensor, mask: Tensor
) -> Tensor:
    """log pi(o_t | q, o_<t) where mask (B, T) is true, 0 elsewhere; prompts (B, Tp),
    responses (B, T).

    Every prompt is read once, however many of its responses there are. Its last word
    belongs to the rows: what it says is the first word of the response.
    """
    different, which = prompts.unique(dim=0, return_inverse=True)
    reach, Tp, T = model.settings.neighbours, prompts.shape[1] - 1, responses.shape[1]
    tokens = F.pad(prompts, (reach, 0), value=TOKEN_ID[PAD])[:, Tp:]
    tokens = torch.cat((tokens, responses[:, :-1]), dim=1)  # (B, reach + T)
    x, angles = model.embed(tokens, skip=reach), model.angles[Tp : Tp + T]
    seen = (prompts[:, None, None, :-1] != TOKEN_ID[PAD]).expand(-1, -1, T, -1)
    causal = torch.ones(T, T, dtype=torch.bool, device=x.device).tril()
    visible = torch.cat((seen, causal.expand(len(x), 1, T, T)), dim=-1)
    read = read_prompts(model, different[:, :-1])
    for block, prompt in zip(model.blocks, read, strict=True):
        q, k, v = block.project(x, angles)
        k, v = torch.cat((prompt[:, which], torch.stack((k, v))), dim=3)
        heads = F.scaled_dot_product_attention(q, k, v, attn_mask=visible)
        attended = heads.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, C)
        if block is model.blocks[-1]:  # (B, T, C) -> (N, C): skip what carries no loss
            x, attended = x[mask], attended[mask]
        x = block.mix(x, attended)
    log_probs = model.head(rms_norm(x)).float().log_softmax(dim=-1)  # (N, V)
    picked = log_probs.gather(1, responses[mask][:, None])[:, 0]
    return torch.zeros(mask.shape, device=mask.device).masked_scatter(mask, picked)


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
        total = rollouts.chosen[minibatch].sum()
        run.optimizer.zero_grad()
        for start in range(0, len(minibatch), 32):  # rows of like length: less padding
            micro = minibatch[start : start + 32]
            T = lengths[micro[-1]]  # the longest
            responses, mask = rollouts.responses[micro, :T], rollouts.chosen[micro, :T]
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
    model: ReasoningModel,
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
        rollouts = generate(
            model,
            [problem.prompt for problem in problems],
            settings.group_size,
            run.generator,
            settings.max_new_tokens,
            pen=settings.pen,
            forbidden=settings.forbidden,
        )
        texts = rollouts.texts()
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
