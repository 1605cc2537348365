"""Games small enough to write down: several agents act at once, a table says who gets
what and where the game goes on. They speak PettingZoo's parallel API.

Letters: n agents, S states, A actions of each agent. payoffs (n, S, A, ..., A) with one
axis of actions per agent: payoffs[i, s, a_1, ..., a_n] is what agent i gets. In a team
all agents get the same.

Left out of the API: rendering, agents that come and go, and hidden state (every agent
sees the state). Left out of game theory: equilibria are not computed, only played.
"""

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

OVER = -1  # where next_state leads when the game ends


class MarkovGame:
    """A game given by its tables, as a PettingZoo parallel environment.

    payoffs (n, S, A, ..., A); next_state (S, A, ..., A) holds the state that follows,
    or OVER, and is None if the game ends after one action. The game starts in state 0.
    Raises ValueError if the tables do not fit together.
    """

    metadata: dict[str, Any] = {"name": "markov_game_v0", "render_modes": []}
    render_mode = None

    def __init__(self, payoffs: NDArray, next_state: NDArray | None = None) -> None:
        payoffs = np.asarray(payoffs, dtype=float)
        if payoffs.ndim < 3 or payoffs.shape[2:] != payoffs.shape[-1:] * len(payoffs):
            raise ValueError(
                "Expected payoffs (n, S, A, ..., A), one axis of actions for each of "
                f"the n agents; got {payoffs.shape}."
            )
        n, S, A = payoffs.shape[:3]
        if next_state is None:
            next_state = np.full(payoffs.shape[1:], OVER)
        if (
            next_state.shape != payoffs.shape[1:]
            or not ((next_state >= OVER) & (next_state < S)).all()
        ):
            raise ValueError(
                f"Expected next_state {payoffs.shape[1:]} with states 0 to {S - 1}, or "
                f"{OVER} where the game is over; got {next_state.shape}."
            )
        self.payoffs, self.next_state, self.now = payoffs, next_state, 0
        self.states = np.eye(S, dtype=np.float32)
        self.possible_agents = [f"agent_{i}" for i in range(n)]
        self.agents: list[str] = []
        self.observation_spaces = {name: Discrete(S) for name in self.possible_agents}
        self.action_spaces = {name: Discrete(A) for name in self.possible_agents}

    @property
    def unwrapped(self) -> "MarkovGame":
        """The game itself: nothing is wrapped around it."""
        return self

    def observation_space(self, agent: str) -> Discrete:
        """The numbers that this agent may see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete:
        """The numbers of this agent's actions."""
        return self.action_spaces[agent]

    def state(self) -> NDArray:
        """What a centre knows while learning: the state (S,), one-hot."""
        return self.states[self.now].copy()

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
        """Back to state 0: observations and infos; nothing here depends on the seed."""
        self.agents, self.now = list(self.possible_agents), 0
        return dict.fromkeys(self.agents, 0), {name: {} for name in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[dict[str, Any], ...]:
        """All act at once: observations, rewards, terminations, truncations, infos.

        After the end each agent sees the last state again. Raises ValueError if an
        action is missing, or is none.
        """
        A = self.payoffs.shape[-1]
        for name in self.agents:
            if not 0 <= actions.get(name, -1) < A:
                raise ValueError(
                    f"{name} chose {actions.get(name)}: give every agent an "
                    f"action from 0 to {A - 1}."
                )
        if not self.agents:
            raise ValueError("The game is over: call reset() first.")
        names, entry = self.agents, (self.now, *(actions[i] for i in self.agents))
        rewards = [float(payoff[entry]) for payoff in self.payoffs]
        over = self.next_state[entry] == OVER
        if over:
            self.agents = []
        else:
            self.now = int(self.next_state[entry])
        return (
            dict.fromkeys(names, self.now),
            dict(zip(names, rewards, strict=True)),
            dict.fromkeys(names, bool(over)),
            dict.fromkeys(names, False),
            {name: {} for name in names},
        )

    def render(self) -> None:
        """Nothing to see."""

    def close(self) -> None:
        """Nothing to release."""


def one_mind(game: MarkovGame) -> MarkovGame:
    """The same team, played by one agent that chooses for all: A^n actions, not A.

    Raises ValueError if the agents are paid differently, so that they are no team.
    """
    if not (game.payoffs == game.payoffs[:1]).all():
        raise ValueError("One mind needs one reward: take a game that pays all alike.")
    S = game.payoffs.shape[1]
    return MarkovGame(
        game.payoffs[:1].reshape(1, S, -1),  # (n, S, A, ..., A) -> (1, S, A^n)
        game.next_state.reshape(S, -1),
    )


def two_step_game() -> MarkovGame:
    """Two agents, two steps: agent 0 leads to 7, safe, or to where 8 needs both.

    The game of the QMIX paper (Rashid et al., arXiv 1803.11485, section 5).
    """
    payoffs = np.zeros((3, 2, 2))  # (S, A, A): in state 0 there is nothing to win
    payoffs[1] = 7
    payoffs[2] = [[0, 1], [1, 8]]
    next_state = np.full((3, 2, 2), OVER)
    next_state[0] = [[1, 1], [2, 2]]  # agent 0's action decides, agent 1's does nothing
    return MarkovGame(np.stack((payoffs, payoffs)), next_state)


def climbing_game() -> MarkovGame:
    """Two agents, one step: 11 if both dare, -30 if the other falls short.

    From Claus and Boutilier (The dynamics of reinforcement learning in cooperative
    multiagent systems, AAAI 1998).
    """
    payoffs = np.array([[11.0, -30, 0], [-30, 7, 6], [0, 0, 5]])
    return MarkovGame(np.stack((payoffs, payoffs))[:, None])  # (2, 1, 3, 3)


def lever_game(n: int) -> MarkovGame:
    """n agents with two levers each: everybody gets the number of right levers.

    The right one is lever 1 for odd agents, 0 for even ones.
    """
    right = np.arange(n) % 2
    pulled = np.moveaxis(np.indices([2] * n), 0, -1)  # (2, ..., 2, n)
    total = (pulled == right).sum(axis=-1).astype(float)
    return MarkovGame(np.broadcast_to(total, (n, 1, *total.shape)))


def matching_pennies() -> MarkovGame:
    """Agent 0 wins if the pennies match, agent 1 if they differ: do not be guessed."""
    payoffs = np.array([[1.0, -1], [-1, 1]])
    return MarkovGame(np.stack((payoffs, -payoffs))[:, None])  # (2, 1, 2, 2)


def action_payoffs(payoffs: NDArray, policies: NDArray) -> NDArray:
    """What each action of each agent earns on average (n, A), if the others play
    `policies` (n, A); payoffs (n, A, ..., A), those of one state.
    """
    n = len(payoffs)
    earned = []
    for i in range(n):
        expected = payoffs[i]
        for j in range(n - 1, -1, -1):  # the last axis first: the others stay in place
            if j != i:
                # sum_a_j pi_j(a_j) payoff(..., a_j, ...)
                expected = np.tensordot(expected, policies[j], axes=(j, 0))
        earned.append(expected)
    return np.stack(earned)
