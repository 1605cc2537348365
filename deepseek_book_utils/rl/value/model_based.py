"""A model of the world, counted from experience, and learning from what it imagines.

Real steps are dear, imagined ones cheap. Dyna (Sutton, 1990 and 1991) learns from both:
each real step also teaches a model of the task, and the model then supplies as many
steps again as one likes. What it imagines is as right as the model, no more; here the
model counts, so after enough visits it is the task itself, and `model_errors` says how
far off it still is.

Left out: models that are networks, imagined paths of several steps, priorities among
what is imagined.
"""

import numpy as np
from numpy.typing import NDArray

from .tabular import Model

Imagined = tuple[int, int, float, int, bool]  # s, a, reward, s', terminated


class LearnedModel:
    """How often each action led where and was paid what, for S states and A actions.

    Raises ValueError on numbers outside of the tables.
    """

    def __init__(self, S: int, A: int) -> None:
        if S < 1 or A < 1:
            raise ValueError(f"S = {S}, A = {A}: take at least one of each.")
        self.S, self.A = S, A
        # (s, a) -> {(s', terminated): [times, sum of rewards]}
        self.seen: dict[tuple[int, int], dict[tuple[int, bool], list[float]]] = {}
        self.tried: list[tuple[int, int]] = []  # the keys of `seen`, to draw from

    def see(self, s: int, a: int, reward: float, s2: int, terminated: bool) -> None:
        """Count a real step."""
        if not (0 <= s < self.S and 0 <= s2 < self.S and 0 <= a < self.A):
            raise ValueError(
                f"A step from {s} by {a} to {s2} does not fit {self.S} states and "
                f"{self.A} actions: a model belongs to one task."
            )
        if (s, a) not in self.seen:
            self.seen[s, a] = {}
            self.tried.append((s, a))
        count = self.seen[s, a].setdefault((s2, terminated), [0, 0.0])
        count[0] += 1
        count[1] += reward

    def outcomes(self, s: int, a: int) -> list[tuple[float, int, float, bool]]:
        """What an action leads to, as in a gymnasium model; empty if never tried."""
        seen = self.seen.get((s, a), {})
        total = sum(times for times, _ in seen.values())
        # p(s'|s, a) = N(s, a, s') / N(s, a), r the mean: the likeliest model
        return [
            (times / total, s2, paid / times, end)
            for (s2, end), (times, paid) in seen.items()
        ]

    def imagine(self, rng: np.random.Generator) -> Imagined:
        """A step from a state and an action tried before, all equally likely.

        Close to Sutton and Barto 2018, section 8.2 (Tabular Dyna-Q), which draws the
        state first, then one of its actions. Raises ValueError before the first real
        step.
        """
        if not self.tried:
            raise ValueError("Nothing to imagine from: see at least one real step.")
        s, a = self.tried[rng.integers(len(self.tried))]
        outcomes = self.outcomes(s, a)
        pick = 0
        if len(outcomes) > 1:
            pick = int(
                rng.choice(len(outcomes), p=[outcome[0] for outcome in outcomes])
            )
        _, s2, reward, terminated = outcomes[pick]
        return s, a, reward, s2, terminated


def model_errors(learned: LearnedModel, model: Model) -> NDArray:
    """How wrong the learned probabilities are for each state and action (S, A): their
    total variation, 0 if equal and 1 if never tried.
    """
    errors = np.ones((learned.S, learned.A))
    for s, a in learned.seen:
        gap: dict[tuple[int, bool], float] = {}
        for p, s2, _, end in learned.outcomes(s, a):
            gap[s2, end] = gap.get((s2, end), 0.0) + p
        for p, s2, _, end in model[s][a]:
            gap[s2, end] = gap.get((s2, end), 0.0) - p
        # 1/2 sum_s' |p(s'|s, a) - true p(s'|s, a)|
        errors[s, a] = sum(map(abs, gap.values())) / 2
    return errors
