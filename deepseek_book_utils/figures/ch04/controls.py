"""Controls that several figures of chapter 4 share."""

from collections.abc import Sequence
from math import gcd

from ...interactive import (
    Control,
    slider,
)


def _problems(prompts: Sequence[str]) -> list[str]:
    """Options of a choice: numbered problems, without the mark of the beginning."""
    return [f"{i}: {prompt.removeprefix('<bos>').strip()}" for i, prompt in enumerate(prompts, 1)]


def _step_slider(steps: Sequence[int], start: int) -> Control:
    """A slider from the first to the last recorded step; between two of them the
    earlier one counts.
    """
    stride = gcd(*(step - steps[0] for step in steps)) or 1
    return slider("step", "Step", steps[0], steps[-1], stride, start)
