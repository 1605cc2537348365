"""Runs too long for a chapter, recorded once over several seeds: what made them, and how to read them."""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

# Disjoint sets: a number that was seen while settings were chosen proves nothing about them.
DEVELOPMENT_SEEDS = range(20)  # settings and bars are chosen on these; a notebook's own run uses them too
RECORD_SEEDS = range(20, 25)  # run once for a record, after its settings and its bars are committed
TEST_SEEDS = range(30, 40)  # learning tests
# For a second recording, where a first one showed that a recipe had to be mended.
UNSEEN_SEEDS = range(40, 50)
# All that grows from the miniature's base: recorded anew when the arithmetic of its pretraining changed.
MINIATURE_SEEDS = range(50, 60)


def load_record(name: str) -> dict[str, Any]:
    """The record `name` of the package, with its command, commit and date; ValueError if there is none."""
    path = files("deepseek_book_utils") / "recorded" / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"There is no record {name!r}: `make claims` makes the records of all chapters.")
    return json.loads(path.read_text("utf-8"))


def across_seeds(record: dict[str, Any], *path: str) -> list[Any]:
    """What stands at `path` for every seed, as in across_seeds(record, "zero", "short", "accuracy")."""
    found = []
    for item in record["seeds"]:
        for key in path:
            item = item[key]
        found.append(item)
    return found


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Mean and range of several seeds, as in "0.83 (0.81 to 0.85)"."""
    mean = sum(values) / len(values)
    return f"{mean:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
