"""A small book in a temporary folder, for the tests of the tools."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

LOSS = '''\
"""Losses."""

import math
from dataclasses import dataclass, field

import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.nn import softly

Pair = tuple[int, int]
EPSILON: float = 1e-6  # keeps a division finite
LOW, HIGH = (
    0.8,
    1.2,
)
FIRST = SECOND = "both"


def mark(function):
    return function


@dataclass(frozen=True)
class Settings:
    """Settings, with reasons."""

    # the published value
    clip: float = HIGH
    pairs: list[Pair] = field(default_factory=list)

    def wide(self) -> bool:
        return self.clip > EPSILON


@mark
@mark
def ratio(new: Tensor, old: Tensor) -> Tensor:
    """Ratio."""

    # pi / pi_old
    return softly((new - old).exp(), EPSILON)


def loss(ratios: Tensor, settings: Settings = Settings()) -> Tensor:
    return F.relu(ratio(ratios, ratios)) * settings.clip * math.pi


def train(steps):
    for _ in range(steps):
        loss(steps)


if math.pi > 3:
    hidden = 1
again = 1
again = 2
'''

Book = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Makes a book with one notebook of these code cells; returns the notebook's path."""
    package = tmp_path / "deepseek_book_utils"
    (package / "rl").mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "1.2.0"\n')
    (package / "nn.py").write_text("def softly(x, e):\n    return x\n\n\ndef other():\n    return 1\n")
    (package / "rl" / "__init__.py").write_text("from .losses import loss as loss, train\n")
    (package / "rl" / "losses.py").write_text(LOSS)
    (package / "run.py").write_text(
        "from deepseek_book_utils.rl import loss, train\n\n\n"
        "def run(n):\n    return train(n)\n\n\n"
        "def lazily(n):\n    from . import rl\n\n    return rl.loss(n)\n\n\n"
        "def apart(n):\n    train = 2\n    return n + train\n\n\n"
        "def typed(n: loss) -> loss:\n    kept: loss = n\n    return kept\n"
    )
    (tmp_path / "_config.yml").write_text("repository:\n  url: https://example.org/book/\n")
    (tmp_path / "notebooks").mkdir()

    def write(*sources: str, name: str = "01_test.ipynb") -> Path:
        cells = [nbformat.v4.new_markdown_cell("# A title", id="title")]
        cells += [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
        path = tmp_path / "notebooks" / name
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    return write
