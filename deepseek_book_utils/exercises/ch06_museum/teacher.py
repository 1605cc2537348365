"""Grader of the bug museum's exhibit of an untrained teacher, and of data that nobody can learn from."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checking import Wrong, ask, own_dtype
from ..museum import Defect, Exhibit, visit

# The first optimiser makes torch import for seconds, which are not to count as the student's time.
torch.optim.SGD([torch.zeros(1)])

CLASSES = 3
LESSON = Exhibit(
    lines=20,
    letters="ABCDEFG",
    defects={
        4: Defect(
            "A",
            "Follow the labels back: what do they know of the points?",
            {"G": "The seed makes the data the same again. But would other numbers help?"},
        ),
        9: Defect(
            "B",
            "Follow the soft targets back: where does the teacher get what it teaches?",
            {
                "E": "`eval()` only switches dropout and the like. Weights can still be trained.",
                "F": "The student must not move the teacher. Who else does?",
            },
        ),
    },
    innocent={
        2: "A generator with a seed makes the data the same in every run, which is a virtue.",
        3: "Random points are fine, as long as their labels follow from them.",
        7: "The student learns from the teacher only; the labels would be for the teacher.",
        8: "Points of another seed are fresh points. Judging on them is right.",
        11: "Only the student is to move here.",
        13: "No gradient goes into the teacher. The student gets its own in line 15.",
        15: "torch's cross-entropy takes probabilities as targets too.",
        19: "`no_grad` and fresh points: that is how one judges.",
    },
    also={10: "B", 14: "B"},
)
Lesson = tuple[Callable[[], dict[int, str]], Callable[..., Any], Callable[..., Any]]


def untrained_teacher(answer: Lesson, seed: int) -> None:
    """Grades `(found, make_data, trained_teacher)`."""
    found, make_data, trained_teacher = answer

    def mended(_: object, seed: int) -> None:
        mended_data(make_data, seed)
        mended_teacher(trained_teacher, seed)

    visit(LESSON, (found, make_data), mended, seed)


def mended_data(make_data: Callable[..., Any], seed: int) -> None:
    """Grades `make_data(samples, seed)`: do the labels follow from the points, by one rule for all seeds?"""
    first, second = seed % 9973, seed % 9973 + 1
    points, labels = data_of(make_data, 400, first)
    again, others = data_of(make_data, 400, first), data_of(make_data, 400, second)
    if not torch.equal(points, again[0]) or not torch.equal(labels, again[1]):
        raise Wrong("The same seed gives other data the second time.", "Is every draw made with `generator`?")
    if torch.equal(points, others[0]):
        raise Wrong("Another seed gives the same points, so a test would use what was learnt by heart.")
    right = neighbours_right(points, labels, *others)
    if right >= 0.85:
        return
    within = neighbours_right(points[:200], labels[:200], points[200:], labels[200:])
    if within >= 0.85:
        raise Wrong(
            "The labels follow from the points, but by another rule for each seed.",
            "What is learnt from one seed must hold for the next: fix the rule, draw only the points.",
        )
    if right > 0.6:
        raise Wrong(
            f"Much of the labels is still noise: the nearest neighbours name {right:.0%} of fresh points "
            "rightly, and at least 85 % is asked for."
        )
    raise Wrong(
        f"The labels are noise: the nearest neighbours name {right:.0%} of fresh points rightly, "
        "and so would a guess.",
        "Compute the label from where the point lies.",
    )


def data_of(make_data: Callable[..., Any], samples: int, seed: int) -> tuple[Tensor, Tensor]:
    """The student's points and labels, once they have the right form."""
    pair = ask(make_data, samples, seed)
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(isinstance(v, Tensor) for v in pair):
        raise Wrong("`make_data` returns a pair of tensors, points and labels.")
    points, labels = pair
    if points.shape != (samples, 2) or labels.shape != (samples,):
        shapes = f"{tuple(points.shape)} and {tuple(labels.shape)}"
        raise Wrong(f"Points and labels have the shapes {shapes}; asked are ({samples}, 2) and ({samples},).")
    if not points.is_floating_point() or not points.isfinite().all() or labels.dtype != torch.long:
        raise Wrong("Points are finite floats, labels whole numbers (torch.long).")
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise Wrong(f"The labels are the numbers 0, 1 and 2, and yours go up to {labels.max()}.")
    rarest = labels.bincount(minlength=CLASSES).min().item() / samples
    if rarest < 0.2:
        raise Wrong(f"One of the three classes has {rarest:.0%} of the points; asked is a fifth at least.")
    return points.double(), labels


def neighbours_right(known: Tensor, labels: Tensor, points: Tensor, expected: Tensor) -> float:
    """The share of points whose seven nearest neighbours among the known ones vote for the expected label."""
    nearest = torch.cdist(points, known).topk(7, largest=False).indices
    votes = F.one_hot(labels[nearest], CLASSES).sum(dim=1)
    return (votes.argmax(dim=-1) == expected).double().mean().item()


def clouds(samples: int, turn: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Points in three clouds that hardly overlap, and the number of the cloud."""
    labels = torch.arange(samples) % CLASSES
    angles = 2 * torch.pi * labels / CLASSES + turn
    centres = 2 * torch.stack([angles.cos(), angles.sin()], dim=-1)
    return centres + 0.5 * torch.randn(samples, 2, generator=generator), labels


def mended_teacher(trained_teacher: Callable[..., Any], seed: int) -> None:
    """Grades `trained_teacher(points, labels)` on clouds of points, twice with other names for the clouds."""
    generator = torch.Generator().manual_seed(seed)
    turn = 6.0 * torch.rand((), generator=generator).item()
    points, labels = clouds(300, turn, generator)
    fresh, expected = clouds(300, turn, generator)
    points, fresh = points.to(own_dtype()), fresh.to(own_dtype())
    logits, right = [], []
    for shift in (0, 1):  # what is not trained on its labels cannot know about the shift
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            teacher = ask(trained_teacher, points, (labels + shift) % CLASSES)
        if not isinstance(teacher, nn.Module):
            raise Wrong(f"`trained_teacher` returns a {type(teacher).__name__}, and a module is asked for.")
        with torch.no_grad():
            logits.append(ask(lambda teacher=teacher: teacher(fresh)))
        if not isinstance(logits[-1], Tensor) or logits[-1].shape != (300, CLASSES):
            raise Wrong("The teacher makes three logits of each point: (N, 2) -> (N, 3).")
        right.append((logits[-1].argmax(dim=-1) == (expected + shift) % CLASSES).double().mean().item())
        if teacher.training:
            raise Wrong(
                "The teacher is still in training mode.", "A teacher that teaches is in `eval()` mode."
            )
    if torch.equal(logits[0], logits[1]):
        raise Wrong(
            "The teacher is still not trained: it says the same whatever labels it is given.",
            "Minimise the cross-entropy of its logits and the labels before you return it.",
        )
    if min(right) < 0.9:
        raise Wrong(
            f"The teacher names {min(right):.0%} of fresh points rightly, in three clouds that hardly "
            "overlap; asked is 90 %.",
            "More steps, another rate? Does every step use the labels that the function is given?",
        )
