"""Learning where nearly every reward is zero: one Q-learner, and what can be added to
it.

Until the first reward a Q-learner knows nothing and walks at random. Then the news must
travel back to the start. Four additions, each one line of the loop, each 0 or None by
default:

- `count_weight`: what was seldom tried is worth trying (Strehl and Littman, 2008).
- `n`: a target holds n rewards, so news travels n steps at once.
- `planning`: steps imagined by a learned model carry news between real ones (Dyna).
- `extra`: pay on the way, for example a potential's rise (rl/rewards/shaping.py).

Left out: corrections for targets of several steps whose actions were not greedy (few
are), pseudo-counts for states that never come twice, curiosity by prediction error.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...settings import check_ranges
from .model_based import LearnedModel
from .tabular import (
    Extra,
    check_discount,
    count_states_and_actions,
    evaluate_policy,
    td_target,
    value_iteration,
)


@dataclass(frozen=True)
class SparseSettings:
    """Settings of `learn_sparse`; raises ValueError on values without sense.

    Chosen on the lake of `make_lake` with five seeds.
    """

    total_steps: int = 200_000  # give up after so many real steps
    discount: float = 0.99  # gamma
    learning_rate: float = 0.5  # nothing slips, but targets of n steps differ
    epsilon: float = 0.1  # share of random actions
    n: int = 1  # rewards in a target
    planning: int = 0  # imagined steps for each real one
    count_weight: float = 0.0  # beta: what an action never tried is worth on top

    def __post_init__(self) -> None:
        check_discount(self.discount)
        check_ranges(
            self,
            count=("total_steps", "n"),
            whole=("planning",),
            share=("learning_rate",),
            fraction=("epsilon",),
            not_negative=("count_weight",),
        )


def count_bonus(visits: NDArray, weight: float) -> NDArray:
    """What actions are worth on top for being seldom tried; visits and result (...)."""
    # beta / sqrt(n(s, a))          Strehl and Littman 2008; plus 1, for what is untried
    return weight / np.sqrt(visits + 1)


def n_step_target(rewards: Sequence[float], value: float, discount: float) -> float:
    """Rewards one after the other, and `value` for all that follows them."""
    for reward in reversed(rewards):
        # R_t + gamma R_t+1 + ... + gamma^n V              Sutton and Barto, eq. 7.1
        value = reward + discount * value
    return value


def start_value(env: Any, q: NDArray, discount: float) -> float:
    """What greedy actions earn from the start, exactly, by the task's own model."""
    model, start = env.unwrapped.P, env.unwrapped.initial_state_distrib
    return float(start @ evaluate_policy(model, q.argmax(axis=1), discount))


def choose_action(values: NDArray, epsilon: float, rng: np.random.Generator) -> int:
    """The best of (A,) actions, among equals one by chance; now and then any action."""
    if rng.random() < epsilon:
        return int(rng.integers(len(values)))
    best = np.flatnonzero(values == values.max())
    return int(best[rng.integers(len(best))])


class Explored(NamedTuple):
    """What `learn_sparse` brings home; steps are real ones, NaN for never."""

    q: NDArray  # (S, A)
    visits: NDArray  # (S, A)
    model: LearnedModel
    steps: int
    first: float  # steps until the task paid for the first time
    solved: float  # steps until the greedy policy was worth 90 % of the best


def learn_sparse(
    env: Any, settings: SparseSettings, seed: int, extra: Extra | None = None
) -> Explored:
    """Q-learning until the greedy policy solves a gymnasium toy-text task.

    `extra` is paid on top, to the learner only. Whether the task is solved is read off
    its model, which the learner does not see. Raises ValueError on spaces that are not
    Discrete.
    """
    S, A = count_states_and_actions(env)
    rng, planning_rng = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    q, visits, model = np.zeros((S, A)), np.zeros((S, A), int), LearnedModel(S, A)
    rate, discount = settings.learning_rate, settings.discount
    steps, first = 0, math.nan
    goal = 0.9 * start_value(env, value_iteration(env.unwrapped.P, discount), discount)

    def optimistic_values(s: int) -> NDArray:  # (A,)
        return q[s] + count_bonus(visits[s], settings.count_weight)

    def paid(reward: float, s: int, s2: int, terminated: bool) -> float:
        return reward + extra(s, s2, terminated) if extra else reward

    while steps < settings.total_steps:
        s, _ = env.reset(seed=seed if steps == 0 else None)
        done, path = False, deque[tuple[int, int, float]]()
        while not done:
            a = choose_action(optimistic_values(s), settings.epsilon, rng)
            s2, reward, terminated, truncated, _ = env.step(a)
            steps, done = steps + 1, terminated or truncated
            first = steps if math.isnan(first) and reward > 0 else first
            visits[s, a] += 1
            model.see(s, a, reward, s2, terminated)
            path.append((s, a, paid(reward, s, s2, terminated)))
            value = 0.0 if terminated else float(optimistic_values(s2).max())
            while path and (done or len(path) == settings.n):
                target = n_step_target([r for _, _, r in path], value, discount)
                s0, a0, _ = path.popleft()
                q[s0, a0] += rate * (target - q[s0, a0])
            for _ in range(settings.planning):
                s0, a0, r, s3, end = model.imagine(planning_rng)
                paid_then, values = paid(r, s0, s3, end), optimistic_values(s3)
                target = td_target(paid_then, values, end, discount)
                q[s0, a0] += rate * (target - q[s0, a0])
            s = s2
        if start_value(env, q, discount) >= goal:
            return Explored(q, visits, model, steps, first, steps)
    return Explored(q, visits, model, steps, first, math.nan)
