"""Deep Q-networks: Q-learning when there are too many states for a table.

DQN (Mnih et al., arXiv 1312.5602) with the target network and the bounded error of its
second paper (Nature 2015), and two of its heirs, each of which can be switched on:
Double DQN (van Hasselt et al., 1509.06461) and Dueling networks (Wang et al.,
1511.06581).

Letters: B transitions, O numbers in an observation, A actions, gamma discount.

Different from the papers: several copies of the task are played at once, the learning
rate falls to zero, and an episode that only the clock ended still bootstraps. Left out:
screens and convolutions, stacks of frames, clipped rewards, priorities.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.schedules import cosine
from ...settings import check_ranges
from ..environments import Environments
from ..networks import DuelingNetwork, QNetwork
from ..replay import Batch, ReplayBuffer
from ..rollouts import Measure, greedy_returns, mean_return
from .targets import SoftTarget, TargetNetwork


@dataclass(frozen=True)
class DQNSettings:
    """Settings of `train_dqn`; raises ValueError where a value makes no sense.

    Chosen on CartPole-v1 with development seeds; the reasons are what was seen there.
    """

    updates: int = 3000
    environments: int = 32  # one step of all of them before each update; 8 are too few
    hidden: tuple[int, ...] = (128, 128)  # with 64 some runs fall back at the end
    batch_size: int = 512  # a large batch costs a processor little
    capacity: int = 50_000  # transitions that the replay remembers
    learning_starts: int = 1000  # transitions by chance, before the first update
    learning_rate: float = 5e-3  # falls to zero along half a cosine: the end stays
    discount: float = 0.995  # gamma: what comes in 200 steps still counts a third
    reward_scale: float = 0.01  # values near 2: towards 200, a young network is lost
    epsilon: float = 0.2  # share of actions by chance; 0.05 does as well
    exploring: float = 0.2  # share of the updates in which epsilon comes down from 1
    double: bool = False  # Double DQN
    dueling: bool = False  # Dueling network
    target: Callable[[nn.Module], TargetNetwork] = SoftTarget
    evaluate_every: int = 250  # updates; the last one is always measured

    def __post_init__(self) -> None:
        counts = ("updates", "environments", "hidden", "batch_size", "capacity")
        check_ranges(
            self,
            count=(*counts, "learning_starts", "evaluate_every"),
            positive=("learning_rate", "reward_scale"),
            fraction=("discount", "epsilon", "exploring"),
        )
        if not self.batch_size <= self.learning_starts <= self.capacity:
            raise ValueError(
                f"batch_size = {self.batch_size}, learning_starts = "
                f"{self.learning_starts}, capacity = {self.capacity}: a batch must be "
                "there before learning starts, and all of that must fit the replay."
            )


def check_batch(**tensors: Tensor) -> None:
    """Raise ValueError unless all have the same shape (B,): (B, 1) would broadcast."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1 or any(len(s) != 1 for s in shapes.values()):
        raise ValueError(f"Expected one number a transition, (B,) each; got {shapes}.")


def bootstrap(
    rewards: Tensor, terminated: Tensor, following: Tensor, discount: float
) -> Tensor:
    """A reward and what follows it, all (B,); after a terminal state nothing follows.

    Raises ValueError on other shapes, or if `terminated` is not bool.
    """
    check_batch(rewards=rewards, terminated=terminated, following=following)
    if terminated.dtype != torch.bool:
        raise ValueError(f"terminated is {terminated.dtype}: pass it as bool.")
    return rewards + discount * following.masked_fill(terminated, 0.0)


def dqn_targets(
    rewards: Tensor, terminated: Tensor, next_values: Tensor, discount: float
) -> Tensor:
    """What Q(s, a) should be (B,), from rewards and terminated (B,) and the target
    network's values of the next states (B, A).
    """
    # y = r + gamma max_a' Q(s', a'; theta-), or r at the end   Mnih et al., algorithm 1
    best = next_values.amax(dim=1)  # (B, A) -> (B,)
    return bootstrap(rewards, terminated, best, discount)


def double_dqn_targets(
    rewards: Tensor,
    terminated: Tensor,
    next_values: Tensor,
    next_online_values: Tensor,
    discount: float,
) -> Tensor:
    """The same, where the online network's values (B, A) choose the next action and the
    target network's judge it: one's luck is not the other's.
    """
    # y = r + gamma Q(s', argmax_a' Q(s', a'; theta); theta-)
    #                         van Hasselt et al., eq. 4, its second network the target
    best_actions = next_online_values.argmax(dim=1, keepdim=True)  # (B, A) -> (B, 1)
    judged = next_values.gather(1, best_actions)[:, 0]  # (B, 1) -> (B,)
    return bootstrap(rewards, terminated, judged, discount)


