"""Learning together: independent Q-learners, value decomposition (VDN) and monotonic
mixing (QMIX), on a game that speaks PettingZoo's parallel API.

Letters: B transitions, n agents, S states, A actions. Every agent has a table Q_i(o, a)
and acts on it alone. They differ in what is learned from a reward: each Q_i by itself,
or one Q_tot, made of all of them by a mixer that is needed while learning only.

After Tan (ICML 1993), Sunehag et al. (VDN, arXiv 1706.05296) and Rashid et al. (QMIX,
arXiv 1803.11485). Left out: recurrent networks in place of the tables, target networks,
and replay; each update uses fresh episodes, because old ones show the others as they
no longer are.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ...nn.schedules import cosine
from ...settings import check_ranges
from .games import action_payoffs
from .team_play import TeamBatch, epsilon_greedy_policies, play, table_shape

METHODS = ("independent", "vdn", "qmix")


@dataclass(frozen=True)
class TeamSettings:
    """Settings of `train_team`; raises ValueError where a value makes no sense."""

    method: str = "qmix"  # independent, vdn or qmix
    updates: int = 600
    episodes: int = 16  # fresh ones for every update
    epsilon: float = 1.0  # share of random actions in the first update
    final_epsilon: float = 1.0  # share in the last; at 1 all joint actions count alike
    discount: float = 0.99  # gamma, as in the QMIX paper
    learning_rate: float = 0.05  # of Adam, at first; it falls to zero along a cosine
    hidden: int = 16  # width of the mixing network

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"Unknown method {self.method!r}: choose {', '.join(METHODS)}. (For a "
                "centre that chooses for all, train on one_mind(game).)"
            )
        check_ranges(
            self,
            count=("updates", "episodes", "hidden"),
            positive=("learning_rate",),
            fraction=("epsilon", "final_epsilon", "discount"),
        )


class MonotonicMixer(nn.Module):
    """QMIX's mixing network: values (B, n) and state (B, S) -> Q_tot (B, 1).

    The state writes the weights, through hypernetworks, and no weight is negative: if
    one agent's value rises, Q_tot never falls. So each agent may take its own best
    action, and together they take the best for Q_tot. QMIX, section 4.
    """

    def __init__(self, n: int, state_size: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(state_size, n * hidden)
        self.first_bias = nn.Linear(state_size, hidden)
        self.second = nn.Linear(state_size, hidden)
        self.second_bias = nn.Sequential(
            nn.Linear(state_size, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(self, values: Tensor, state: Tensor) -> Tensor:
        # d Q_tot / d Q_i >= 0                                           QMIX, eq. 5
        w1 = self.first(state).abs().view(len(values), values.shape[1], -1)  # (B, n, H)
        w2 = self.second(state).abs()[:, :, None]  # (B, H, 1)
        # (B, 1, n) @ (B, n, H) -> (B, 1, H)
        h = F.elu(values[:, None] @ w1 + self.first_bias(state)[:, None])
        return (h @ w2)[:, 0] + self.second_bias(state)  # (B, 1, H) @ (B, H, 1)


class Team(nn.Module):
    """Tables Q_i (n, S, A) and, for QMIX, the mixer."""

    def __init__(self, n: int, S: int, A: int, state_size: int, settings: TeamSettings):
        super().__init__()
        self.method = settings.method
        self.tables = nn.Parameter(0.01 * torch.randn(n, S, A))
        if self.method == "qmix":
            self.mixer = MonotonicMixer(n, state_size, settings.hidden)

    def mix(self, values: Tensor, state: Tensor) -> Tensor:
        """What is compared with the reward: values (B, n) -> (B, n), or (B, 1)."""
        if self.method == "independent":
            return values  # Q_i stands for itself
        if self.method == "vdn":
            # Q_tot = sum_i Q_i                                      arXiv 1706.05296
            return values.sum(dim=1, keepdim=True)
        return self.mixer(values, state)


def td_loss(team: Team, batch: TeamBatch, discount: float) -> Tensor:
    """Mean squared temporal difference, of each agent or of the whole team.

    Raises ValueError if Q_tot meets agents that are not paid alike.
    """
    if team.method != "independent" and (batch.rewards != batch.rewards[:, :1]).any():
        raise ValueError(
            f"{team.method} shares out one reward, but these agents are paid "
            "differently: take method='independent'."
        )
    agents = torch.arange(team.tables.shape[0])
    # (B, n), (B, n) -> (B, n) of actions taken, (B, n, A) -> (B, n) best next values
    taken = team.tables[agents, batch.observations, batch.actions]
    q = team.mix(taken, batch.state)
    with torch.no_grad():
        best = team.tables[agents, batch.next_observations].amax(dim=-1)
        future = team.mix(best, batch.next_state)
        rewards = batch.rewards[:, : q.shape[1]]  # (B, n), or (B, 1): a team shares it
        # y = r + gamma max_u' Q_tot(s', u'), r alone at the end      QMIX, section 4
        target = rewards + discount * future * ~batch.terminated
    return (target - q).square().sum(dim=1).mean()


class Trained(NamedTuple):
    """What `train_team` leaves: the team, and what it was before every update."""

    team: Team
    tables: NDArray  # (updates, n, S, A)
    epsilons: NDArray  # (updates,)
    losses: NDArray  # (updates,)


def train_team(game: Any, settings: TeamSettings, seed: int) -> Trained:
    """Train a team on a parallel game with Discrete spaces, the same for every agent.

    Raises ValueError on other spaces, or if a team is not paid alike.
    """
    n, S, A = table_shape(game)
    game.reset(seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        team = Team(n, S, A, len(game.state()), settings)
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(
        team.parameters(), lr=settings.learning_rate, fused=True
    )
    epsilons = np.linspace(settings.epsilon, settings.final_epsilon, settings.updates)
    tables, losses = [], []
    for step, epsilon in enumerate(epsilons):
        rate = settings.learning_rate * cosine(step, settings.updates)
        optimizer.param_groups[0]["lr"] = rate
        tables.append(team.tables.detach().numpy().copy())
        batch = play(
            game, epsilon_greedy_policies(tables[-1], epsilon), settings.episodes, rng
        )
        loss = td_loss(team, batch, settings.discount)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return Trained(team, np.stack(tables), epsilons, np.array(losses))


def payoffs_seen(payoffs: NDArray, trained: Trained, state: int) -> NDArray:
    """What each action of each agent was worth in `state` before every update, with the
    others as they then were: payoffs (n, S, A, ..., A) -> (updates, n, A).

    The table of payoffs does not change. What an agent finds in it does. The reward of
    this step only, so take a state in which the game ends.
    """
    seen = []
    for tables, epsilon in zip(trained.tables, trained.epsilons, strict=True):
        policies = epsilon_greedy_policies(tables, epsilon)[:, state]  # (n, A)
        seen.append(action_payoffs(payoffs[:, state], policies))
    return np.stack(seen)


def greedy_return(game: Any, team: Team) -> float:
    """What the team earns in one episode, without discount, each doing its best."""
    policies = epsilon_greedy_policies(team.tables.detach().numpy(), 0.0)
    batch = play(game, policies, 1, np.random.default_rng(0))
    return float(batch.rewards[:, 0].sum())


def joint_values(team: Team, states: Tensor) -> Tensor:
    """Q_tot of all joint actions in every state; states (S, S'), as the mixer sees them
    -> (S, A, ..., A), one axis for each agent.
    """
    n, S, A = team.tables.shape
    joint = torch.cartesian_prod(*[torch.arange(A)] * n).view(-1, n)  # (A^n, n)
    values = []
    for s in range(S):
        own = team.tables[torch.arange(n), s, joint]  # (A^n, n)
        values.append(team.mix(own, states[s].expand(len(joint), -1)))
    return torch.stack(values).detach().view(S, *[A] * n)
