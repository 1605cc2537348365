"""PPO: several steps on what was just seen, and none where the policy has moved far.

After Schulman et al. (arXiv 1707.06347): the clipped objective, with an actor and a
critic that learn from the same minibatches; the advantages are those of generalised
advantage estimation (Schulman et al., arXiv 1506.02438). Two habits that the paper does
not name, and nearly all code has: advantages are normalised in every minibatch, and the
gradient is clipped.

Letters: T steps, N environments, O numbers in an observation, A actions, B rows of a
minibatch.

Left out of the paper: the penalty on KL in place of the clip (section 4), a clipped
range that shrinks, layers that policy and critic share, continuous actions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...nn.schedules import cosine
from ..advantages import compute_gae, normalise_advantages
from ..environments import Environments, Step
from ..rollouts import collect, recent_return
from .actor_critic import ActorCritic


@dataclass(frozen=True)
class PPOSettings:
    """Settings of PPO; raises ValueError on values without sense.

    Chosen on CartPole-v1 with five seeds; the reasons are what was seen there.
    """

    total_steps: int = 50_000  # in all environments together
    environments: int = 32  # N: one call of the network serves all of them
    steps: int = 64  # T between updates: with 32, some seeds solved the task and fell
    epochs: int = 10  # how often a row is used: with 4, twice as many steps were needed
    minibatch: int = 512  # B, rows that a step of the optimizer sees: a quarter
    hidden: tuple[int, ...] = (64, 64)  # of the actor, and again of the critic
    learning_rate: float = 3e-3  # falls to zero along half a cosine: the end stays
    discount: float = 0.99  # gamma
    gae_decay: float = 0.95  # lambda: an estimate of n steps weighs lambda^n
    reward_scale: float = 0.05  # returns near 5, as in A2C: that suits a young critic
    clip: float = 0.2  # epsilon: a ratio beyond 1 +- epsilon earns nothing more
    value_weight: float = 0.5  # a half: the gradient of (R - V)^2 brings a two
    entropy_weight: float = 0.0  # not needed here; 0.01 keeps a policy curious
    gradient_clip: float = 0.5  # longest gradient, over all parameters

    def __post_init__(self) -> None:
        positive = ("total_steps", "environments", "steps", "epochs", "minibatch")
        rates = ("learning_rate", "reward_scale", "clip", "gradient_clip")
        for name in (*positive, *rates):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(
                    f"{name} = {getattr(self, name)} teaches nothing: take {name} > 0."
                )
        for name in ("value_weight", "entropy_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} = {getattr(self, name)}: take {name} >= 0.")
        for name in ("discount", "gae_decay"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(
                    f"{name} = {getattr(self, name)}: take 0 <= {name} <= 1."
                )
        rows = self.environments * self.steps
        if self.total_steps < rows:
            raise ValueError(
                f"total_steps = {self.total_steps} is less than one update: take at "
                f"least environments * steps = {rows}."
            )
        if self.minibatch > rows:
            raise ValueError(
                f"minibatch = {self.minibatch} is more than an update has: take at "
                f"most environments * steps = {rows}."
            )


class PPOLosses(NamedTuple):
    """A loss, its parts, and how far the policy has moved from the one that acted: all
    scalars.
    """

    total: Tensor
    policy: Tensor
    value: Tensor
    entropy: Tensor
    kl: Tensor  # an estimate of KL(old policy, policy)
    clipped: Tensor  # share of rows whose ratio is further from 1 than the clip


def ppo_loss(
    logits: Tensor,
    values: Tensor,
    actions: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    returns: Tensor,
    real: Tensor,
    clip: float = 0.2,
    value_weight: float = 0.5,
    entropy_weight: float = 0.0,
) -> PPOLosses:
    """The loss of a minibatch, a mean over the rows that are real.

    logits (..., A) and values (...) carry the gradient; the others (...) are numbers:
    old_log_probs are those of the actions under the policy that chose them. Raises
    ValueError if shapes differ.
    """
    rows = (values, actions, old_log_probs, advantages, returns, real)
    if {x.shape for x in rows} != {logits.shape[:-1]}:
        raise ValueError(
            "Expected logits (..., A) and values, actions, old_log_probs, advantages, "
            f"returns, real (...); got {[tuple(x.shape) for x in (logits, *rows)]}. "
            "Mind the critic's last axis."
        )
    share = real.to(values.dtype) / real.sum().clamp(min=1)  # what a row counts
    log_probs = logits.log_softmax(dim=-1)
    chosen = log_probs.gather(-1, actions[..., None])[..., 0]  # (..., A) -> (...)
    # r = pi(a|s) / pi_old(a|s)                            Schulman et al. 2017, eq. 6
    log_ratio = (chosen - old_log_probs).masked_fill(~real, 0.0)
    ratio = log_ratio.exp()
    # min(r A, clip(r, 1 - eps, 1 + eps) A): to move further earns nothing      eq. 7
    kept = torch.min(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)
    policy = -(share * kept).sum()
    value = (share * (returns - values).square()).sum()
    entropy = -(share * (log_probs.exp() * log_probs).sum(dim=-1)).sum()
    total = policy + value_weight * value - entropy_weight * entropy  # -eq. 9
    with torch.no_grad():
        # r - 1 - log r: never negative, on average KL   Schulman, "Approximating KL"
        kl = (share * (ratio - 1 - log_ratio)).sum()
        clipped = (share * ((ratio - 1).abs() > clip)).sum()
    return PPOLosses(total, policy, value, entropy, kl, clipped)


class Experience(NamedTuple):
    """What an update learns from: rows of observations (..., O), the rest (...)."""

    observations: Tensor
    actions: Tensor
    old_log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    real: Tensor


@torch.no_grad()
def judge_rollout(
    network: ActorCritic, rollout: Step, last: Tensor, settings: PPOSettings
) -> Experience:
    """What was collected, judged by the network that acted, in rows: (T, N) -> (T N).

    `last` (N, O) is what the environments show after it.
    """
    logits, values = network(rollout.observations)  # (T, N, A), (T, N)
    advantages = compute_gae(
        settings.reward_scale * rollout.rewards,
        values,
        network(last)[1],
        rollout.terminated,
        rollout.truncated,
        rollout.real,
        settings.discount,
        settings.gae_decay,
    )
    actions = rollout.actions[..., None]
    log_probs = logits.log_softmax(dim=-1).gather(-1, actions)[..., 0]
    table = Experience(
        rollout.observations,
        rollout.actions,
        log_probs,
        advantages,
        advantages + values,  # what the critic is to say: the estimate of the return
        rollout.real,
    )
    return Experience(*(x.flatten(0, 1) for x in table))


def ppo_update(
    network: ActorCritic,
    optimizer: torch.optim.Optimizer,
    rows: Experience,
    settings: PPOSettings,
    generator: torch.Generator,
) -> PPOLosses:
    """Epochs over the rows, a step for every minibatch; returns the mean losses."""
    told = []
    for _ in range(settings.epochs):
        order = torch.randperm(len(rows.real), generator=generator)
        for chosen in order.split(settings.minibatch):
            batch = Experience(*(x[chosen] for x in rows))  # (T N, ...) -> (B, ...)
            logits, values = network(batch.observations)
            losses = ppo_loss(
                logits,
                values,
                batch.actions,
                batch.old_log_probs,
                normalise_advantages(batch.advantages, batch.real),
                batch.returns,
                batch.real,
                settings.clip,
                settings.value_weight,
                settings.entropy_weight,
            )
            optimizer.zero_grad()
            losses.total.backward()
            nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
            optimizer.step()
            told.append(torch.stack(losses).detach())
    return PPOLosses(*torch.stack(told).mean(dim=0))


def train_ppo(
    name: str,
    settings: PPOSettings,
    seed: int,
    watch: Callable[[int, ActorCritic], None] | None = None,
) -> tuple[ActorCritic, list[dict[str, float]]]:
    """Train on a gymnasium task; returns the network, and what every update saw.

    `watch` is called after every update with the steps so far and the network. Raises
    ValueError on a task without discrete actions or a row of numbers to see.
    """
    torch.manual_seed(seed)  # of the first weights
    generator = torch.Generator().manual_seed(
        seed
    )  # of the actions and the minibatches
    envs = Environments(name, settings.environments, seed)
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-5, fused=True)
    history: list[dict[str, float]] = []
    batch = settings.environments * settings.steps
    updates = settings.total_steps // batch
    for update in range(updates):
        rate = settings.learning_rate * cosine(update, updates)
        optimizer.param_groups[0]["lr"] = rate
        rollout = collect(envs, network.actor, settings.steps, generator)
        rows = judge_rollout(network, rollout, envs.observations, settings)
        losses = ppo_update(network, optimizer, rows, settings, generator)
        steps = (update + 1) * batch
        parts = {part: value.item() for part, value in losses._asdict().items()}
        row = {"steps": steps, "episodes": len(envs.returns)}
        history.append({**row, "return": recent_return(envs), **parts})
        if watch:
            watch(steps, network)
    return network, history