def dqn_loss(values: Tensor, actions: Tensor, targets: Tensor) -> Tensor:
    """How far values (B, A) of the actions taken (B,) are from targets (B,): the Huber
    loss, squared up to an error of 1 and straight beyond. No gradient reaches targets.
    """
    taken = values.gather(1, actions[:, None])[:, 0]  # (B, A) -> (B,)
    check_batch(taken=taken, targets=targets)
    return F.smooth_l1_loss(taken, targets.detach())


def epsilon_greedy(
    values: Tensor, epsilon: float, generator: torch.Generator
) -> Tensor:
    """Actions (N,): by chance with probability epsilon, else those of highest value
    (N, A).
    """
    count, actions = values.shape
    guesses = torch.randint(actions, (count,), generator=generator)
    by_chance = torch.rand(count, generator=generator) < epsilon
    return torch.where(by_chance, guesses, values.argmax(dim=1))


def learn(
    online: nn.Module,
    target: TargetNetwork,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: DQNSettings,
) -> float:
    """One update of the online network, then of its target; returns the loss."""
    rewards, after = settings.reward_scale * batch.rewards, batch.next_observations
    with torch.no_grad():
        following = (rewards, batch.terminated, target.values(after))
        if settings.double:
            targets = double_dqn_targets(*following, online(after), settings.discount)
        else:
            targets = dqn_targets(*following, settings.discount)
    loss = dqn_loss(online(batch.observations), batch.actions, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    target.update(online, loss.item())
    return loss.item()


def exploration(progress: float, settings: DQNSettings) -> float:
    """Epsilon after this share of the updates: a straight line from 1, then flat."""
    if progress >= settings.exploring:
        return settings.epsilon
    return 1.0 + (settings.epsilon - 1.0) * progress / settings.exploring


def train_dqn(
    name: str, settings: DQNSettings, seed: int, measure: Measure | None = None
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Play the task, remember, learn; returns the network and what was measured.

    The history holds, every `evaluate_every` updates, the loss and what `measure` says
    of the network: by default its "return", the mean of 100 greedy episodes.
    """
    generator = torch.Generator().manual_seed(seed)
    envs = Environments(name, settings.environments, seed)
    kind = DuelingNetwork if settings.dueling else QNetwork
    online = kind(envs.size, envs.actions, settings.hidden, generator)
    target = settings.target(online)
    optimizer = torch.optim.Adam(online.parameters(), fused=True)
    replay = ReplayBuffer(settings.capacity, envs.size)
    measure = measure or (lambda network: {"return": mean_return(network, name)})
    history: list[dict[str, float]] = []
    update = 0
    while update < settings.updates:
        progress = update / settings.updates
        epsilon = exploration(progress, settings)
        with torch.no_grad():
            actions = epsilon_greedy(online(envs.observations), epsilon, generator)
        replay.add(envs.step(actions))
        if len(replay) < settings.learning_starts:
            continue
        rate = settings.learning_rate * cosine(update, settings.updates)
        optimizer.param_groups[0]["lr"] = rate
        batch = replay.sample(settings.batch_size, generator)
        loss, update = learn(online, target, optimizer, batch, settings), update + 1
        if update % settings.evaluate_every == 0 or update == settings.updates:
            record = {"update": update, "transitions": replay.written, "loss": loss}
            history.append(record | measure(online))
    return online, history


@torch.no_grad()
def promised_and_true(
    network: nn.Module,
    name: str,
    settings: DQNSettings,
    episodes: int = 100,
    seed: int = 1,
) -> tuple[Tensor, Tensor]:
    """What the network promises at the start of each episode (episodes,), and the
    discounted return that its greedy policy then earns there (episodes,).

    The clock ends an episode that the promise lets go on: of a return near 1 / (1 -
    gamma) it hides a share gamma^T: after 500 steps 0.7 % with gamma = 0.99, 8 % with
    0.995.
    """
    starts = Environments(name, episodes, seed).observations
    promised = network(starts).amax(dim=1) / settings.reward_scale
    true = greedy_returns(network, name, episodes, seed, settings.discount)
    return promised, true
