"""Grader of the exercise to chapter 4 about the step of TRPO: how long it is, and how it is taken back.

The policy is played by tables: what the objective gains and how far the policy moves, for the full step, a
half of it, a quarter, and so on.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..parts import judge_parts

Length = Callable[[Tensor, Callable[[Tensor], Tensor], float], Tensor]
Search = Callable[[Tensor, Tensor, Callable[[Tensor], tuple[float, float]], float, int], Tensor]
NAN = math.nan
TRIES = 5  # where a scene does not say otherwise


@dataclass
class Scene:
    """A search: for the steps 1, 1/2, 1/4, ... the gain of the objective, and the KL over its limit."""

    what: str
    gains: tuple[float, ...]
    kls: tuple[float, ...]
    theta: Tensor
    step: Tensor
    max_kl: float
    before: float  # the objective of the old policy
    tries: int = TRIES
    tried: list[float] = field(default_factory=list)

    def at(self, share: float) -> tuple[float, float]:
        """(objective, KL) where `share` of the step is taken; between the tables' places a straight line."""
        if share <= 1e-9:  # at the old policy, or on the other side of it
            return self.before + 5 * min(share, 0.0), 4 * share**2 * self.max_kl
        place = min(max(-math.log2(share), 0.0), len(self.gains) - 1.0)
        low = min(round(place) if abs(place - round(place)) < 1e-6 else int(place), len(self.gains) - 1)
        rest = 0.0 if abs(place - low) < 1e-6 else place - low
        high = min(low + 1, len(self.gains) - 1)

        def between(table: tuple[float, ...]) -> float:
            return table[low] if rest == 0.0 else (1 - rest) * table[low] + rest * table[high]

        return self.before + between(self.gains), between(self.kls) * self.max_kl

    def share_of(self, parameters: Any) -> float:
        """How much of the step has been taken; raises ValueError where it is no point on the line."""
        point = as_tensor(numeric(parameters), self.theta.shape)
        share = float((point - self.theta) @ self.step / (self.step @ self.step))
        if not torch.allclose(point, self.theta + share * self.step, atol=1e-5, rtol=1e-5):
            raise ValueError(
                "evaluate was asked about parameters that are not on the line theta + share * step"
            )
        return share

    def evaluate(self, parameters: Any) -> tuple[float, float]:
        """What the student calls."""
        share = self.share_of(parameters)
        self.tried.append(share)
        return self.at(share)


# Gains and KLs of the steps 1, 1/2, 1/4, ...; behind the end of a table its last number holds. Then `tries`.
SCENES: tuple[tuple[Any, ...], ...] = (
    ("the full step is good", (1.0, 0.8, 0.5, 0.2), (0.9, 0.3, 0.1, 0.1)),
    ("the full step moves the policy too far", (1.0, 0.9, 0.5, 0.2), (4.0, 1.2, 0.3, 0.1)),
    (
        "long steps keep the KL small but make the objective worse",
        (-1.0, -0.3, -0.2, 0.4, 0.2),
        (0.9, 0.5, 0.3, 0.2, 0.1),
    ),
    (
        "one step moves too far, and the next makes the objective worse",
        (2.0, -0.5, -0.1, 0.3, 0.2),
        (3.0, 0.8, 0.2, 0.1, 0.1),
    ),
    ("a later step gains more than the first good one", (0.1, 0.4, 0.9, 0.5, 0.2), (2.0, 0.9, 0.6, 0.3, 0.1)),
    ("the objective stays as it was at first", (0.0, 0.0, 0.3, 0.2), (0.5, 0.4, 0.3, 0.2)),
    ("the KL is exactly as large as allowed", (0.5, 0.4, 0.3, 0.2), (2.5, 1.0, 0.6, 0.3)),
    ("only the last try is good", (-1.0, -0.9, -0.8, -0.7, 0.2), (9.0, 6.0, 4.0, 2.0, 0.7)),
    (
        "no try is good, though a shorter step would be",
        (1.0, 1.0, -0.8, -0.7, -0.6, 0.3),
        (9.0, 6.0, 0.8, 0.4, 0.3, 0.2),
    ),
    ("no step is good, however short", (1.0, 1.0, -0.8, -0.7), (9.0, 6.0, 0.8, 0.4)),
    ("two tries are allowed, and the third would be good", (-1.0, -0.9, 0.3, 0.2), (9.0, 6.0, 0.7, 0.3), 2),
    (
        "seven tries are allowed, and the seventh is good",
        (-1.0, -0.9, -0.8, -0.7, -0.6, -0.5, 0.2),
        (9.0, 6.0, 4.0, 3.0, 2.0, 1.5, 0.7),
        7,
    ),
    ("the full step is so long that objective and KL are nan", (NAN, 0.8, 0.5, 0.2), (NAN, 0.9, 0.3, 0.1)),
)


