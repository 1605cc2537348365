"""The numbers that a model conclusion quotes are those of its student's table."""

import itertools
import re
from collections.abc import Mapping

from deepseek_book_utils.exercises.ch04.experiments import setup
from deepseek_book_utils.exercises.ch06.supervision import table
from tests.exercises.source import SOURCES, cells_of, namespace_of


def cells(stem: str) -> Mapping[str, str]:
    return cells_of(next(path for path in SOURCES if path.stem == stem))


def quoted(conclusion: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?(?:e-\d+)?", conclusion))


def test_the_conclusion_quotes_the_table_of_your_id() -> None:
    own = setup("your-id")
    hard, best = own.probabilities[0], own.probabilities[2]
    small, large = own.group_sizes[0], own.group_sizes[2]
    shares = [p**size + (1 - p) ** size for p, size in itertools.product((hard, best), (small, large))]
    numbers = [f"{hard:.2f}", f"{small}", f"{large}", f"{best:.2f}", *(f"{share:.3f}" for share in shares)]
    numbers += [f"{1 / (1 - share):.1f}" for share in shares[:2]]  # sampled groups for one that teaches
    conclusion = cells("04_r1_zero")["group-size-experiment-conclusion"]
    assert quoted(conclusion) == {*numbers, "1"}  # the 1 of 1 / (1 - s)


def test_the_conclusion_on_supervision_quotes_the_table_of_your_id() -> None:
    path = next(path for path in SOURCES if path.stem == "06_distillation")
    names = namespace_of(path, "your-id")
    exec(cells(path.stem)["bits-of-supervision-answer"], names)
    answer = tuple(names[name] for name in ("verdict_bits", "chain_bits", "chance_to_meet"))
    found = quoted(cells(path.stem)["bits-of-supervision-conclusion"])
    assert len(found) >= 4 and found <= quoted(table(answer, "your-id"))
