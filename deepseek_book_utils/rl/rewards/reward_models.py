"""Networks that say what an action is worth because someone told them of a few: reward
models, fitted beforehand or fitted on.

Labels are rewards of single state-action pairs, with the noise of whoever gave them,
and the models regress on them. People find it easier to say which of two is better:
Christiano et al. (arXiv 1706.03741) fit the difference of two scores to such choices.
What happens afterwards, when a policy is trained on the model, is the same.

Left out of that paper: comparisons of two clips, and models that are fitted while
people still answer. `reward_learning` trains policies on these models.

Letters: L labels, M members, O numbers in an observation, A actions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_ranges
from ..environments import Step, check_observations
from ..networks import mlp

Reward = Callable[[Tensor, Tensor], Tensor]  # (..., O), (...) -> (...)


class RewardLabels(NamedTuple):
    """State-action pairs, and what someone said they are worth."""

    observations: Tensor  # (L, O)
    actions: Tensor  # (L,) int
    rewards: Tensor  # (L,)


@dataclass(frozen=True)
class RewardModelSettings:
    """Settings of a reward model; raises ValueError on values without sense."""

    hidden: tuple[int, ...] = (64, 64)  # () is a linear model
    learning_rate: float = 3e-3
    updates: int = 500  # of Adam: by then the loss is down to the labels' noise
    batch_size: int = 128  # labels an update sees

    def __post_init__(self) -> None:
        counts = ("hidden", "updates", "batch_size")
        check_ranges(self, count=counts, positive=("learning_rate",))


class RewardModel(nn.Module):
    """Predicts the reward of a state-action pair: (..., O) and (...) -> (...).

    Raises ValueError on observations of another size, actions of another shape than
    theirs, or actions that the task does not have.
    """

    def __init__(
        self, size: int, actions: int, hidden: tuple[int, ...] = (64, 64)
    ) -> None:
        super().__init__()
        self.size, self.actions = size, actions
        self.layers = mlp((size + actions, *hidden, 1))

    def forward(self, observations: Tensor, actions: Tensor) -> Tensor:
        check_observations(observations, self.size)
        if actions.shape != observations.shape[:-1]:
            raise ValueError(
                f"Actions {tuple(actions.shape)} beside observations "
                f"{tuple(observations.shape)}: pass one action for every row."
            )
        if actions.numel() and not 0 <= actions.min() <= actions.max() < self.actions:
            raise ValueError(f"Actions must be numbers from 0 to {self.actions - 1}.")
        taken = F.one_hot(actions, self.actions).to(observations.dtype)
        # (..., O + A) -> (..., 1) -> (...)
        return self.layers(torch.cat((observations, taken), dim=-1))[..., 0]


def reward_loss(model: Reward, labels: RewardLabels) -> Tensor:
    """Mean squared error of a reward model on labels, a scalar."""
    # 1/L sum (r(s, a) - label)^2
    predicted = model(labels.observations, labels.actions)
    return (predicted - labels.rewards).square().mean()


def fit_reward_model(
    model: RewardModel,
    labels: RewardLabels,
    settings: RewardModelSettings,
    generator: torch.Generator,
) -> float:
    """Fit the model to the labels, from its present weights; returns the last loss."""
    optimizer = torch.optim.Adam(model.parameters(), settings.learning_rate)
    loss = torch.tensor(math.nan)
    for step in range(settings.updates):
        # a straight fall to zero: the last steps average the noise of the batches
        rate = settings.learning_rate * (1 - step / settings.updates)
        optimizer.param_groups[0]["lr"] = rate
        drawn = torch.randint(
            len(labels.rewards), (settings.batch_size,), generator=generator
        )
        loss = reward_loss(model, RewardLabels(*(x[drawn] for x in labels)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


class AdaptiveRewardModel(nn.Module):
    """A reward model that learns on, and knows where it is ignorant: an ensemble whose
    members saw the labels in different draws, and disagree where they saw none.

    (..., O) and (...) -> (...): the members' mean, less `caution` times their
    disagreement. Raises ValueError unless there are two members or more, and as
    RewardModel does. Close to Christiano et al. (arXiv 1706.03741, section 2.2); the
    caution is close to Coste et al. (arXiv 2310.02743), who subtract the variance.
    """

    def __init__(
        self,
        size: int,
        actions: int,
        settings: RewardModelSettings = RewardModelSettings(),
        members: int = 3,
        caution: float = 0.0,
    ) -> None:
        super().__init__()
        if members < 2:
            raise ValueError(f"members = {members} cannot disagree: take 2 or more.")
        self.settings, self.caution = settings, caution
        self.members = nn.ModuleList(
            RewardModel(size, actions, settings.hidden) for _ in range(members)
        )
        self.labels: RewardLabels | None = None

    def opinions(self, observations: Tensor, actions: Tensor) -> Tensor:
        """What each member says: (..., O) and (...) -> (M, ...)."""
        return torch.stack([member(observations, actions) for member in self.members])

    def disagreement(self, observations: Tensor, actions: Tensor) -> Tensor:
        """Standard deviation of the members' opinions: (..., O) and (...) -> (...)."""
        return self.opinions(observations, actions).std(dim=0)

    def forward(self, observations: Tensor, actions: Tensor) -> Tensor:
        opinions = self.opinions(observations, actions)  # (M, ...)
        return opinions.mean(dim=0) - self.caution * opinions.std(dim=0)

    def learn(
        self, labels: RewardLabels, updates: int, generator: torch.Generator
    ) -> None:
        """Add labels to those it has, and fit on all of them for so many updates, every
        member on its own draw with replacement.
        """
        known = self.labels
        if known is not None:
            pairs = zip(known, labels, strict=True)
            labels = RewardLabels(*(torch.cat(pair) for pair in pairs))
        self.labels, count = labels, len(labels.rewards)
        settings = replace(self.settings, updates=updates)
        for member in self.members:
            drawn = torch.randint(count, (count,), generator=generator)
            own = RewardLabels(*(x[drawn] for x in labels))
            fit_reward_model(member, own, settings, generator)  # type: ignore[arg-type]


