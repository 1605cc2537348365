"""What a team lives through: whole episodes of a game that speaks PettingZoo's parallel
API, as tensors to learn from.

Letters: B transitions, n agents, S states, A actions. Every agent draws its actions
from its own policy and sees its own observation; the state is kept for those who may
look at it while learning.

Left out: games that one agent leaves before the others.
"""

from bisect import bisect_right
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def table_shape(game: Any) -> tuple[int, int, int]:
    """n, S and A of a parallel game; raises ValueError unless all agents have Discrete
    spaces, of one size.
    """
    names = game.possible_agents
    spaces = [(game.observation_space(i), game.action_space(i)) for i in names]
    sizes = [tuple(int(getattr(space, "n", 0)) for space in pair) for pair in spaces]
    if 0 in sizes[0] or len(set(sizes)) > 1:
        raise ValueError(
            f"The tables of all agents are of one size here; this game has {spaces}: "
            "take Discrete spaces, the same for every agent."
        )
    S, A = sizes[0]
    return len(names), S, A


def epsilon_greedy_policies(tables: NDArray, epsilon: float) -> NDArray:
    """Probabilities (n, S, A) of the actions: the best one, or, with epsilon, any."""
    A = tables.shape[-1]
    best = np.eye(A)[tables.argmax(axis=-1)]
    return epsilon / A + (1 - epsilon) * best


class TeamBatch(NamedTuple):
    """B transitions of a team."""

    observations: Tensor  # (B, n)
    actions: Tensor  # (B, n)
    rewards: Tensor  # (B, n)
    terminated: Tensor  # (B, 1)
    next_observations: Tensor  # (B, n)
    state: Tensor  # (B, S), what the mixer sees
    next_state: Tensor  # (B, S)


def play(
    game: Any, policies: NDArray, episodes: int, rng: np.random.Generator
) -> TeamBatch:
    """Play whole episodes; each agent draws its actions from policies (n, S, A) and
    knows nothing but its own observation.

    Raises ValueError if one agent's game ends before the others'.
    """
    names, rows = list(game.possible_agents), []
    cumulative = policies.cumsum(axis=-1)
    cumulative[..., -1] = 1.0  # rounding must not leave a gap at the top
    bounds = cumulative.tolist()  # [i][o]: plain floats search faster
    for _ in range(episodes):
        seen, _ = game.reset()
        while game.agents:
            before, state = [seen[name] for name in names], game.state()
            draws = rng.random(len(names))
            actions = [
                bisect_right(bounds[i][o], draw)
                for i, (o, draw) in enumerate(zip(before, draws, strict=True))
            ]
            seen, rewards, terminated, _, _ = game.step(
                dict(zip(names, actions, strict=True))
            )
            if game.agents and len(game.agents) < len(names):
                raise ValueError("Take a game that ends for all of its agents at once.")
            reward = [rewards[name] for name in names]
            after = [seen[name] for name in names]
            over = [all(terminated.values())]  # time running out is not an end
            rows.append((before, actions, reward, over, after, state, game.state()))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    columns[2] = columns[2].astype(np.float32)
    return TeamBatch(*map(torch.from_numpy, columns))
