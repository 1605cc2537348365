"""Grader of an experiment to chapter 2: how far off is the largest of noisy estimates? Settings are personal.

A measurement is judged as one: up to five standard errors from the exact bias, another with another seed. In
the third problem the better action is ahead by nearly two standard errors of a mean: there the bias of the
double estimator depends most on how many samples its halves have.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Wrong, as_tensor, ask, seed_of

# A right answer is compared 15 times: at five standard errors one in 100,000 is refused.
ERRORS = 5


@dataclass(frozen=True)
class Setup:
    """What to measure: `trials` trials for each problem, a problem being the true values of its actions."""

    problems: tuple[tuple[float, ...], ...]
    noise: float  # standard deviation of one sample
    samples: int  # of each action, an even number
    trials: int


Experiment = Callable[[Setup, int], tuple[Tensor, Tensor]]


def setup(student: str) -> Setup:
    """The settings of a student; the same for the same name."""
    return _setup_of(seed_of(student))


def table(experiment: Experiment, student: str) -> str:
    """The results with the student's settings, beside what an infinite number of trials would give."""
    own = setup(student)
    single, double = (numeric(bias).tolist() for bias in experiment(own, seed_of(student)))
    lines = [f"Bias, measured in {own.trials} trials (exact)", "", f"{'':26}{'single':>18}{'double':>18}"]
    for problem, *measured in zip(own.problems, single, double, strict=True):
        exact = (expected.bias for expected in (_single(problem, own), _double(problem, own)))
        cells = (f"{f'{bias:+.3f} ({truth:+.3f})':>18}" for bias, truth in zip(measured, exact, strict=True))
        alike = "all alike" if len(set(problem)) == 1 else "one is better"
        lines.append(f"{f'{len(problem)} actions, {alike}':26}" + "".join(cells))
    return "\n".join(lines)


def estimation_bias(answer: Experiment, seed: int) -> None:
    """Grades `estimation_bias(setup, seed)`."""
    own = _setup_of(seed)
    other = _another(own, seed)
    single, double = _report(answer, own, seed)
    _compare("single", single, own)
    _compare("double", double, own)
    exact = torch.tensor([_single(problem, own).bias for problem in own.problems], dtype=torch.float64)
    if torch.allclose(single, exact, rtol=1e-5, atol=1e-9):
        hint = "Draw samples, and average over trials."
        raise Wrong("What you call measured is the exact bias, to the last digit.", hint)
    for setting in (other, own):  # another setup, then the same once more
        again = _report(answer, setting, seed)
        if setting is other:
            _compare("single", again[0], other, " with another setup")
            _compare("double", again[1], other, " with another setup")
        elif not (torch.equal(again[0], single) and torch.equal(again[1], double)):
            hint = "Seed your random numbers inside the function: `torch.Generator().manual_seed(seed)`."
            raise Wrong("Two runs with the same seed differ, so nobody can repeat your experiment.", hint)
    fresh, fresh_double = _report(answer, own, seed ^ 1)
    if torch.equal(fresh, single):
        hint = "Give the seed that comes as an argument to the generator."
        raise Wrong("Another seed gives the same numbers, to the last digit. You do not use `seed`.", hint)
    _compare("double", fresh_double, own, " with another seed")


def _setup_of(seed: int) -> Setup:
    """Few actions alike, many actions alike, and one action that is better than the rest."""
    rng = random.Random(seed)
    level = rng.choice((-2.0, 1.5, 3.0))
    alike = [(level,) * rng.choice(counts) for counts in ((2, 3), (8, 10, 12))]
    noise, samples = rng.choice((1.5, 2.0, 2.5)), rng.choice((8, 10, 12))
    gap = round(1.9 * noise / samples**0.5, 1)
    better = [level] * rng.choice((4, 5, 6))
    better[rng.randrange(len(better))] += gap
    return Setup((*alike, tuple(better)), noise, samples, 2000)


def _another(own: Setup, seed: int) -> Setup:
    """A setup with a noise so different that the biases of one are wrong in the other."""
    while True:
        seed += 1
        other = _setup_of(seed)
        ratio = (other.noise / other.samples**0.5) / (own.noise / own.samples**0.5)
        if not 0.8 < ratio < 1.25:
            return other


def _report(answer: Experiment, setup: Setup, seed: int) -> tuple[Tensor, Tensor]:
    """What the student's experiment reports; raises Wrong if it has another form."""
    report = ask(answer, setup, seed)
    if report is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(report, tuple | list | Tensor) or len(report) != 2:
        raise Wrong(
            "Your function must return two things: the biases of the single and of the double estimator."
        )
    single, double = (as_tensor(numeric(bias), (len(setup.problems),)) for bias in report)
    return single, double


# --- what the biases are, by integration ---


@dataclass(frozen=True)
class Expected:
    """A bias, and the standard deviation of one trial."""

    bias: float
    deviation: float