def step_back(answer: tuple[Length, Search], seed: int) -> None:
    """Grades `full_step(direction, product, max_kl)` and `backtrack(theta, step, evaluate, ...)`."""
    full_step, line_search = answer
    generator = torch.Generator().manual_seed(seed)

    def lengths() -> None:
        for size in (3, 12):
            _compare_length(full_step, generator, size)

    judge_parts({"`full_step`": lengths, "`backtrack`": lambda: _judge_search(line_search, generator)})


def _judge_search(line_search: Search, generator: torch.Generator) -> None:
    scenes, shares = [], []
    for what, gains, kls, *tries in SCENES:
        theta, step = torch.randn(2, 6, generator=generator, dtype=torch.float64)
        before = 1 + float(torch.rand((), generator=generator))
        max_kl = 0.01 * (1 + float(torch.rand((), generator=generator)))
        scene = Scene(what, gains, kls, theta, step, max_kl, before, *tries)
        scenes.append(scene)
        shares.append(_share(line_search, scene))
    _judge(scenes, shares)


def _compare_length(full_step: Length, generator: torch.Generator, size: int) -> None:
    root = torch.randn(size, size, generator=generator, dtype=torch.float64)
    matrix = root @ root.T / size + 0.1 * torch.eye(size, dtype=torch.float64)
    direction = torch.randn(size, generator=generator, dtype=torch.float64)
    max_kl = 0.01 * (1 + float(torch.rand((), generator=generator)))
    got = ask(lambda: full_step(direction.clone(), lambda v: matrix @ v.double(), max_kl))
    curved = direction @ matrix @ direction
    scheme = "For a step s the KL is about s.As / 2. Which multiple of the direction makes that max_kl?"
    mistakes = [
        ((max_kl / curved).sqrt(), "There is no 2 under the root: KL is *half* of s.As."),
        ((max_kl / 2 / curved).sqrt(), "The 2 stands below. It belongs above."),
        (2 * max_kl / curved, "The root is missing."),
        (
            (2 * max_kl / (direction @ direction)).sqrt(),
            "There is no matrix in the length: below stands x.Ax.",
        ),
        ((2 * max_kl * curved).sqrt(), "You multiply by x.Ax. Divide by it."),
        ((curved / (2 * max_kl)).sqrt(), "Your fraction is upside down."),
        (torch.tensor(2 * max_kl).sqrt(), "You do not divide by x.Ax."),
        (2 * (max_kl / curved).sqrt(), "The 2 stands outside of the root."),
        (2 * max_kl / curved.sqrt(), "The root is that of x.Ax alone. It goes over the whole fraction."),
        (torch.tensor(1.0), "You return the direction as it is."),
    ]
    known = [Mistake(scale * direction, said, scheme) for scale, said in mistakes]
    right = (2 * max_kl / curved).sqrt()
    known += [
        Mistake(right * (matrix @ direction), "You scale Ax. The step goes along x.", scheme),
        Mistake(-right * direction, "Your step goes backwards.", scheme),
    ]
    value = numeric(got)
    if isinstance(value, Tensor | float) and torch.as_tensor(value).ndim == 0:
        raise Wrong("You return the factor. Asked is the step: the factor times the direction.")
    compare(value, right * direction, known, f" in the full step with {size} parameters")


def _share(search: Search, scene: Scene) -> float:
    """How much of the step the student's function takes."""
    own, step = scene.theta.clone(), scene.step.clone()
    got = numeric(ask(lambda: search(own, step, scene.evaluate, scene.max_kl, scene.tries)))
    if isinstance(got, tuple | list):
        raise Wrong("Return the new parameters alone, a tensor.")
    point = as_tensor(got, scene.theta.shape)
    if not torch.equal(step, scene.step):
        raise Wrong("You change the caller's `step` in place.", "`share * step` makes a new tensor.")
    if not torch.equal(own, scene.theta):
        raise Wrong(
            "You change the caller's `theta` in place: when no step is good, nothing is left to return to.",
            "`theta + share * step` makes a new tensor.",
        )
    if torch.allclose(point, scene.step * (share := float(point @ scene.step / (scene.step @ scene.step)))):
        raise Wrong(f"You return {share:g} times the step. Asked are the new parameters: theta plus that.")
    try:
        return scene.share_of(point)
    except ValueError:
        raise Wrong("You return parameters that are not on the line theta + share * step.") from None


