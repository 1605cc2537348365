"""Grader of the exercise to chapter 2 about Q-learning in a table.

First single steps, so that a mistake is named by itself: in the middle of an episode, at its end, when the
time runs out. Then whole episodes, in which the order matters.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, ask, compare

Array = NDArray[np.float64]
Target = Callable[[Array, int], float]  # of the table and the number of the transition
Future = Callable[[Array, int], Any]
Update = Callable[[float, float], float]


class Transition(NamedTuple):
    """One step in a world of numbered states and actions."""

    state: int
    action: int
    reward: float
    next_state: int
    terminated: bool  # the task is over
    truncated: bool  # the clock has run out


def q_learning(answer: Callable[[Array, list[Transition], float, float], Array], seed: int) -> None:
    """Grades `q_learning(q, transitions, alpha, gamma)`."""
    rng = np.random.default_rng(seed)
    square, costs = _square(rng), -5 + rng.normal(0, 2, (6, 3))
    one = Transition(0, 1, 1.5, 2, False, False)
    ends = [one._replace(terminated=True), Transition(1, 3, -0.5, 2, False, True)]
    for q, steps, alpha, gamma, about in (
        (square, [one], 0.3, 0.9, " after one step in the middle of an episode"),
        (square, ends, 0.3, 0.9, " after a step that terminates, and one at which the time runs out"),
        (square, _episodes(rng, 4, 4, (4, 3, 5, 4)), 0.4, 0.9, " after four episodes"),
        (costs, _episodes(rng, 6, 3, (3, 1, 4, 2, 6)), 0.25, 0.8, " after five episodes with costs"),
    ):
        got = numeric(ask(answer, q, steps, alpha, gamma))
        compare(got, _learned(q, steps, alpha, gamma), _mistakes(q, steps, alpha, gamma), about)


def _square(rng: np.random.Generator) -> Array:
    """A table (4, 4) in which all that one might look up after a step from 0 by action 1 to 2 differs."""
    while True:
        q = rng.normal(1, 2, (4, 4))
        row, places = q[2], [float(q[2].argmax()), float(q[0, 1]), 0.0]
        found = sorted(
            [row.max(), row.min(), row.mean(), row[1], q[0].max(), q[:, 2].max(), q.max(), *places]
        )
        if min(np.diff(found)) > 0.05:
            return q


def _episodes(
    rng: np.random.Generator, states: int, actions: int, lengths: tuple[int, ...]
) -> list[Transition]:
    """Episodes one after another; every other one is truncated, the rest terminate."""
    found = []
    for number, length in enumerate(lengths):
        path = rng.integers(0, states, length + 1).tolist()
        for i in range(length):
            last, reward, action = i == length - 1, round(float(rng.normal()), 2), int(rng.integers(actions))
            ends = last and number % 2 == 0, last and number % 2 == 1
            found.append(Transition(path[i], action, reward, path[i + 1], *ends))
    # twice through one place, so that it matters in which order, and what was learned before
    back = Transition(path[-1], 0, -0.5, path[0], False, False)
    return [back._replace(next_state=path[-1], reward=2.0), back._replace(next_state=path[-1]), back, *found]


def _target(table: Array, step: Transition, gamma: float) -> float:
    """The right target of a step."""
    return step.reward + (0.0 if step.terminated else gamma * float(table[step.next_state].max()))


def _learn(
    q: Array,
    steps: list[Transition],
    target: Target,
    alpha: float,
    update: Update | None = None,
    stale: bool = False,
    at: str = "state",
) -> Tensor:
    """The table after all steps; `stale`: every target is read from the table as it was at first."""
    table = q.copy()
    for i, step in enumerate(steps):
        goal, place = target(q if stale else table, i), (getattr(step, at), step.action)
        old = table[place]
        table[place] = update(old, goal) if update else old + alpha * (goal - old)
    return torch.from_numpy(table)


def _learned(q: Array, steps: list[Transition], alpha: float, gamma: float) -> Tensor:
    """What is right."""
    return _learn(q, steps, lambda table, i: _target(table, steps[i], gamma), alpha)


def _mistakes(q: Array, steps: list[Transition], alpha: float, gamma: float) -> list[Mistake]:
    return [*_target_mistakes(q, steps, alpha, gamma), *_update_mistakes(q, steps, alpha, gamma)]


def _target_mistakes(q: Array, steps: list[Transition], alpha: float, gamma: float) -> list[Mistake]:
    """Tables whose targets are others."""

    def best(table: Array, i: int) -> Any:
        return table[steps[i].next_state].max()

    def after(table: Array, i: int) -> Any:
        row = table[steps[i].next_state]
        return row[steps[i + 1].action] if i + 1 < len(steps) else row.max()

    def learn(
        future: Future, ends: str = "terminated", rewards: float = 1.0, discount: float = gamma
    ) -> Tensor:
        def target(table: Array, i: int) -> float:
            over = any(getattr(steps[i], end) for end in ends.split())
            return rewards * steps[i].reward + (0.0 if over else discount * float(future(table, i)))

        return _learn(q, steps, target, alpha)

    row = "`q[next_state].max()` is the best that can be had from there."
    over = "When the task is over nothing follows, and the target is the reward alone."
    clock = "When the time runs out, the task would go on: its future is still worth its value."
    return [
        Mistake(learn(best, ""), "You bootstrap from a state behind the end of the task.", over),
        Mistake(
            learn(best, "terminated truncated"), "You take a truncated episode for a terminated one.", clock
        ),
        Mistake(learn(best, "truncated"), "You have exchanged terminated and truncated.", over),
        Mistake(learn(lambda t, i: 0), "Your target is the reward alone, without a future.", row),
        Mistake(learn(best, rewards=0), "There is no reward in your target."),
        Mistake(learn(best, discount=1), "There is no gamma in your target."),
        Mistake(
            learn(best, rewards=gamma), "You discount the reward too. Only what comes after it is later."
        ),
        Mistake(
            learn(lambda t, i: t[:, min(steps[i].next_state, t.shape[1] - 1)].max()),
            "You take the maximum along the wrong axis, over states. A row of the table has the actions.",
            row,
        ),
        Mistake(learn(lambda t, i: t.max()), "You take the maximum of the whole table.", row),
        Mistake(
            learn(lambda t, i: t[steps[i].state].max()),
            "You look at the state that was left. The future begins in the next one.",
            row,
        ),
        Mistake(
            learn(lambda t, i: t[steps[i].next_state, steps[i].action]),
            "You suppose that the same action is taken once more.",
            row,
        ),
        Mistake(
            learn(lambda t, i: t[steps[i].next_state].mean()),
            "You take the mean over the actions. That is the value of acting at random.",
            row,
        ),
        Mistake(learn(lambda t, i: t[steps[i].next_state].min()), "You take the worst of the actions.", row),
        Mistake(
            learn(lambda t, i: t[steps[i].next_state].argmax()),
            "You take the number of the best action, and not its value.",
            "`argmax` says where, `max` says how much.",
        ),
        Mistake(
            learn(after),
            "Your target holds the action that was taken next: that is SARSA, and values another policy.",
            row,
        ),
    ]


def _update_mistakes(q: Array, steps: list[Transition], alpha: float, gamma: float) -> list[Mistake]:
    """Tables with the right targets, and what is done with them otherwise."""

    def learn(update: Update | None = None, order: int = 1, **options: Any) -> Tensor:
        walk = steps[::order]
        return _learn(q, walk, lambda table, i: _target(table, walk[i], gamma), alpha, update, **options)

    towards = "Move the old value towards the target: q + alpha (target - q)."
    read = "Go through the transitions in order, and read the table that the last update has left."
    return [
        Mistake(
            learn(lambda old, goal: old + alpha * goal), "You add alpha times the whole target.", towards
        ),
        Mistake(
            learn(lambda old, goal: (1 - alpha) * old + goal),
            "The target is not weighted with alpha.",
            towards,
        ),
        Mistake(learn(lambda old, goal: alpha * goal), "The old value is forgotten.", towards),
        Mistake(
            learn(lambda old, goal: alpha * (goal - old)),
            "You store the change, not what comes of it.",
            towards,
        ),
        Mistake(learn(lambda old, goal: goal), "You store the target itself, whatever alpha is.", towards),
        Mistake(
            learn(lambda old, goal: alpha * old + (1 - alpha) * goal),
            "You have exchanged alpha and 1 - alpha.",
            towards,
        ),
        Mistake(
            learn(lambda old, goal: old - alpha * (goal - old)), "You move away from the target.", towards
        ),
        Mistake(
            learn(at="next_state"),
            "You change the value of the next state. What was learned is about the first.",
        ),
        Mistake(learn(stale=True), "All your targets come from the table as it was at first.", read),
        Mistake(learn(order=-1), "You go through the transitions backward.", read),
        Mistake(
            _learned(q, steps[-1:], alpha, gamma),
            "Only the last transition has changed your table.",
            "Copy the table once, before the loop.",
        ),
        Mistake(
            _learned(q, steps[:1], alpha, gamma),
            "Only the first transition has changed your table.",
            "Does `return` stand within the loop?",
        ),
        Mistake(torch.from_numpy(q), "Your table is as it was before."),
    ]
