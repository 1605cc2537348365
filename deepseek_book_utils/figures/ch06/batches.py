"""The reacting figure on size and speed: what a batch of pictures costs networks of several sizes."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import Picture, Settings, asset, choice, figure, num


def _sentence(networks: Sequence[Mapping[str, Any]], at: int, batch: int, shown: str) -> str:
    """networks: the teacher last."""
    *students, teacher = networks
    student = next(one for one in students if str(one["width"]) == shown)
    times = [one["milliseconds"][at] for one in (student, teacher)]
    word = "picture takes" if batch == 1 else "pictures take"
    size = teacher["parameters"] / student["parameters"]
    return (
        f"{batch} {word} the teacher {num(times[1], 3)} ms and the student of {shown} units "
        f"{num(times[0], 3)} ms, {num(times[1] / times[0], 1)} times less. The student is {num(size, 0)} "
        "times smaller and reads "
        f"{num(100 * student['accuracy'], 1)} %, the teacher {num(100 * teacher['accuracy'], 1)} %."
    )


def batches_figure(networks: Sequence[Mapping[str, Any]], batches: Sequence[int], start: str) -> Picture:
    """Accuracy of students and teacher against the time of a batch.

    networks: {"width", "parameters", "accuracy", "milliseconds": one a batch size}, the teacher last;
    `start` is the width of the student that the figure names first. Raises ValueError if times are missing.
    """
    if len(networks) < 2 or any(len(one["milliseconds"]) != len(batches) for one in networks):
        raise ValueError(f"give a student, a teacher, and a time for each of {len(batches)} batches")
    widths, sizes = [str(one["width"]) for one in networks[:-1]], [str(size) for size in batches]
    rounded = [
        {
            "width": str(one["width"]),
            "parameters": one["parameters"],
            "accuracy": round(one["accuracy"], 4),
            "milliseconds": [round(value, 5) for value in one["milliseconds"]],
        }
        for one in networks
    ]
    last = len(sizes) - 1  # the figure opens with the largest batch, where the networks lie far apart
    says: list[tuple[Settings, str]] = [({}, _sentence(rounded, last, batches[last], start))]
    says += [({"batch": sizes[i]}, _sentence(rounded, i, batches[i], start)) for i in range(last)]
    other = next(width for width in widths if width != start)
    says += [({"width": other}, _sentence(rounded, last, batches[last], other))]
    return figure(
        "batches",
        "Smaller is faster, until something else is slower",
        "Which network would you choose for one picture, and which for a stream?",
        [
            choice("batch", "Pictures at once", sizes, sizes[last]),
            choice("width", "Student, hidden units", widths, start),
        ],
        asset("ch06/batches.js"),
        {"networks": rounded, "batches": list(batches)},
        says=says,
        height=300,
    )
