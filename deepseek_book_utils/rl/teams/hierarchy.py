"""A hierarchy: the upper level chooses a subgoal, the lower level the steps towards it.

An option (Sutton, Precup and Singh, Artificial Intelligence 112, 1999, section 2) is a
policy with a place where it ends. Here each subgoal makes one: it ends where the
subgoal holds, or when its patience does, and learns from a reward of its own, 1 where
the subgoal holds. The upper level sees a few facts, chooses an option, waits, and
learns from the task's reward alone. Both levels are tables of logits with a critic, and
learn by the policy gradient.

What this hierarchy is given, and a flat agent is not: the list of subgoals, a test for
each, and which facts matter. A subgoal that holds already is not offered. The order of
the rest, and how to reach each, is learned. The flat agent is the same program with one
subgoal, the goal of the task; a potential may tell it the facts by way of its reward.

Left out: subgoals that are found (option-critic, 1609.05140), goals in a learned space
(FeUdal networks, 1703.01161), learning of options from what others did (HIRO,
1805.08296), functions in place of tables.

Letters: S states, A actions, F values that the facts can take, G subgoals, T steps.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...settings import check_ranges


class Task(Protocol):
    """A task with numbered states, of which a few facts can be told."""

    states: int  # S
    actions: int  # A
    facts: int  # F
    subgoals: Sequence[Callable[[int], bool]]  # G tests of a state; the last: the goal

    def reset(self) -> int:
        """Begin an episode; returns its first state."""

    def step(self, action: int) -> tuple[int, float, bool, bool]:
        """The next state, the reward, whether the task or the clock is over."""

    def fact(self, state: int) -> int:
        """What the upper level sees of a state, 0 to F - 1."""


@dataclass(frozen=True)
class HierarchySettings:
    """Settings of `train_hierarchy`; raises ValueError where a value makes no sense.

    Chosen on DoorKey-16x16 with five development seeds.
    """

    total_steps: int = 100_000  # steps in the task, of all levels together
    patience: int = 200  # steps after which an option gives up
    discount: float = 0.99  # gamma, for each step in the task
    trace_decay: float = 0.95  # lambda: how far a return looks past the critic
    learning_rate: float = 3.0  # of logits; at 1 an option learns too slowly
    value_learning_rate: float = 0.2  # of the critic

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("total_steps", "patience"),
            positive=("learning_rate", "value_learning_rate"),
            fraction=("discount", "trace_decay"),
        )


class Level:
    """A policy and its critic as tables: logits (S, A) and values (S,)."""

    def __init__(self, states: int, actions: int) -> None:
        self.logits, self.values = np.zeros((states, actions)), np.zeros(states)

    def probabilities(self, state: int, offered: NDArray | None = None) -> NDArray:
        """What this level does in a state (A,), among the actions that are `offered`
        (A,), or among all.
        """
        odds = np.exp(self.logits[state] - self.logits[state].max())
        odds = odds if offered is None else odds * offered
        return odds / odds.sum()

    def act(
        self, state: int, rng: np.random.Generator, offered: NDArray | None = None
    ) -> int:
        """An action by chance, with these probabilities."""
        return drawn(self.sums(state, offered), rng)

    def sums(self, state: int, offered: NDArray | None = None) -> list[float]:
        """The probabilities of the first, of the first two, ... actions: A numbers."""
        return self.probabilities(state, offered).cumsum().tolist()


def drawn(sums: list[float], rng: np.random.Generator) -> int:
    """An action by chance, from what `Level.sums` says of it."""
    return bisect_right(sums, rng.random() * sums[-1])


class Move(NamedTuple):
    """One decision of a level, and what came of it."""

    state: int
    action: int
    reward: float  # discounted, if it took several steps
    discount: float  # gamma to the power of the steps that it took
    offered: NDArray | None = None  # what could be chosen (A,); None: everything


def lambda_returns(
    moves: Sequence[Move], values: NDArray, last_value: float, decay: float
) -> NDArray:
    """What followed each move (T,), from the critic's values (S,) and of the end."""
    returns, after, following = np.empty(len(moves)), last_value, last_value
    for t in reversed(range(len(moves))):
        # G_t = r_t + gamma^k ((1 - lambda) V(s') + lambda G_t+1)  Sutton & Barto, 12.2
        mixed = (1 - decay) * following + decay * after
        returns[t] = after = moves[t].reward + moves[t].discount * mixed
        following = values[moves[t].state]
    return returns


