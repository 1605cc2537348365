"""Policies trained on a learned reward, and what such a reward promises against what
comes true.

The policy is trained by PPO (`ppo`); only the rewards come from elsewhere. Two ways:

- `RewardBasedLearning`: the reward model was fitted beforehand and stays as it is.
- `AdaptiveRewardLearning`: every round buys a few true labels of what the policy does
  now, and the model learns on.

The further a policy is pushed against a fixed model, the less the model's promise is
worth (Gao, Schulman and Hilton, arXiv 2210.10760).

Left out of RLHF: a language model, comparisons in place of labels, a pretrained policy.

Letters: T steps, N environments, O numbers in an observation, A actions.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...settings import check_ranges
from ..environments import Environments, Step
from ..policy.actor_critic import ActorCritic
from ..policy.ppo import PPOSettings, judge_rollout, ppo_update
from ..rollouts import collect
from .reward_models import AdaptiveRewardModel, Labeller, Reward, visited_pairs


@dataclass(frozen=True)
class LearnedRewardSettings:
    """Settings of learning on a learned reward; raises ValueError without sense.

    Chosen on the ride of `cycling` with five seeds.
    """

    updates: int = 48  # of the policy
    ppo: PPOSettings = field(
        default_factory=lambda: PPOSettings(
            epochs=4,
            learning_rate=3e-4,  # slow enough to watch the truth pass its peak
            discount=0.95,  # 20 steps ahead: the next bend, not the next but one
            reward_scale=1.0,
        )
    )
    kl_weight: float = 0.0  # price of leaving the first policy, in reward a nat
    every: int = 3  # updates of the policy between two purchases of labels
    labels: int = 20  # bought each time
    candidates: int = 150  # pairs among which the most disputed are bought
    fit_updates: int = 60  # of Adam after each purchase

    def __post_init__(self) -> None:
        counts = ("updates", "every", "labels", "candidates", "fit_updates")
        check_ranges(self, count=counts, not_negative=("kl_weight",))
        if self.candidates < self.labels:
            raise ValueError(
                f"candidates = {self.candidates} is less than labels = {self.labels}: "
                "take as many at least."
            )


@torch.no_grad()
def learned_rewards(
    rollout: Step,
    reward: Reward,
    actor: Callable[[Tensor], Tensor],
    first: Callable[[Tensor], Tensor],
    kl_weight: float,
) -> Step:
    """The rollout (T, N, ...) with a learned reward in place of the task's, less a
    price on leaving the first policy.

    actor, first: (..., O) -> logits (..., A), the policy that acted and the first one.
    """
    taken = rollout.actions[..., None]
    now, before = (
        policy(rollout.observations).log_softmax(dim=-1).gather(-1, taken)[..., 0]
        for policy in (actor, first)
    )  # log-probabilities (T, N)
    promised = reward(rollout.observations, rollout.actions)  # (T, N)
    # r(s, a) - beta log(pi(a|s) / pi_0(a|s)), on average beta KL(pi, pi_0)
    return rollout._replace(rewards=promised - kl_weight * (now - before))


class RewardBasedLearning:
    """PPO on a reward that is a function of state and action; what the task itself pays
    is thrown away unread.

    name: a gymnasium task; reward: (..., O) and (...) -> (...). `network` is the policy
    with its critic, `rollout` what the last update saw. Raises ValueError on tasks that
    `Environments` refuses.
    """

    def __init__(
        self,
        name: str,
        reward: Reward,
        settings: LearnedRewardSettings = LearnedRewardSettings(),
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)  # of the first weights
        self.generator = torch.Generator().manual_seed(seed)  # of the actions
        self.reward, self.settings, ppo = reward, settings, settings.ppo
        self.envs = Environments(name, ppo.environments, seed)
        self.network = ActorCritic(self.envs.size, self.envs.actions, ppo.hidden)
        self.first = copy.deepcopy(self.network.actor)  # the policy before any update
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), ppo.learning_rate, eps=1e-5
        )
        self.rollout: Step  # what the last update saw, with the learned rewards

    def update(self) -> dict[str, float]:
        """Act, judge by the learned reward, take the steps of PPO; returns the losses
        and "promised", the mean learned reward of a step, the price taken off.
        """
        ppo = self.settings.ppo
        actor, T = self.network.actor, ppo.rollout_steps
        rollout = collect(self.envs, actor, T, self.generator)
        self.rollout = learned_rewards(
            rollout, self.reward, actor, self.first, self.settings.kl_weight
        )
        rows = judge_rollout(self.network, self.rollout, self.envs.observations, ppo)
        losses = ppo_update(self.network, self.optimizer, rows, ppo, self.generator)
        promised = self.rollout.rewards[rollout.real].mean().item()
        parts = {part: value.item() for part, value in losses._asdict().items()}
        return {"promised": promised, **parts}

    def train(
        self, watch: Callable[[int, ActorCritic], None] | None = None
    ) -> list[dict[str, float]]:
        """All updates; `watch` is called after each with its number, from 1, and the
        network.
        """
        history = []
        for step in range(self.settings.updates):
            history.append(self.update())
            if watch:
                watch(step + 1, self.network)
        return history


class AdaptiveRewardLearning:
    """PPO and reward model updated together: every few updates a budget of true labels
    is spent on what the policy does now, where the model knows least.

    model: fitted on a first set of labels already; label: gives labels and counts them.
    Its `learner` is the RewardBasedLearning of the policy.
    """

    def __init__(
        self,
        name: str,
        model: AdaptiveRewardModel,
        label: Labeller,
        settings: LearnedRewardSettings = LearnedRewardSettings(),
        seed: int = 0,
    ) -> None:
        self.learner = RewardBasedLearning(name, model, settings, seed)
        self.model, self.label, self.settings = model, label, settings

    @torch.no_grad()
    def pick(self, rollout: Step) -> tuple[Tensor, Tensor]:
        """The pairs to be labelled, (labels, O) and (labels,): of `candidates` pairs
        drawn from the rollout, those that the members of the model dispute most.
        """
        generator = self.learner.generator
        pairs = visited_pairs(rollout, self.settings.candidates, generator)
        disputed = self.model.disagreement(*pairs).topk(self.settings.labels).indices
        return pairs[0][disputed], pairs[1][disputed]

    def train(
        self, watch: Callable[[int, ActorCritic], None] | None = None
    ) -> list[dict[str, float]]:
        """All updates, as RewardBasedLearning.train; rows also tell "asked", the labels
        asked so far.
        """
        history = []
        for step in range(self.settings.updates):
            row = self.learner.update()
            if (step + 1) % self.settings.every == 0:
                fresh = self.label(*self.pick(self.learner.rollout))
                generator = self.learner.generator
                self.model.learn(fresh, self.settings.fit_updates, generator)
            history.append({**row, "asked": self.label.asked})
            if watch:
                watch(step + 1, self.learner.network)
        return history


def promised_and_earned(
    actor: Callable[[Tensor], Tensor],
    rewards: dict[str, Reward],
    name: str,
    seed: int,
    episodes: int = 16,
    steps: int = 100,
) -> dict[str, float]:
    """The mean of each reward over the same steps of a policy, in reward a step.

    actor: observations (N, O) -> logits (N, A); its actions are drawn. rewards: for
    example {"promised": model, "earned": rule}.
    """
    generator = torch.Generator().manual_seed(seed)
    rollout = collect(Environments(name, episodes, seed), actor, steps, generator)
    seen, did = rollout.observations[rollout.real], rollout.actions[rollout.real]
    with torch.no_grad():
        return {key: reward(seen, did).mean().item() for key, reward in rewards.items()}
