"""Learning from a log: others have acted, and nobody may try anything out any more.

Three learners read the same transitions:

behaviour cloning   take the action that the log takes      Pomerleau, 1989
offline DQN         Q-learning, as if the log were a replay memory
CQL                 the same, and an action that the log does not take is talked down
                    Kumar et al., arXiv 2006.04779

CQL is here CQL(H): a penalty beside the loss of DQN, whose error is bounded
where the paper writes half a square. Left out: continuous actions with an actor, a
weight of the penalty that is learned too, distributions in place of values.

Letters: E episodes, O numbers in an observation, A actions, B rows of a batch, M
transitions of a log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...nn.schedules import cosine
from ...settings import check_ranges
from ..environments import Environments
from ..networks import QNetwork
from ..replay import Batch
from .dqn import dqn_loss, dqn_targets
from .targets import SoftTarget


class Log(NamedTuple):
    """What was written down: M transitions, and what each episode earned."""

    transitions: Batch  # M rows
    returns: Tensor  # (E,)


@torch.no_grad()
def write_log(
    name: str, act: Callable[[Tensor], Tensor], episodes: int, seed: int
) -> Log:
    """Let E = `episodes` copies of a task run to their ends, and write all of it down.

    `act` maps observations (E, O) to actions (E,); row e belongs to episode e from its
    start to its end, so that each may be played by somebody else.
    """
    envs = Environments(name, episodes, seed)
    running = torch.ones(episodes, dtype=torch.bool)
    returns, rows = torch.zeros(episodes), []
    while running.any():
        step = envs.step(act(envs.observations))
        told = [step.observations, step.actions, step.rewards]
        told += [step.next_observations, step.terminated]
        rows.append(Batch(*(field[running] for field in told)))
        returns += step.rewards * running
        running &= ~(step.terminated | step.truncated)
    return Log(Batch(*map(torch.cat, zip(*rows, strict=True))), returns)


def behaviour_loss(scores: Tensor, actions: Tensor) -> Tensor:
    """Minus the log-probability of the logged actions (B,), a mean, if softmax of the
    scores (B, A) acts: log sum_a exp f(s, a) - f(s, a of the log).

    For a policy's scores this is behaviour cloning; for Q-values it is CQL's penalty.
    """
    taken = scores.gather(1, actions[:, None])[:, 0]  # (B, A) -> (B,)
    return (scores.logsumexp(dim=1) - taken).mean()


def cql_loss(
    values: Tensor, actions: Tensor, targets: Tensor, penalty_weight: float
) -> Tensor:
    """The loss of DQN for values (B, A), actions and targets (B,), and what makes it
    conservative.
    """
    # alpha E_D[log sum_a exp Q(s, a) - Q(s, a_D)] + TD error      Kumar 2020, CQL(H)
    penalty = behaviour_loss(values, actions)
    return penalty_weight * penalty + dqn_loss(values, actions, targets)


@dataclass(frozen=True)
class OfflineSettings:
    """Settings of `learn_offline`; raises ValueError where a value makes no sense.

    Chosen on logs of CartPole-v1 with development seeds.
    """

    method: str = "cql"  # or "dqn", CQL without its penalty, or "cloning"
    updates: int = 600
    hidden: tuple[int, ...] = (64, 64)
    batch_size: int = 128  # B
    learning_rate: float = 1e-3  # falls to zero along half a cosine
    discount: float = 0.99  # gamma
    reward_scale: float = 0.1  # values near 10 where nothing falls
    penalty_weight: float = 1.0  # alpha; 0.3 earned as much on two logs

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "hidden", "batch_size"),
            positive=("learning_rate", "reward_scale"),
            not_negative=("penalty_weight",),
            fraction=("discount",),
        )
        if self.method not in ("cloning", "dqn", "cql"):
            raise ValueError(f"method = {self.method!r}: take cloning, dqn or cql.")


def offline_loss(
    network: nn.Module, target: SoftTarget, batch: Batch, settings: OfflineSettings
) -> Tensor:
    """What the method of the settings makes of one batch, a number to lower."""
    scores = network(batch.observations)
    if settings.method == "cloning":
        return behaviour_loss(scores, batch.actions)
    with torch.no_grad():
        targets = dqn_targets(
            settings.reward_scale * batch.rewards,
            batch.terminated,
            target.values(batch.next_observations),
            settings.discount,
        )
    weight = settings.penalty_weight if settings.method == "cql" else 0.0
    return cql_loss(scores, batch.actions, targets, weight)


def learn_offline(log: Log, settings: OfflineSettings, seed: int) -> nn.Module:
    """Learn from the log alone; returns a network of scores, (..., O) -> (..., A): take
    the action of the largest. They are Q-values, or logits after cloning. Actions above
    the largest of the log are unknown to it.

    Raises ValueError if the log is empty.
    """
    transitions = log.transitions
    if not len(transitions.rewards):
        raise ValueError("The log is empty: let somebody play before you learn.")
    generator = torch.Generator().manual_seed(seed)
    size = transitions.observations.shape[1]
    actions = int(transitions.actions.max()) + 1
    network = QNetwork(size, actions, settings.hidden, generator)
    target = SoftTarget(network)
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    for update in range(settings.updates):
        drawn = torch.randint(
            len(transitions.rewards), (settings.batch_size,), generator=generator
        )
        batch = Batch(*(field[drawn] for field in transitions))
        loss = offline_loss(network, target, batch, settings)
        rate = settings.learning_rate * cosine(update, settings.updates)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        target.update(network, loss.item())
    return network