def policy_gradient(
    level: Level, moves: Sequence[Move], last_value: float, settings: HierarchySettings
) -> None:
    """Learn from the moves, in place; `last_value` is what follows the last."""
    returns = lambda_returns(moves, level.values, last_value, settings.trace_decay)
    for move, earned in zip(moves, returns, strict=True):
        advantage = earned - level.values[move.state]
        if not advantage:
            continue  # it went as expected: nothing to learn
        # grad log pi(a|s) = 1[a] - pi(.|s) for logits
        slope = -level.probabilities(move.state, move.offered)
        slope[move.action] += 1
        level.logits[move.state] += settings.learning_rate * advantage * slope
        level.values[move.state] += settings.value_learning_rate * advantage


class Run(NamedTuple):
    """What an option did to the task until it ended."""

    state: int  # where it ended
    steps: int
    reward: float  # of the task, discounted
    terminated: bool
    truncated: bool


Potential = Callable[[int], float]  # of a state


def no_potential(state: int) -> float:
    """Nothing is paid but what is earned."""
    return 0.0


def run_option(
    task: Task,
    level: Level,
    subgoal: Callable[[int], bool],
    state: int,
    settings: HierarchySettings,
    rng: np.random.Generator,
    potential: Potential = no_potential,
) -> Run:
    """Let an option act until its subgoal holds, its patience ends or the episode does,
    and let it learn from that. The potential shapes what it earns, and no more.
    """
    moves: list[Move] = []
    sums = cache(level.sums)  # an option learns when it ends: until then they stay
    reached, terminated, truncated, total, weight = False, False, False, 0.0, 1.0
    while len(moves) < settings.patience and not (reached or terminated or truncated):
        action = drawn(sums(state), rng)
        following, reward, terminated, truncated = task.step(action)
        reached = subgoal(following)
        # 1 where the subgoal holds: the task's own reward is the upper level's
        earned, height = float(reached), 0.0
        if not (reached or terminated):
            height = potential(following)
        # F = gamma Phi(s') - Phi(s), Phi = 0 at the end     Ng et al., 1999, theorem 1
        earned += settings.discount * height - potential(state)
        moves.append(Move(state, action, earned, settings.discount))
        total, weight = total + weight * reward, weight * settings.discount
        state = following
    last_value = 0.0 if reached or terminated else float(level.values[state])
    policy_gradient(level, moves, last_value, settings)
    return Run(state, len(moves), total, terminated, truncated)


class Episode(NamedTuple):
    """One episode of training."""

    steps: int  # since training began
    length: int
    solved: bool
    options: tuple[int, ...]  # in the order in which they were chosen


def train_hierarchy(
    task: Task,
    settings: HierarchySettings,
    seed: int,
    potential: Potential = no_potential,
) -> tuple[Level, list[Level], list[Episode]]:
    """Both levels learn at once until the steps are used up; returns the upper level,
    the options, and the episodes.
    """
    rng = np.random.default_rng(seed)
    upper = Level(task.facts, len(task.subgoals))
    options = [Level(task.states, task.actions) for _ in task.subgoals]
    history: list[Episode] = []
    steps = 0
    while steps < settings.total_steps:
        state, begun, moves = task.reset(), steps, []
        run = Run(state, 0, 0.0, False, False)
        while not (run.terminated or run.truncated):
            fact = task.fact(state)
            # An option begins where its subgoal does not hold yet: its initiation set.
            offered = np.array([not holds(state) for holds in task.subgoals])
            chosen = upper.act(fact, rng, offered)
            option, subgoal = options[chosen], task.subgoals[chosen]
            run = run_option(task, option, subgoal, state, settings, rng, potential)
            passed = settings.discount**run.steps
            moves.append(Move(fact, chosen, run.reward, passed, offered))
            state, steps = run.state, steps + run.steps
        last_value = 0.0 if run.terminated else float(upper.values[task.fact(state)])
        policy_gradient(upper, moves, last_value, settings)
        chosen_ones = tuple(move.action for move in moves)
        history.append(Episode(steps, steps - begun, run.terminated, chosen_ones))
    return upper, options, history


def solved_share(history: Sequence[Episode], episodes: int = 20) -> float:
    """The share of the last episodes that reached the end of the task."""
    last = history[-episodes:]
    return sum(episode.solved for episode in last) / len(last)
