"""What making a record takes, whatever is recorded: processes, rounding, a file written whole.

A record holds {"command", "commit", "date", "torch", "cpu_seconds", "settings", "sources", "seeds": [one
dictionary a seed]}. It is read with `deepseek_book_utils.records.load_record`.
"""

import hashlib
import importlib
import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import torch

from deepseek_book_utils.records import RECORD_SEEDS
from experiments.sources import FOLDER, ROOT, differences, module_of, sources_of


def plain(value: Any) -> Any:
    """Settings and results as JSON has them: four significant digits, functions by their name.

    Not-a-number (nothing to divide by) becomes null.
    """
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.4g}")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(item) for item in value]
    if isinstance(value, partial):
        changes = ", ".join(f"{key}={item}" for key, item in value.keywords.items())
        return f"{value.func.__name__}({changes})"
    return value.__name__ if callable(value) else value


def settings_of(name: str) -> dict[str, Any]:
    """What the experiment says today that it runs with."""
    return plain(importlib.import_module(module_of(name)).SETTINGS)


def seeds_of(name: str) -> Sequence[int]:
    """The seeds of its record: an experiment that has its own says `SEEDS = ...`."""
    return getattr(importlib.import_module(module_of(name)), "SEEDS", RECORD_SEEDS)


def most_processes(name: str) -> int:
    """How many seeds may run at a time; an experiment that reads the clock says `PROCESSES = 1`."""
    return getattr(importlib.import_module(module_of(name)), "PROCESSES", os.cpu_count() or 1)


def one_seed(name: str, seed: int) -> dict[str, Any]:
    """Run a seed on one thread, and say which CPU seconds it took, those of its processes included."""
    torch.set_num_threads(1)
    start = sum(os.times()[:4])
    found = importlib.import_module(module_of(name)).run_seed(seed)
    return plain({"seed": seed, "cpu_seconds": sum(os.times()[:4]) - start} | found)


def git(*arguments: str) -> str:
    """What a git command prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def origin(sources: Iterable[str]) -> dict[str, str]:
    """The commit and the day. Raises ValueError if a source is not committed."""
    changed = git("status", "--porcelain", "--", *sources)
    if changed:
        raise ValueError(f"A record names the commit that made it. Fix: commit first:\n{changed.rstrip()}")
    return {"commit": git("rev-parse", "--short", "HEAD").strip(), "date": date.today().isoformat()}


def run_seeds(name: str, seeds: Sequence[int], processes: int) -> list[dict[str, Any]]:
    """The findings of each seed, so many seeds at a time."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(partial(one_seed, name), seeds))


def kept_seed(name: str, folder: Path, seed: int) -> dict[str, Any]:
    """The findings of a seed: those of a recording that was cut short, else run and kept in the folder."""
    path = folder / f"{seed}.json"
    if not path.is_file():
        write_record(one_seed(name, seed), path)
    return json.loads(path.read_text("utf-8"))


def make_record(name: str, processes: int) -> dict[str, Any]:
    """Run every seed; one that is done stays done if a later one fails.

    Raises ValueError if a source is not committed.
    """
    made = {"command": f"python -m experiments {name}"} | origin(sources_of(name))
    made |= {"torch": torch.__version__, "settings": settings_of(name), "sources": sources_of(name)}
    key = hashlib.sha256(json.dumps(made).encode()).hexdigest()[:12]  # of one commit and day
    folder = ROOT / "_build" / "seeds" / f"{name.replace('/', '-')}-{key}"
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(partial(kept_seed, name, folder), seeds_of(name)))
    shutil.rmtree(folder)
    return made | {"cpu_seconds": plain(sum(one["cpu_seconds"] for one in found)), "seeds": found}


def without_seconds(found: Any) -> Any:
    """What a second run must find again: everything but the time it took."""
    if isinstance(found, dict):
        return {key: without_seconds(item) for key, item in found.items() if not key.endswith("seconds")}
    return found


def verify(name: str, record: dict[str, Any]) -> list[str]:
    """Run the record's first seed again; where today's code finds something else, as lines."""
    first = record["seeds"][0]
    [again] = run_seeds(name, [first["seed"]], processes=1)
    return differences(without_seconds(first), without_seconds(again))


def stamped(name: str, record: dict[str, Any], why: str) -> dict[str, Any]:
    """The record, its numbers untouched, with the sources of today and the names that settings have today.

    Raises ValueError if settings differ in more than names and places, or if a source is not committed. A
    setting that is new stands for what the code did without it.
    """
    settings, sources = settings_of(name), sources_of(name)
    if not renamed(record["settings"], settings):
        lines = "\n".join(f"  {line}" for line in differences(record["settings"], settings))
        raise ValueError(f"{name} ran with other settings:\n{lines}\nFix: run it again.")
    stamp = origin(sources) | {"why": why}
    return record | {"settings": settings, "sources": sources, "stamp": stamp, "seeds": record["seeds"]}


def leaves(settings: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as (dotted name, value) pairs."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            yield from leaves(value, f"{where}.{key}")
    else:
        yield where, json.dumps(settings)


def renamed(old: Any, new: Any) -> bool:
    """Whether settings differ in names and places only: no value changed, none got lost, some may be new."""
    before, after = dict(leaves(old)), dict(leaves(new))
    same = before.keys() & after.keys()
    left, right = ({one[name] for name in one.keys() - same} for one in (before, after))
    return left <= right and all(before[name] == after[name] for name in same)


def write_record(record: dict[str, Any], path: Path) -> None:
    """Write the record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_file = path.with_suffix(".partial")
    partial_file.write_text(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    partial_file.replace(path)


def path_of(name: str) -> Path:
    """Where the record lies."""
    return ROOT / FOLDER / f"{name}.json"
