"""Private policy gradient: learn to act from people's experience, and tell hardly
anything about any one of them.

This is DP-SGD (Abadi et al., arXiv 1607.00133) with episodes for examples. The users
are a fixed population. In every step each takes part by the toss of a coin and plays
one episode with the current policy. The gradient of each episode is clipped to length
C, all are added, the sum gets Gaussian noise, and only then anybody looks. The unit of
privacy is a user, with all the episodes that they ever play. `privacy.epsilon_spent`
counts what the steps have told.

Some call this DPO, for differentially private optimisation. DPO elsewhere is Direct
Preference Optimization, which has nothing to do with it. We say "private policy
gradient".

What is protected: all that leaves the training, the weights after every step. What
would leak past the noise, and is therefore not here: a critic fitted to the users'
returns, a baseline or a normalisation from them, a division by how many took part,
their mean return as a curve to look at. The baseline is a constant known beforehand,
and policies are judged on other users, who agreed. What stays open: settings tuned on
the same users are not counted, whoever computes the sum sees it without noise, and the
random numbers are not cryptographic.

Letters: M users, B users of this step, T steps of an episode, O numbers in an
observation, A actions, P parameters.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from ...nn.schedules import cosine
from ...settings import check_range, check_ranges
from ..networks import mlp
from .privacy import epsilon_spent


class UserEpisodes(NamedTuple):
    """One episode of each of B users, padded to the longest."""

    observations: Tensor  # (B, T, O)
    actions: Tensor  # (B, T) int
    rewards: Tensor  # (B, T)
    real: Tensor  # (B, T) bool, False in the padding
    terminated: Tensor  # (B,) bool, over; otherwise the clock ran out


# What a user does: (numbers of users (B,), actor, generator) -> their episodes
Play = Callable[[Tensor, nn.Module, torch.Generator], UserEpisodes]


@dataclass(frozen=True)
class PrivateSettings:
    """Settings of the private policy gradient; raises ValueError on values without
    sense.

    Chosen on five populations of cart-poles; the reasons are what was seen there.
    """

    users: int = 500  # M, the population
    sample_rate: float = 0.05  # q, the chance of each to take part: 25 on average
    updates: int = 40
    noise: float = 1.0  # sigma, in units of max_grad_norm
    max_grad_norm: float = 10.0  # C, of one episode; infinite: no clipping
    delta: float = 1e-4  # well below 1 / M
    learning_rate: float = 0.1  # of Adam; falls to zero along half a cosine
    discount: float = 0.95  # gamma
    baseline: float = 10.0  # known before any data: half of what an endless game earns
    hidden: tuple[int, ...] = ()  # ten weights in all: enough, and quick

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("users", "updates", "hidden"),
            positive=("learning_rate",),
            not_negative=("noise",),
            share=("sample_rate",),
            between=("delta",),
            memory=("discount",),
        )
        if not math.isfinite(self.baseline):
            raise ValueError(f"baseline = {self.baseline}: take a finite number.")
        if self.max_grad_norm != math.inf:
            check_range("max_grad_norm", self.max_grad_norm, "positive")
        elif self.noise:
            raise ValueError(
                "Noise is measured in units of max_grad_norm: take a finite one with "
                "it."
            )


def episode_advantages(
    episodes: UserEpisodes, discount: float, baseline: float
) -> Tensor:
    """Discounted return from each step on, minus a baseline known beforehand: (B, T).

    Where the clock ran out, the baseline stands for what would have followed. Padding
    gets 0.
    """
    advantages = torch.zeros_like(episodes.rewards)
    after = torch.where(episodes.terminated, 0.0, baseline)  # (B,)
    for t in reversed(range(advantages.shape[1])):
        real = episodes.real[:, t]
        # G_t = r_t + gamma G_t+1
        after = torch.where(real, episodes.rewards[:, t] + discount * after, after)
        advantages[:, t] = (after - baseline).masked_fill(~real, 0.0)
    return advantages


def episode_gradients(
    actor: nn.Module, observations: Tensor, actions: Tensor, advantages: Tensor
) -> Tensor:
    """The policy gradient of every episode by itself: (B, P), to be ascended.

    observations (B, T, O); actions and advantages (B, T), zero in the padding.
    """
    weights = {name: p.detach() for name, p in actor.named_parameters()}
    # what earned nothing teaches nothing, whatever is seen there
    observations = observations.masked_fill(advantages[..., None] == 0, 0.0)

    def objective(
        weights: dict[str, Tensor], seen: Tensor, actions: Tensor, advantages: Tensor
    ) -> Tensor:
        log_probs = functional_call(actor, weights, (seen,)).log_softmax(dim=-1)
        taken = log_probs.gather(-1, actions[:, None])[:, 0]  # (T, A) -> (T,)
        # sum over t of log pi(a_t|s_t) A_t: a sum, for the length too is private
        return (taken * advantages).sum()

    each = vmap(grad(objective), in_dims=(None, 0, 0, 0))
    found = each(weights, observations, actions, advantages)
    return torch.cat([g.flatten(1) for g in found.values()], dim=1)


def clip_rows(gradients: Tensor, max_grad_norm: float) -> Tensor:
    """Each row, shortened to length `max_grad_norm` if longer: (B, P) -> (B, P)."""
    # g / max(1, |g| / C)                            Abadi et al. 2016, algorithm 1
    lengths = gradients.norm(dim=1, keepdim=True)
    return gradients / (lengths / max_grad_norm).clamp(min=1)


def private_mean(
    gradients: Tensor,
    max_grad_norm: float,
    noise: float,
    expected: float,
    generator: torch.Generator,
) -> Tensor:
    """A noisy mean of clipped rows (B, P) -> (P,), which one row can hardly change.

    `expected` is how many rows there are on average: how many there are today is
    private too.
    """
    total = clip_rows(gradients, max_grad_norm).sum(dim=0)
    if noise:
        # (sum of clipped g + N(0, sigma^2 C^2 I)) / expected number     algorithm 1
        total += noise * max_grad_norm * torch.randn(total.shape, generator=generator)
    return total / expected


def set_ascent(actor: nn.Module, direction: Tensor) -> None:
    """Give an optimizer, which descends, the gradient that makes it ascend (P,)."""
    sizes = [parameter.numel() for parameter in actor.parameters()]
    for parameter, part in zip(actor.parameters(), direction.split(sizes), strict=True):
        parameter.grad = -part.view_as(parameter)


def train_private(
    play: Play,
    size: int,
    actions: int,
    settings: PrivateSettings,
    seed: int,
    watch: Callable[[int, nn.Module], None] | None = None,
) -> tuple[nn.Module, float]:
    """Train a policy on users' episodes; returns it, and the epsilon that it has spent.

    `watch` is called after every step with the number of steps and the policy; it must
    not look at the users of the training.
    """
    torch.manual_seed(seed)  # of the first weights
    generator = torch.Generator().manual_seed(seed)
    actor = mlp((size, *settings.hidden, actions), nn.Tanh, gain=0.01)
    optimizer = torch.optim.Adam(actor.parameters(), settings.learning_rate)
    expected = settings.sample_rate * settings.users
    for step in range(settings.updates):
        coins = torch.rand(settings.users, generator=generator)
        # (B,), another B each time
        users = (coins < settings.sample_rate).nonzero()[:, 0]
        episodes = play(users, actor, generator)
        advantages = episode_advantages(episodes, settings.discount, settings.baseline)
        gradients = episode_gradients(
            actor, episodes.observations, episodes.actions, advantages
        )
        mean = private_mean(
            gradients, settings.max_grad_norm, settings.noise, expected, generator
        )
        # From here on it is public: what is done with it costs no more privacy.
        set_ascent(actor, mean)
        rate = settings.learning_rate * cosine(step, settings.updates)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        if watch:
            watch(step + 1, actor)
    spent = epsilon_spent(
        settings.noise, settings.sample_rate, settings.updates, settings.delta
    )
    return actor, spent