def _chosen(problem: tuple[float, ...], deviation: float) -> tuple[Tensor, Tensor, Tensor]:
    """A grid (K,), for each action the density with which it is the largest (A, K), true values (A,)."""
    values = torch.tensor(problem, dtype=torch.float64)
    low, high = float(values.min()) - 9 * deviation, float(values.max()) + 9 * deviation
    grid = torch.linspace(low, high, 4001, dtype=torch.float64)
    scores = (grid - values[:, None]) / deviation  # (A, K)
    below = torch.special.ndtr(scores).clamp(min=1e-300)
    density = (-(scores**2) / 2).exp() / (deviation * (2 * torch.pi) ** 0.5)
    return grid, density * below.prod(dim=0) / below, values


def _single(
    problem: tuple[float, ...], setup: Setup, samples: float | None = None, repeat: int = 1
) -> Expected:
    """The maximum of means of `samples` samples, over actions that stand there `repeat` times."""
    deviation = setup.noise / (setup.samples if samples is None else samples) ** 0.5
    grid, chosen, values = _chosen(problem * repeat, deviation)
    density, best = chosen.sum(dim=0), values.max()
    mean = torch.trapezoid(density * grid, grid)
    variance = torch.trapezoid(density * (grid - mean) ** 2, grid)
    return Expected(float(mean - best), float(variance.sqrt()))


def _double(problem: tuple[float, ...], setup: Setup) -> Expected:
    """One half of the samples names the action, the other half says what it is worth."""
    deviation = setup.noise / (setup.samples / 2) ** 0.5
    grid, chosen, values = _chosen(problem, deviation)
    probabilities = torch.trapezoid(chosen, grid)  # (A,)
    gaps = values - values.max()
    bias = (probabilities * gaps).sum()
    spread = (probabilities * (gaps - bias) ** 2).sum()
    return Expected(float(bias), float((spread + deviation**2).sqrt()))


# --- what is told ---


def _compare(which: str, got: Tensor, setup: Setup, about: str = "") -> None:
    """Raise Wrong unless these biases are within `ERRORS` standard errors of the exact ones."""

    def near(expected: list[Expected]) -> bool:
        bias = torch.tensor([e.bias for e in expected], dtype=torch.float64)
        error = torch.tensor([e.deviation for e in expected], dtype=torch.float64) / setup.trials**0.5
        return bool(((got - bias).abs() <= ERRORS * error).all())

    right = [(_single if which == "single" else _double)(problem, setup) for problem in setup.problems]
    if near(right):
        return
    known = [] if about else _mistakes(which, setup, right)  # elsewhere, they can agree by chance
    for expected, said, hint in known:
        if near(expected):
            raise Wrong(f"{said[:1].upper()}{said[1:]}", hint)
    if not got.isfinite().all():
        raise Wrong(f"The biases of the {which} estimator are not finite: {got.tolist()}.")
    errors = torch.tensor([e.deviation for e in right]) / setup.trials**0.5
    place = int(((got - torch.tensor([e.bias for e in right])).abs() / errors).argmax())
    values = f"{got[place]:.3f}, and should be near {right[place].bias:.3f}"
    raise Wrong(f"The result differs{about} in the {which} estimator: for problem {place} it is {values}.")


def _mistakes(which: str, setup: Setup, right: list[Expected]) -> list[tuple[list[Expected], str, str]]:
    """What misconceptions would measure."""
    problems, noise, samples = setup.problems, setup.noise, setup.samples

    def single(**options: Any) -> list[Expected]:
        return [_single(problem, setup, **options) for problem in problems]

    truth = "A bias is the mean of the estimate minus the best true value."
    mistakes = [
        ([Expected(-e.bias, e.deviation) for e in right], "Your biases have the wrong sign.", truth),
        (
            [Expected(e.bias + max(p), e.deviation) for e, p in zip(right, problems, strict=True)],
            "You report the estimate itself.",
            truth,
        ),
    ]
    if which == "single":
        swapped = [_double(problem, setup) for problem in problems]
        nothing = [Expected(0.0, noise / samples**0.5) for _ in problems]
        return [
            *mistakes,
            (
                [
                    Expected(e.bias + max(p) - sum(p) / len(p), e.deviation)
                    for e, p in zip(right, problems, strict=True)
                ],
                "You subtract the mean of the true values.",
                truth,
            ),
            (
                swapped,
                "You return the double estimator where the single one belongs.",
                "First single, then double.",
            ),
            (
                nothing,
                "Your single estimator has no bias, so its noise is gone before the maximum is taken.",
                "In each trial: draw for each action by itself, take means, then the maximum.",
            ),
            (
                single(samples=samples / 2),
                "Your single estimator has half of the samples. It may use all.",
                "",
            ),
            (
                single(samples=1),
                "Each action has one sample in your trials.",
                "Average over `setup.samples`.",
            ),
            (
                single(samples=1, repeat=samples),
                "You take the maximum of the samples. Asked is that of the means.",
                "Average over the samples of an action first.",
            ),
            (
                single(samples=samples * noise),
                "Your noise is too small: `setup.noise` is a standard deviation, not a variance.",
                "`setup.noise * torch.randn(…)`",
            ),
        ]
    same = "The half that names the action evaluates it too, so your double estimator overestimates as well."
    halves = "`first.argmax(…)` names the action, and `second` at that place is the estimate."
    return [
        *mistakes,
        (single(samples=samples / 2), same, halves),
        (
            single(),
            "Your double estimator is the single one: all samples name the action, and evaluate it.",
            halves,
        ),
    ]
