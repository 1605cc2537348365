"""Reward shaping: pay for progress towards a rare reward, and change nothing else.

Ng, Harada and Russell (Policy invariance under reward transformations, 1999) show which
extra rewards are safe: F = gamma Phi(s') - Phi(s), the rise of a potential Phi. Along a
path they add up to the potential at its ends, so no detour and no circle can earn any.
Any Phi will do; a good one is close to the value of the state. It may also change while
the policy learns (Devlin and Kudenko, 2012), so it can be learned on the way.

`RewardShapingModel` holds a potential, given or learned; `RewardLearning` trains it
together with a policy, by PPO.

Letters: T steps, N environments, O numbers in an observation, B remembered transitions.

Left out: potentials of actions, advice about the policy, several potentials at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from ...settings import check_ranges
from ..environments import Environments, Step, check_observations
from ..networks import mlp
from ..policy.actor_critic import ActorCritic
from ..policy.ppo import PPOSettings, judge_rollout, ppo_update
from ..replay import Batch, ReplayBuffer
from ..rollouts import collect, recent_return
from ..value.tabular import Extra, Model

Number = TypeVar("Number", float, Tensor)


def potential_reward(
    potential: Number, following: Number, terminated: Number, discount: float
) -> Number:
    """What a step from `potential` to `following` is paid on top; numbers or tensors of
    one shape.

    Nothing follows an end of the task, so its potential is 0. An episode that the clock
    stopped is not at its end: there the potential counts as everywhere.
    """
    # F(s, s') = gamma Phi(s') - Phi(s)                                   Ng et al. 1999
    return discount * following * (terminated == 0) - potential


def add_rewards(model: Model, extra: Extra) -> Model:
    """The same task with `extra` paid on top at every step, for value iteration."""
    return {
        s: {
            a: [(p, s2, r + extra(s, s2, end), end) for p, s2, r, end in outcomes]
            for a, outcomes in actions.items()
        }
        for s, actions in model.items()
    }


@dataclass(frozen=True)
class ShapingSettings:
    """Settings of a learned potential; raises ValueError on values without sense."""

    hidden: tuple[int, ...] = (64,)
    learning_rate: float = 3e-3
    capacity: int = 100_000  # transitions: a rare success must not be forgotten
    batch_size: int = 256  # B
    updates: int = 50  # for each update of the policy
    # The most that a state is worth. The potential is the value minus this: 0 at best,
    # as an end is. Were it above 0, every end would cost, and the policy grows timid
    best: float = 1.0

    def __post_init__(self) -> None:
        counts = ("hidden", "capacity", "batch_size", "updates")
        check_ranges(self, count=counts, positive=("learning_rate",))
        if not math.isfinite(self.best):
            raise ValueError(f"best = {self.best}: take a number, the best return.")


class RewardShapingModel(nn.Module):
    """Adds to the rewards of a task what its potential says, as far as it knows by now.

    `potential` maps observations (..., O) to (...), in units of the reward. Without one
    the model learns it: the value of a state under all that was ever done in it, minus
    the best there is. All states are alike at first, and differ more with each success.
    Ng et al. 1999; Devlin and Kudenko 2012.

    Raises ValueError unless 0 <= discount <= 1.
    """

    def __init__(
        self,
        size: int,
        discount: float,
        potential: Callable[[Tensor], Tensor] | None = None,
        settings: ShapingSettings = ShapingSettings(),
    ) -> None:
        super().__init__()
        if not 0 <= discount <= 1:
            raise ValueError(f"discount = {discount}: take 0 <= discount <= 1.")
        self.size, self.discount, self.settings = size, discount, settings
        self.given = potential
        # (N,) potentials of where the environments stand, as they were on arrival
        self.arrived: Tensor | None = None
        if potential is None:
            self.network = mlp((size, *settings.hidden, 1), nn.Tanh, gain=0.01)
            self.memory = ReplayBuffer(settings.capacity, size)
            rate = settings.learning_rate
            self.optimizer = torch.optim.Adam(self.network.parameters(), lr=rate)

    def potential(self, observations: Tensor) -> Tensor:
        """Phi of observations (..., O) -> (...); ValueError on another size."""
        check_observations(observations, self.size)
        if self.given is not None:
            return self.given(observations)
        return self.network(observations)[..., 0] - self.settings.best

    @torch.no_grad()
    def forward(self, rollout: Step) -> Tensor:
        """The shaped rewards (T, N) of a rollout that goes on where the last one ended.

        A state keeps the potential that it had when it was reached, also where the next
        rollout begins. Rows that are not real are paid nothing on top.
        """
        following = self.potential(rollout.next_observations)  # (T, N)
        first = self.arrived
        if first is None:
            first = self.potential(rollout.observations[0])  # (N,)
        self.arrived = following[-1]
        # F = gamma Phi_t'(s') - Phi_t(s)                      Devlin and Kudenko 2012
        before = torch.cat((first[None], following[:-1]))
        extra = potential_reward(before, following, rollout.terminated, self.discount)
        return rollout.rewards + extra.masked_fill(~rollout.real, 0.0)

    def learn(self, rollout: Step, generator: torch.Generator) -> float:
        """Remember a rollout with the task's own rewards and learn from the memory;
        returns the mean loss, 0 where the potential is given.
        """
        if self.given is not None:
            return 0.0
        for row in zip(*rollout, strict=True):
            self.memory.add(Step(*row))
        size, losses = min(self.settings.batch_size, len(self.memory)), []
        for _ in range(self.settings.updates):
            loss = self.loss(self.memory.sample(size, generator))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    def loss(self, batch: Batch) -> Tensor:
        """Mean squared temporal difference of the value over B transitions."""
        with torch.no_grad():
            after = self.network(batch.next_observations)[:, 0] * ~batch.terminated
            target = batch.rewards + self.discount * after  # (B,)
        value = self.network(batch.observations)[:, 0]
        # (r + gamma V(s') - V(s))^2                   TD(0): Sutton and Barto, eq. 6.2
        return (target - value).square().mean()


class RewardLearning:
    """PPO on shaped rewards: the policy and what it is paid learn from the same steps.

    `model` is a RewardShapingModel, or None for the task's own rewards. Raises
    ValueError on a task without discrete actions or a row of numbers to see, and if
    model and settings discount differently.
    """

    def __init__(
        self,
        name: str,
        model: RewardShapingModel | None,
        settings: PPOSettings,
        seed: int,
    ) -> None:
        if model is not None and model.discount != settings.discount:
            raise ValueError(
                f"The model's discount is {model.discount}, the policy's "
                f"{settings.discount}: take one discount, or the pay does not cancel."
            )
        torch.manual_seed(seed)  # of the first weights
        self.generator = torch.Generator().manual_seed(seed)  # of the actions
        self.replaying = torch.Generator().manual_seed(seed)  # of what is remembered
        self.envs = Environments(name, settings.environments, seed)
        self.policy = ActorCritic(self.envs.size, self.envs.actions, settings.hidden)
        rate = settings.learning_rate
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=rate, eps=1e-5)
        self.model, self.settings, self.steps = model, settings, 0

    def update(self) -> dict[str, float]:
        """Act, pay, learn; returns the steps so far and the mean return, unshaped."""
        settings = self.settings
        actor, T = self.policy.actor, settings.rollout_steps
        rollout = collect(self.envs, actor, T, self.generator)
        paid = self.model(rollout) if self.model else rollout.rewards
        rows = judge_rollout(
            self.policy,
            rollout._replace(rewards=paid),
            self.envs.observations,
            settings,
        )
        ppo_update(self.policy, self.optimizer, rows, settings, self.generator)
        loss = self.model.learn(rollout, self.replaying) if self.model else 0.0
        self.steps += int(rollout.real.sum())
        return {
            "steps": self.steps,
            "return": recent_return(self.envs),
            "model_loss": loss,
        }
