"""A policy that acts, and a critic that says how much better than usual it went: from
the return of REINFORCE to n-step advantages, and A2C.

REINFORCE (Williams, 1992) raises log pi(a|s) by the return that followed. A return
holds the luck of hundreds of later steps: right on average, wild each time. Two ideas
calm it:

- A baseline. Subtract V(s), what the state was worth anyway. The gradient stays the
  same on average; its weight is now the advantage A = R - V(s), which is smaller.
- n steps. After n rewards V stands for all that comes later. This trades the luck of
  everything beyond n steps for the critic's error.

`gradient_noise` measures both. A2C is the method of Mnih et al. (arXiv 1602.01783)
with one process that steps all copies of the task together; `a3c` has the paper's
workers.

Letters: T steps, N environments, O numbers in an observation, A actions.

Left out of the paper: layers that policy and critic share, recurrent networks,
continuous actions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...nn.schedules import cosine
from ...settings import check_ranges
from ..advantages import n_step_returns
from ..environments import Environments, Step, check_observations
from ..networks import mlp
from ..rollouts import check_total_steps, collect, recent_return


@dataclass(frozen=True)
class A2CSettings:
    """Settings of A2C and of an A3C worker; raises ValueError on values without sense.

    Chosen on CartPole-v1 with five seeds; the reasons are what was seen there.
    """

    total_steps: int = 100_000  # in all environments together
    environments: int = 16  # N: one call of the network serves all of them
    rollout_steps: int = 32  # T between updates: with 5, a young critic misleads
    hidden: tuple[int, ...] = (64, 64)  # of the actor, and again of the critic
    learning_rate: float = 3e-3  # falls to zero along half a cosine: the end stays
    discount: float = 0.99  # gamma
    reward_scale: float = 0.05  # returns near 5: towards 100, a young critic is lost
    value_weight: float = 0.5  # a half: the gradient of (R - V)^2 brings a two
    entropy_weight: float = 0.0  # not needed here; 0.01 keeps a policy curious
    max_grad_norm: float = 0.5  # longest gradient, over all parameters

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("total_steps", "environments", "rollout_steps", "hidden"),
            positive=("learning_rate", "reward_scale", "max_grad_norm"),
            not_negative=("value_weight", "entropy_weight"),
            fraction=("discount",),
        )
        check_total_steps(self)


class ActorCritic(nn.Module):
    """Two networks: the actor scores actions, the critic says what a state is worth.

    Observations (..., O) -> logits (..., A) and values (...). Raises ValueError on
    observations of another size.
    """

    def __init__(
        self, size: int, actions: int, hidden: tuple[int, ...] = (64, 64)
    ) -> None:
        super().__init__()
        self.size = size
        # Small logits: at first, every action is about as likely as any other.
        self.actor = mlp((size, *hidden, actions), nn.Tanh, gain=0.01)
        self.critic = mlp((size, *hidden, 1), nn.Tanh)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        check_observations(observations, self.size)
        return self.actor(observations), self.critic(observations)[..., 0]


class Losses(NamedTuple):
    """A loss and its parts, all scalars."""

    total: Tensor
    policy: Tensor
    value: Tensor
    entropy: Tensor


def a2c_loss(
    logits: Tensor,
    values: Tensor,
    actions: Tensor,
    returns: Tensor,
    real: Tensor,
    value_weight: float = 0.5,
    entropy_weight: float = 0.0,
) -> Losses:
    """The loss of a batch, a mean over the rows that are real.

    logits (..., A) and values (...) carry the gradient; actions, returns, real (...).
    Raises ValueError if shapes differ.
    """
    shapes = [tuple(x.shape) for x in (logits[..., 0], values, actions, returns, real)]
    if len(set(shapes)) > 1:
        raise ValueError(
            "Expected logits (..., A) and values, actions, returns, real (...); got "
            f"{[tuple(logits.shape), *shapes[1:]]}. Mind the critic's last axis."
        )
    weight = real / real.sum().clamp(min=1)  # what a row counts
    # the other rows become 0, whatever they hold: weight 0 times NaN would be NaN
    logits = logits.masked_fill(~real[..., None], 0.0)
    values, actions, returns = (
        x.masked_fill(~real, 0) for x in (values, actions, returns)
    )
    log_probs = logits.log_softmax(dim=-1)
    taken = log_probs.gather(-1, actions[..., None])[..., 0]  # (..., A) -> (...)
    # A = R - V(s): a number for the actor, which must not teach the critic
    advantages = (returns - values).detach()
    # -log pi(a|s) A and (R - V(s))^2             Mnih et al. 2016, algorithm S3
    policy = -(weight * taken * advantages).sum()
    value = (weight * (returns.detach() - values).square()).sum()
    # H(pi(s)), subtracted: curiosity is worth something             section 4
    entropy = -(weight * (log_probs.exp() * log_probs).sum(dim=-1)).sum()
    total = policy + value_weight * value - entropy_weight * entropy
    return Losses(total, policy, value, entropy)


def rollout_loss(
    network: ActorCritic, rollout: Step, last: Tensor, settings: A2CSettings
) -> Losses:
    """The loss of what was collected, `last` (N, O) being what the environments show
    after it.
    """
    logits, values = network(rollout.observations)  # (T, N, A), (T, N)
    with torch.no_grad():
        paid = rollout._replace(rewards=settings.reward_scale * rollout.rewards)
        returns = n_step_returns(paid, values, network(last)[1], settings.discount)
    return a2c_loss(
        logits,
        values,
        rollout.actions,
        returns,
        rollout.real,
        settings.value_weight,
        settings.entropy_weight,
    )


def train_a2c(
    name: str,
    settings: A2CSettings,
    seed: int,
    watch: Callable[[int, ActorCritic], None] | None = None,
) -> tuple[ActorCritic, list[dict[str, float]]]:
    """Train on a gymnasium task; returns the network, and what every update saw.

    `watch` is called after every update with the steps so far and the network. Raises
    ValueError on a task without discrete actions or a row of numbers to see.
    """
    torch.manual_seed(seed)  # of the first weights
    generator = torch.Generator().manual_seed(seed)  # of the actions
    envs = Environments(name, settings.environments, seed)
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    optimizer = torch.optim.RMSprop(network.parameters(), alpha=0.99, eps=1e-5)
    history: list[dict[str, float]] = []
    batch = settings.environments * settings.rollout_steps
    updates = settings.total_steps // batch
    for update in range(updates):
        rollout = collect(envs, network.actor, settings.rollout_steps, generator)
        losses = rollout_loss(network, rollout, envs.observations, settings)
        optimizer.zero_grad()
        losses.total.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.max_grad_norm)
        rate = settings.learning_rate * cosine(update, updates)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        steps = (update + 1) * batch
        parts = {part: value.item() for part, value in losses._asdict().items()}
        row = {"steps": steps, "episodes": len(envs.returns)}
        history.append({**row, "return": recent_return(envs), **parts})
        if watch:
            watch(steps, network)
    return network, history
