"""Grader of an experiment to chapter 4: how often does a group teach nothing? Settings differ by student.

A simulation is judged as one: up to six standard errors from the truth, another with another seed, and its
shares are whole numbers of groups.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare, seed_of

PRIMES = (2003, 2011, 2017, 2027, 2029, 2039)  # a share then betrays how many groups were drawn


@dataclass(frozen=True)
class Setup:
    """What to simulate: `groups` groups for each probability of a right response and each size of a group."""

    probabilities: tuple[float, ...]
    group_sizes: tuple[int, ...]
    groups: int


Experiment = Callable[[Setup, int], tuple[Tensor, Tensor, float]]


def setup(student: str) -> Setup:
    """The settings of a student; the same for the same name."""
    return _setup_of(seed_of(student))


def table(experiment: Experiment, student: str) -> str:
    """The results with the student's settings, to read before the conclusion is written."""
    own = setup(student)
    *shares, best = experiment(own, seed_of(student))
    tables = [numeric(share).tolist() for share in shares]
    lines = [f"Share of groups that teach nothing, simulated with {own.groups} groups each (exact)", ""]
    lines.append(f"{'p':>5}" + "".join(f"{f'G = {size}':>18}" for size in own.group_sizes))
    for p, *rows in zip(own.probabilities, *tables, strict=True):
        cells = (f"{f'{share:.3f} ({truth:.3f})':>18}" for share, truth in zip(*rows, strict=True))
        lines.append(f"{p:5.2f}" + "".join(cells))
    return "\n".join([*lines, "", f"Most useful: p = {best:.2f}"])


def group_size_experiment(answer: Experiment, seed: int) -> None:
    """Grades `group_size_experiment(setup, seed)`."""
    own, other = _setup_of(seed), _setup_of(seed ^ 1)
    simulated, exact, best = _report(answer, own, seed)
    _, elsewhere, _ = _report(answer, other, seed)
    p, size = torch.tensor(own.probabilities, dtype=torch.float64)[:, None], torch.tensor(own.group_sizes)
    right = p**size + (1 - p) ** size
    mistakes = _mistakes(p, size)
    same = Mistake(
        elsewhere,
        "You report the same shares for two different setups.",
        "Take `setup.probabilities` and `setup.group_sizes` as they come.",
    )
    compare(exact, right, [*mistakes, same], " in the exact shares")
    _check_simulation(simulated, right, mistakes, own.groups)
    again, _, _ = _report(answer, own, seed)
    if not torch.equal(again, simulated):
        hint = "Seed your random numbers inside the function: `torch.Generator().manual_seed(seed)`."
        raise Wrong("Two runs with the same seed differ, so nobody can repeat your experiment.", hint)
    fresh, _, _ = _report(answer, own, seed ^ 1)
    if torch.equal(fresh, simulated):
        hint = "Give the seed that comes as an argument to the generator."
        raise Wrong("Another seed gives the same shares, to the last digit. You do not use `seed`.", hint)
    _check_best(best, own, right)


def _setup_of(seed: int) -> Setup:
    """Five problems from hard to easy, the middle one near 0.5; three sizes of a group."""
    rng = random.Random(seed)
    ranges = ((3, 8), (12, 30), rng.choice(((42, 48), (52, 58))), (70, 86), (91, 97))
    probabilities = tuple(rng.randint(low, high) / 100 for low, high in ranges)
    sizes = tuple(rng.choice(sizes) for sizes in ((2, 3, 4), (6, 8, 10), (16, 20, 24)))
    return Setup(probabilities, sizes, rng.choice(PRIMES))


def _report(answer: Experiment, setup: Setup, seed: int) -> tuple[Tensor, Tensor, Any]:
    """What the student's experiment reports; raises Wrong if it has another form."""
    report = ask(answer, setup, seed)
    if report is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(report, tuple | list) or len(report) != 3:
        raise Wrong("Your function must return three things: simulated shares, exact shares, and the best p.")
    shape = torch.Size([len(setup.probabilities), len(setup.group_sizes)])
    return as_tensor(report[0], shape), as_tensor(report[1], shape), report[2]


