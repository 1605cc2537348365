"""The numbers that the experiment's model conclusion quotes are those of its student's table."""

import itertools
import re

from deepseek_book_utils.exercises.ch04.experiments import setup
from tests.exercises.source import SOURCES, cells_of

CELLS = cells_of(next(path for path in SOURCES if path.stem == "04_r1_zero"))


def test_the_conclusion_quotes_the_table_of_your_id() -> None:
    own = setup("your-id")
    hard, best = own.probabilities[0], own.probabilities[2]
    small, large = own.group_sizes[0], own.group_sizes[2]
    shares = [p**size + (1 - p) ** size for p, size in itertools.product((hard, best), (small, large))]
    numbers = [f"{hard:.2f}", f"{small}", f"{large}", f"{best:.2f}", *(f"{share:.3f}" for share in shares)]
    numbers += [f"{1 / (1 - share):.1f}" for share in shares[:2]]  # sampled groups for one that teaches
    quoted = re.findall(r"\d+(?:\.\d+)?", CELLS["group-size-experiment-conclusion"])
    assert set(quoted) == {*numbers, "1"}  # the 1 of 1 / (1 - s)
