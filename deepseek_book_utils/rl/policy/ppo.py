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

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...nn.schedules import cosine
from ...settings import check_ranges
from ..advantages import compute_gae, normalise_advantages
from ..environments import Environments, Step
from ..rollouts import check_total_steps, collect, recent_return
from .actor_critic import ActorCritic


@dataclass(frozen=True)
class PPOSettings:
    """Settings of PPO; raises ValueError on values without sense.

    Chosen on CartPole-v1 with five seeds; the reasons are what was seen there.
    """

    total_steps: int = 50_000  # in all environments together
    environments: int = 32  # N: one call of the network serves all of them
    rollout_steps: int = 64  # T between updates: with 32, some seeds fell at the end
    epochs: int = 10  # how often a row is used: with 4, twice as many steps were needed
    batch_size: int = 512  # B, rows that a step of the optimizer sees: a quarter
    hidden: tuple[int, ...] = (64, 64)  # of the actor, and again of the critic
    learning_rate: float = 3e-3  # falls to zero along half a cosine: the end stays
    discount: float = 0.99  # gamma
    gae_decay: float = 0.95  # lambda: an estimate of n steps weighs lambda^n
    reward_scale: float = 0.05  # returns near 5, as in A2C: that suits a young critic
    clip_range: float = 0.2  # epsilon: a ratio beyond 1 +- epsilon earns nothing more
    value_weight: float = 0.5  # a half: the gradient of (R - V)^2 brings a two
    entropy_weight: float = 0.0  # not needed here; 0.01 keeps a policy curious
    max_grad_norm: float = 0.5  # longest gradient, over all parameters

    def __post_init__(self) -> None:
        counts = ("total_steps", "environments", "rollout_steps", "epochs", "hidden")
        check_ranges(
            self,
            count=(*counts, "batch_size"),
            positive=("learning_rate", "reward_scale", "clip_range", "max_grad_norm"),
            not_negative=("value_weight", "entropy_weight"),
            fraction=("discount", "gae_decay"),
        )
        check_total_steps(self)
        rows = self.environments * self.rollout_steps
        if self.batch_size > rows:
            raise ValueError(
                f"batch_size = {self.batch_size} is more than an update has: take at "
                f"most environments * rollout_steps = {rows}."
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
    clipped: Tensor  # share of rows whose ratio is outside of the clip range


class Experience(NamedTuple):
    """What an update learns from: rows of observations (..., O), the rest (...)."""

    observations: Tensor
    actions: Tensor
    old_log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    real: Tensor


def ppo_loss(
    logits: Tensor,
    values: Tensor,
    rows: Experience,
    clip_range: float = 0.2,
    value_weight: float = 0.5,
    entropy_weight: float = 0.0,
) -> PPOLosses:
    """The loss of a minibatch, a mean over the rows that are real.

    logits (..., A) and values (...), of the rows' observations, carry the gradient; the
    rows (...) are numbers. A ratio stops at exp(20), and has no slope there. Raises
    ValueError if shapes differ.
    """
    real = rows.real
    shapes = [tuple(x.shape) for x in (logits[..., 0], values, *rows[1:])]
    if len(set(shapes)) > 1:
        raise ValueError(
            "Expected logits (..., A) and values, actions, old_log_probs, advantages, "
            f"returns, real (...); got {[tuple(logits.shape), *shapes[1:]]}. "
            "Mind the critic's last axis."
        )
    weight = real.to(values.dtype) / real.sum().clamp(min=1)  # what a row counts
    # the other rows become 0, whatever they hold: weight 0 times NaN would be NaN
    logits = logits.masked_fill(~real[..., None], 0.0)
    values, actions, old_log_probs, advantages, returns = (
        x.masked_fill(~real, 0) for x in (values, *rows[1:5])
    )
    log_probs = logits.log_softmax(dim=-1)
    taken = log_probs.gather(-1, actions[..., None])[..., 0]  # (..., A) -> (...)
    # r = pi(a|s) / pi_old(a|s)                            Schulman et al. 2017, eq. 6
    log_ratio = taken - old_log_probs
    ratio = log_ratio.clamp(max=20).exp()  # exp(89) is inf, its slope 0 * inf is NaN
    # min(r A, clip(r, 1 - eps, 1 + eps) A): to move further earns nothing      eq. 7
    clipped = ratio.clamp(1 - clip_range, 1 + clip_range)
    kept = torch.min(ratio * advantages, clipped * advantages)
    policy = -(weight * kept).sum()
    value = (weight * (returns - values).square()).sum()
    entropy = -(weight * (log_probs.exp() * log_probs).sum(dim=-1)).sum()
    total = policy + value_weight * value - entropy_weight * entropy  # -eq. 9
    with torch.no_grad():
        # r - 1 - log r: never negative, on average KL   Schulman, "Approximating KL"
        kl = (weight * (ratio - 1 - log_ratio)).sum()
        outside = (weight * ((ratio - 1).abs() > clip_range)).sum()
    return PPOLosses(total, policy, value, entropy, kl, outside)


@torch.no_grad()
def judge_rollout(
    network: ActorCritic, rollout: Step, last: Tensor, settings: PPOSettings
) -> Experience:
    """What was collected, judged by the network that acted, in rows: (T, N) -> (T N).

    `last` (N, O) is what the environments show after it.
    """
    logits, values = network(rollout.observations)  # (T, N, A), (T, N)
    paid = rollout._replace(rewards=settings.reward_scale * rollout.rewards)
    advantages = compute_gae(
        paid, values, network(last)[1], settings.discount, settings.gae_decay
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
        for some in order.split(settings.batch_size):
            batch = Experience(*(x[some] for x in rows))  # (T N, ...) -> (B, ...)
            scaled = normalise_advantages(batch.advantages, batch.real)
            logits, values = network(batch.observations)
            losses = ppo_loss(
                logits,
                values,
                batch._replace(advantages=scaled),
                settings.clip_range,
                settings.value_weight,
                settings.entropy_weight,
            )
            optimizer.zero_grad()
            losses.total.backward()
            nn.utils.clip_grad_norm_(network.parameters(), settings.max_grad_norm)
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
    generator = torch.Generator().manual_seed(seed)  # of actions and minibatches
    envs = Environments(name, settings.environments, seed)
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-5, fused=True)
    history: list[dict[str, float]] = []
    batch = settings.environments * settings.rollout_steps
    updates = settings.total_steps // batch
    for update in range(updates):
        rate = settings.learning_rate * cosine(update, updates)
        optimizer.param_groups[0]["lr"] = rate
        rollout = collect(envs, network.actor, settings.rollout_steps, generator)
        rows = judge_rollout(network, rollout, envs.observations, settings)
        losses = ppo_update(network, optimizer, rows, settings, generator)
        steps = (update + 1) * batch
        parts = {part: value.item() for part, value in losses._asdict().items()}
        row = {"steps": steps, "episodes": len(envs.returns)}
        history.append({**row, "return": recent_return(envs), **parts})
        if watch:
            watch(steps, network)
    return network, history