def _mistakes(p: Tensor, size: Tensor) -> list[Mistake]:
    """What misconceptions would make of the shares, simulated or exact."""
    right, wrong, alone = p**size, (1 - p) ** size, "teaches as little"
    size_lost = "Your shares do not depend on the size of the group."
    together = "All G responses of a group must agree, and each is drawn by itself."
    return [
        Mistake(right, f"You count the groups that are all right. A group that is all wrong {alone}."),
        Mistake(wrong, f"You count the groups that are all wrong. A group that is all right {alone}."),
        Mistake(
            1 - right - wrong,
            "That is the share of groups that teach. Asked is the share that teaches nothing.",
        ),
        Mistake(1 - right, "You count the groups that are not all right. Asked is: all right, or all wrong."),
        Mistake(
            right * wrong,
            "You multiply the two probabilities. A group is all right or all wrong, never both.",
        ),
        Mistake((right + wrong)[:, :1].expand_as(right), size_lost, together),
        Mistake((p**2 + (1 - p) ** 2).expand_as(right), size_lost, together),
        Mistake(
            torch.ones_like(right),
            "You treat a group as one draw, so that it always agrees with itself.",
            "Draw each of its G responses by itself.",
        ),
        Mistake(100 * (right + wrong), "You report per cent. A share lies between 0 and 1."),
    ]


def _check_simulation(simulated: Tensor, right: Tensor, mistakes: list[Mistake], groups: int) -> None:
    """Raise Wrong unless these can be shares of so many groups that were really drawn."""
    if torch.allclose(simulated, right, rtol=1e-5, atol=1e-9):
        hint = "Draw responses, and count the groups in which all are right or all are wrong."
        raise Wrong("What you call simulated is the formula, to the last digit.", hint)

    def plausible(truth: Tensor) -> bool:
        scale = 100 if truth.max() > 1 + 1e-9 else 1  # per cent, or shares
        share = (truth / scale).clamp(0, 1)
        error = 6 * (share * (1 - share) / groups).sqrt() + 6 / groups
        return bool(((simulated - truth).abs() <= scale * error).all())

    if not plausible(right):
        for mistake in mistakes:
            if plausible(mistake.value):
                raise Wrong(f"In your simulation: {_lower(mistake.misconception)}", mistake.hint)
    counts = simulated * groups
    if not simulated.isfinite().all() or (counts - counts.round()).abs().max() > 0.01:
        hint = f"With {groups} groups a share is a multiple of 1/{groups}."
        raise Wrong(f"Your simulated shares are not those of `setup.groups` = {groups} groups.", hint)
    if not plausible(right):
        place = int((simulated - right).abs().argmax())
        values = f"{simulated.flatten()[place]:.3f}, and should be near {right.flatten()[place]:.3f}"
        raise Wrong(f"The result differs in the simulated shares: at place {place} it is {values}.")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _check_best(best: Any, own: Setup, right: Tensor) -> None:
    """Raise Wrong unless `best` is the probability whose groups teach most often."""
    value = as_tensor(best, torch.Size([])).item()
    place = int(right[:, 0].argmin())
    if abs(value - own.probabilities[place]) < 1e-6:
        return
    if value in range(len(own.probabilities)):
        raise Wrong("Your most useful p is a place in the list. Asked is the p that stands there.")
    for p, share in zip(own.probabilities, right[:, 0].tolist(), strict=True):
        if abs(value - p) < 1e-6:
            often = f"Of its groups of {own.group_sizes[0]}, {share:.0%} teach nothing"
            hint = "What teaches is a group with both kinds."
            raise Wrong(f"Your most useful p is {p}. {often}, and with another p fewer do.", hint)
    raise Wrong(f"Your most useful p is {value:g}, which is none of `setup.probabilities`.")
