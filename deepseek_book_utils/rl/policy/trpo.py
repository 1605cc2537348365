"""TRPO: improve the policy as much as the batch allows while its mean KL to the policy
that acted stays within a radius.

After Schulman et al. (arXiv 1502.05477). The natural gradient says where to go, and a
quadratic guess how far. A line search then measures the true KL and the true gain, and
accepts no step that breaks the promise.

Advantages are those of GAE, and a critic is fitted to their returns by regression; the
paper used plain returns and no critic.

Letters: T steps, N environments, B rows that are experience, O numbers in an
observation, A actions.

Left out of the paper: the "vine", which restarts the task from chosen states; the
Fisher matrix from a subsample of the rows; continuous actions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...settings import check_ranges
from ..advantages import compute_gae, normalise_advantages
from ..environments import Environments, Step
from ..rollouts import check_total_steps, collect, recent_return
from .actor_critic import ActorCritic
from .natural_gradient import (
    conjugate_gradient,
    fisher_product,
    flat_gradient,
    mean_kl,
    set_weights,
    surrogate,
)


@dataclass(frozen=True)
class TRPOSettings:
    """Settings of TRPO; raises ValueError on values without sense.

    Chosen on CartPole-v1 with five seeds; the reasons are what was seen there.
    """

    total_steps: int = 60_000  # in all environments together
    environments: int = 16  # N: one call of the network serves all of them
    rollout_steps: int = 64  # T between updates
    hidden: tuple[int, ...] = (64, 64)  # of the actor, and again of the critic
    max_kl: float = 0.01  # delta, the radius: the paper's value
    products: int = 10  # Fisher products in one conjugate gradient: the usual value
    damping: float = 0.1  # added to the matrix's diagonal: no direction is free
    shrink: float = 0.5  # the line search halves a step that broke a promise
    trials: int = 10  # how often before it gives up: then the policy stays
    discount: float = 0.99  # gamma
    gae_decay: float = 0.95  # lambda: an estimate of n steps weighs lambda^n
    reward_scale: float = 0.05  # returns near 5: towards 100, a young critic is lost
    learning_rate: float = 3e-3  # of the critic; the actor needs none
    epochs: int = 5  # how often the critic sees a row
    batch_size: int = 256  # rows a step of the critic sees

    def __post_init__(self) -> None:
        counts = ("total_steps", "environments", "rollout_steps", "hidden", "products")
        check_ranges(
            self,
            count=(*counts, "trials", "epochs", "batch_size"),
            positive=("max_kl", "reward_scale", "learning_rate"),
            not_negative=("damping",),
            between=("shrink",),
            fraction=("discount", "gae_decay"),
        )
        check_total_steps(self)


class RealRows(NamedTuple):
    """What an update learns from, rows of resets left out: B of them."""

    observations: Tensor  # (B, O)
    actions: Tensor  # (B,) int
    advantages: Tensor  # (B,), normalised
    returns: Tensor  # (B,), what the critic is to say


@torch.no_grad()
def real_rows(
    network: ActorCritic, rollout: Step, last: Tensor, settings: TRPOSettings
) -> RealRows:
    """What was collected, judged by the critic: (T, N) -> (B,).

    `last` (N, O) is what the environments show after it.
    """
    values, last_value = network(rollout.observations)[1], network(last)[1]
    paid = rollout._replace(rewards=settings.reward_scale * rollout.rewards)
    advantages = compute_gae(
        paid, values, last_value, settings.discount, settings.gae_decay
    )
    scaled = normalise_advantages(advantages, rollout.real)
    table = (rollout.observations, rollout.actions, scaled, advantages + values)
    return RealRows(*(x[rollout.real] for x in table))


class TrustStep(NamedTuple):
    """What became of one step; all zero if it was refused."""

    share: float  # of the longest step that the quadratic guess allows
    kl: float  # measured mean KL(old policy, new policy)
    gain: float  # measured rise of the surrogate
    length: float  # of the step in the space of the weights


def trust_region_step(
    actor: nn.Module, rows: RealRows, settings: TRPOSettings
) -> TrustStep:
    """Move the actor along the natural gradient, never further than `max_kl`.

    If no trial keeps both promises, KL within the radius and a better surrogate, the
    weights are exactly what they were.
    """
    observations, actions, advantages, _ = rows
    logits = actor(observations)  # (B, A)
    old_logits = logits.detach()
    old_weights = nn.utils.parameters_to_vector(actor.parameters()).detach()
    before = surrogate(old_logits, logits, actions, advantages)
    gradient = flat_gradient(before, list(actor.parameters()))
    product = fisher_product(actor, observations, settings.damping)
    # F x = g: x is the natural gradient
    natural = conjugate_gradient(product, gradient, settings.products)
    curvature = natural @ product(natural)
    if not curvature > 0:  # nothing to learn from these rows
        return TrustStep(0.0, 0.0, 0.0, 0.0)
    # KL = x^T F x / 2, to second order: beta = sqrt(2 delta / x^T F x)     appendix C
    longest = (2 * settings.max_kl / curvature).sqrt() * natural
    for trial in range(settings.trials):
        share = settings.shrink**trial
        set_weights(actor, old_weights + share * longest)
        with torch.no_grad():
            logits = actor(observations)
            kl = mean_kl(old_logits, logits)
            gain = surrogate(old_logits, logits, actions, advantages) - before
        if kl <= settings.max_kl and gain > 0:
            length = share * longest.norm().item()
            return TrustStep(share, kl.item(), gain.item(), length)
    set_weights(actor, old_weights)
    return TrustStep(0.0, 0.0, 0.0, 0.0)


def regress_critic(
    critic: nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: RealRows,
    settings: TRPOSettings,
    generator: torch.Generator,
) -> float:
    """Fit V(s) to the returns by least squares; the mean squared error before."""
    observations, returns = rows.observations, rows.returns
    with torch.no_grad():
        before = (critic(observations)[:, 0] - returns).square().mean()
    for _ in range(settings.epochs):
        order = torch.randperm(len(returns), generator=generator)
        for some in order.split(settings.batch_size):
            error = critic(observations[some])[:, 0] - returns[some]
            optimizer.zero_grad()
            error.square().mean().backward()
            optimizer.step()
    return before.item()


def train_trpo(
    name: str,
    settings: TRPOSettings,
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
    optimizer = torch.optim.Adam(network.critic.parameters(), settings.learning_rate)
    history: list[dict[str, float]] = []
    batch = settings.environments * settings.rollout_steps
    for update in range(settings.total_steps // batch):
        rollout = collect(envs, network.actor, settings.rollout_steps, generator)
        rows = real_rows(network, rollout, envs.observations, settings)
        step = trust_region_step(network.actor, rows, settings)
        loss = regress_critic(network.critic, optimizer, rows, settings, generator)
        steps = (update + 1) * batch
        row = {"steps": steps, "episodes": len(envs.returns), "value": loss}
        history.append({**row, "return": recent_return(envs), **step._asdict()})
        if watch:
            watch(steps, network)
    return network, history
