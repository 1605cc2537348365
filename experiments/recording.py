"""What recording the claims' seeds takes, whatever is recorded: processes, rounding, a file written whole.

A record holds {"command", "commit", "date", "torch", "settings", "seeds": [one dictionary a seed]}.
It is read with `deepseek_book_utils.records.load_record`.
"""

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import torch

from deepseek_book_utils.records import RECORD_SEEDS

FOLDER = Path(__file__).parents[1] / "deepseek_book_utils" / "recorded"


def rounded(value: object) -> object:
    """Four significant digits; not-a-number (nothing to divide by) becomes null."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


def git(*arguments: str) -> str:
    """What a git command prints."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def one_thread(run_seed: Callable[[int], dict[str, Any]], seed: int) -> dict[str, Any]:
    """Run a seed on one thread, so that its seconds are CPU seconds of one core."""
    torch.set_num_threads(1)
    return {"seed": seed} | run_seed(seed)


def record(
    name: str,
    run_seed: Callable[[int], dict[str, Any]],
    settings: dict[str, Any],
    sources: list[str],
    description: str | None,
) -> None:
    """Run every seed, two at a time, and write `recorded/<name>.json`, whole or not at all.

    `sources` are the files and folders that must be committed first: the record names their commit.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, nargs="+", default=RECORD_SEEDS)
    parser.add_argument("--output", type=Path, default=FOLDER / f"{name}.json")
    options = parser.parse_args()
    if git("status", "--porcelain", "--", *sources):
        sys.exit("Commit the package first: the record names the commit that made it.")
    with ProcessPoolExecutor(2) as pool:
        seeds = list(pool.map(one_thread, [run_seed] * len(options.seeds), options.seeds))
    data = {
        "command": f"python -m tools.record_{name}",
        "commit": git("rev-parse", "--short", "HEAD"),
        "date": date.today().isoformat(),
        "torch": torch.__version__,
        "settings": settings,
        "seeds": seeds,
    }
    options.output.parent.mkdir(exist_ok=True)
    partial = options.output.with_suffix(".partial")
    partial.write_text(json.dumps(rounded(data), ensure_ascii=False, separators=(",", ":")) + "\n")
    partial.replace(options.output)
    print(f"wrote {options.output}")