def _judge(scenes: list[Scene], shares: list[float]) -> None:
    """Raise Wrong unless the shares are right; name the misconception that would have given all of them."""
    got = torch.tensor(shares)
    right = torch.tensor([_search(scene) for scene in scenes])
    if torch.allclose(got, right, atol=1e-5):
        return
    for judged in (len(scenes), len(scenes) - 1):  # without the last: a test for what is bad lets nan through
        for said, options in MISCONCEPTIONS:
            taken = torch.tensor([_search(scene, **options) for scene in scenes])
            if torch.allclose(got[:judged], taken[:judged], atol=1e-5):
                raise Wrong(said, "Accept where KL <= max_kl and the objective is larger than at theta.")
    place = int(((got - right).abs() > 1e-5).nonzero()[0])
    raise Wrong(
        f"Where {scenes[place].what}, you take {shares[place]:.4g} of the step, and should take "
        f"{right[place]:g} of it.",
        "Try 1, 1/2, 1/4, ... of the step, and take the first that is accepted.",
    )


def _search(
    scene: Scene,
    accept: Callable[[float, float], bool] = lambda gain, kl: kl <= 1 and gain > 0,
    shares: Callable[[int], float] = lambda j: 0.5**j,
    tries: Callable[[int], int] = lambda allowed: allowed,
    lost: str = "theta",
    choose: str = "first",
) -> float:
    """The share of the step that is taken; every option is a misconception. `accept` gets KL / max_kl."""
    found, count = [], tries(scene.tries)
    for j in range(count):
        objective, kl = scene.at(shares(j))
        gain = objective - scene.before
        if abs(gain) < 1e-12:
            gain = 0.0
        if accept(gain, kl / scene.max_kl):
            found.append((gain, shares(j)))
    if not found:
        return {"theta": 0.0, "last": shares(count - 1), "next": shares(count)}[lost]
    return {"first": found[0], "last": found[-1], "best": max(found)}[choose][1]


MISCONCEPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "You look at the KL alone: steps that make the objective worse are taken.",
        {"accept": lambda g, k: k <= 1},
    ),
    (
        "You look at the objective alone: steps that move the policy too far are taken.",
        {"accept": lambda g, k: g > 0},
    ),
    ("You take a step that does one of the two. It must do both.", {"accept": lambda g, k: k <= 1 or g > 0}),
    (
        "You take a step that leaves the objective as it was. It must grow.",
        {"accept": lambda g, k: k <= 1 and g >= 0},
    ),
    ("You refuse a KL that is exactly max_kl.", {"accept": lambda g, k: k < 1 and g > 0}),
    (
        "You take a step whose objective and KL are nan. Every comparison with nan is false, so "
        "a test for what is bad lets it through.",
        {"accept": lambda g, k: not (k > 1 or g <= 0)},
    ),
    (
        "You take the step that makes the objective smaller. It is maximised.",
        {"accept": lambda g, k: k <= 1 and g < 0},
    ),
    ("You allow one and a half times max_kl.", {"accept": lambda g, k: k <= 1.5 and g > 0}),
    ("Where no step is good, you take the last one. Nothing may change then.", {"lost": "last"}),
    ("Where no step is good, you take a still shorter one. Nothing may change then.", {"lost": "next"}),
    ("You leave out the full step: the first try is a half.", {"shares": lambda j: 0.5 ** (j + 1)}),
    ("You make one try too few.", {"tries": lambda allowed: allowed - 1}),
    ("You make one try too many.", {"tries": lambda allowed: allowed + 1}),
    ("You always try five times. How often, `tries` says.", {"tries": lambda allowed: 5}),
    ("You do not stop after `tries`.", {"tries": lambda allowed: 12}),
    (
        "Your steps shrink faster and faster: you halve what has already been halved.",
        {"shares": lambda j: 0.5 ** (j * (j + 1) // 2)},
    ),
    ("You shrink by 0.8, as some programs do. Asked is halving.", {"shares": lambda j: 0.8**j}),
    ("You divide by 1, 2, 3, ... Asked is halving: 1, 2, 4, ...", {"shares": lambda j: 1 / (j + 1)}),
    (
        "You never accept a step: you return theta, whatever there is. Do you go backwards?",
        {"tries": lambda allowed: 0},
    ),
    ("You go on after a good step, and take the last one.", {"choose": "last"}),
    ("You take the step that gains most. Asked is the first that is accepted.", {"choose": "best"}),
    ("You try only the full step.", {"tries": lambda allowed: 1}),
)