class Labeller:
    """Whoever gives labels: the truth, with noise, and a count of what was asked.

    rule: the true reward; noise: standard deviation of a label.
    """

    def __init__(self, rule: Reward, noise: float, seed: int) -> None:
        self.rule, self.noise, self.asked = rule, noise, 0
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, observations: Tensor, actions: Tensor) -> RewardLabels:
        """Label these pairs: observations (L, O), actions (L,)."""
        self.asked += len(actions)
        noise = torch.randn(len(actions), generator=self._generator)
        rewards = self.rule(observations, actions) + self.noise * noise
        return RewardLabels(observations, actions, rewards)


def visited_pairs(
    rollout: Step, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """`count` state-action pairs of a rollout, drawn without replacement from rows that
    are real: (count, O) and (count,). Raises ValueError if there are fewer.
    """
    observations = rollout.observations[rollout.real]  # (T, N, O) -> (rows, O)
    actions = rollout.actions[rollout.real]
    if count > len(actions):
        raise ValueError(f"{count} pairs asked of {len(actions)}: collect more steps.")
    drawn = torch.randperm(len(actions), generator=generator)[:count]
    return observations[drawn], actions[drawn]


@torch.no_grad()
def judge_reward_model(model: Reward, labels: RewardLabels) -> dict[str, float]:
    """How well a model predicts labels that it has not seen: {"error": root mean square
    error, in units of reward; "correlation": with the labels}.
    """
    predicted = model(labels.observations, labels.actions)
    both = torch.stack((predicted, labels.rewards))
    error = (predicted - labels.rewards).square().mean().sqrt()
    return {"error": error.item(), "correlation": torch.corrcoef(both)[0, 1].item()}
