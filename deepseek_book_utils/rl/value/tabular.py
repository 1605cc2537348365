"""Tabular Q-learning, and value iteration to check it: both find the best action in
every state, one from experience alone, the other from the model of the world.

Letters: S states, A actions, gamma discount, alpha learning rate, epsilon share of
random actions. After Watkins (Learning from delayed rewards, 1989) and Sutton and Barto
(Reinforcement learning, second edition, 2018). The model of a gymnasium toy-text task
is env.unwrapped.P: P[s][a] lists (probability, next state, reward, terminated).

Left out: eligibility traces, several steps of return, and function approximation.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...settings import check_ranges

Model = dict[int, dict[int, list[tuple[float, int, float, bool]]]]
Extra = Callable[[int, int, bool], float]  # (s, s', terminated) -> what is paid on top


def check_discount(discount: float) -> None:
    """Raise ValueError unless 0 <= discount < 1."""
    if not 0 <= discount < 1:
        raise ValueError(
            f"discount = {discount}: take 0 <= discount < 1, or the value of a life "
            "that never ends may be infinite."
        )


def model_arrays(model: Model) -> tuple[NDArray, NDArray]:
    """The model as expected rewards (S, A) and probabilities of going on (S, A, S).

    A transition that terminates gives its reward and goes nowhere: what the model says
    of the state behind the end does not count.
    """
    S, A = len(model), len(model[0])
    rewards, goes_on = np.zeros((S, A)), np.zeros((S, A, S))
    for s, actions in model.items():
        for a, outcomes in actions.items():
            for probability, next_state, reward, terminated in outcomes:
                rewards[s, a] += probability * reward
                if not terminated:
                    goes_on[s, a, next_state] += probability
    return rewards, goes_on


def value_iteration(model: Model, discount: float, tolerance: float = 1e-9) -> NDArray:
    """The optimal action values Q* (S, A), each within `tolerance` of the truth.

    Raises ValueError unless 0 <= discount < 1.
    """
    check_discount(discount)
    rewards, goes_on = model_arrays(model)
    q, change = rewards, math.inf  # Q_1: all there is at gamma = 0
    # |Q_k - Q*| <= gamma / (1 - gamma) |Q_k - Q_k-1|: the operator is a contraction
    while change * discount > tolerance * (1 - discount):
        # Q(s, a) <- E[r + gamma max_a' Q(s', a')]       Sutton and Barto, eq. 4.2
        new = rewards + discount * goes_on @ q.max(axis=1)  # (S, A, S) @ (S,) -> (S, A)
        q, change = new, np.abs(new - q).max()
    return q


def evaluate_policy(model: Model, policy: NDArray, discount: float) -> NDArray:
    """The exact values V (S,) of a policy that takes action policy[s] in state s.

    Raises ValueError unless 0 <= discount < 1.
    """
    check_discount(discount)
    rewards, goes_on = model_arrays(model)
    states = np.arange(len(policy))
    r, p = rewards[states, policy], goes_on[states, policy]  # (S,), (S, S)
    # V = r + gamma P V, so (1 - gamma P) V = r             Sutton and Barto, eq. 4.4
    return np.linalg.solve(np.eye(len(policy)) - discount * p, r)


def best_actions(q: NDArray, tolerance: float = 1e-6) -> NDArray:
    """Which actions (S, A) are as good as the best one of their state, True or False.

    There may be several, so compare a policy with this set, not with one argmax.
    """
    return q >= q.max(axis=1, keepdims=True) - tolerance


def reachable_states(model: Model, policy: NDArray, starts: NDArray) -> NDArray:
    """The states (N,) where the policy may have to act, coming from `starts` (M,)."""
    seen, waiting = set(map(int, starts)), list(map(int, starts))
    while waiting:
        s = waiting.pop()
        for probability, next_state, _, terminated in model[s][int(policy[s])]:
            if probability > 0 and not terminated and next_state not in seen:
                seen.add(int(next_state))
                waiting.append(int(next_state))
    return np.array(sorted(seen))


@dataclass(frozen=True)
class QLearningSettings:
    """Settings of `q_learning`; raises ValueError where a value makes no sense."""

    episodes: int = 500
    discount: float = 0.99  # gamma: a reward in 100 steps still counts for a third
    # alpha = 1 / n^decay at the n-th visit of (s, a). 0 believes the last outcome and
    # forgets the rest: right where nothing is random. Chance needs 0.5 < decay <= 1
    decay: float = 0.0
    epsilon: float = 0.1  # share of random actions in the first episode
    final_epsilon: float = 0.1  # share in the last one; a straight line between

    def __post_init__(self) -> None:
        check_discount(self.discount)
        fractions = ("decay", "epsilon", "final_epsilon")
        check_ranges(self, count=("episodes",), fraction=fractions)


class Learned(NamedTuple):
    """What `q_learning` brings home."""

    q: NDArray  # (S, A) action values
    visits: NDArray  # (S, A) how often each action was tried
    returns: NDArray  # (episodes,) sum of rewards, without discount
    lengths: NDArray  # (episodes,) steps


def td_target(
    reward: float,
    next_values: Sequence[float] | NDArray,
    terminated: bool,
    discount: float,
) -> float:
    """What one step says the action was worth; next_values (A,), Q of the state after.

    Only an end of the task ends the future. When time runs out (truncated), the state
    has a future that we did not see, and its value stands in for it.
    """
    # r + gamma max_a Q(s', a), and r alone at the end        Sutton and Barto, eq. 6.8
    return reward if terminated else reward + discount * float(max(next_values))


def count_states_and_actions(env: Any) -> tuple[int, int]:
    """S and A of a gymnasium task; raises ValueError if a table cannot hold them."""
    sizes = []
    for name in ("observation_space", "action_space"):
        space = getattr(env, name)
        if not hasattr(space, "n") or getattr(space, "start", 0) != 0:
            raise ValueError(
                f"A table needs Discrete spaces counted from 0, but {name} is {space}: "
                "take a toy-text task such as FrozenLake-v1, cut the space into "
                "numbered boxes, or approximate Q with a network (DQN)."
            )
        sizes.append(int(space.n))
    return sizes[0], sizes[1]


def q_learning(env: Any, settings: QLearningSettings, seed: int) -> Learned:
    """Learn the action values of a gymnasium task with Discrete spaces, step by step.

    Watkins 1989. Raises ValueError on spaces that are not Discrete.
    """
    S, A = count_states_and_actions(env)
    rng = np.random.default_rng(seed)
    # lists: a look at one number of an array takes several times as long
    q, visits = [[0.0] * A for _ in range(S)], [[0] * A for _ in range(S)]
    epsilons = np.linspace(settings.epsilon, settings.final_epsilon, settings.episodes)
    returns, lengths = [0.0] * settings.episodes, [0] * settings.episodes
    for episode, epsilon in enumerate(epsilons.tolist()):
        state, _ = env.reset(seed=seed if episode == 0 else None)
        done = False
        while not done:
            if rng.random() < epsilon:
                action = int(rng.integers(A))
            else:  # among equals, one by chance: always the first would be a habit
                most = max(q[state])
                best = [a for a in range(A) if q[state][a] == most]
                action = best[rng.integers(len(best))]
            next_state, reward, terminated, truncated, _ = env.step(action)
            target = td_target(
                float(reward), q[next_state], terminated, settings.discount
            )
            visits[state][action] += 1
            alpha = 1 / visits[state][action] ** settings.decay
            # Q(s, a) <- Q(s, a) + alpha (target - Q(s, a))   Sutton and Barto, eq. 6.8
            q[state][action] += alpha * (target - q[state][action])
            returns[episode] += float(reward)
            lengths[episode] += 1
            state, done = next_state, terminated or truncated
    return Learned(*map(np.array, (q, visits, returns, lengths)))
