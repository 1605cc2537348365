"""Runs reinforcement learning's benchmarks in this process, prints them, writes `benchmarks/results_rl.json`.

`python -m benchmarks.rl ppo` runs only that part; the others stay as they were measured.
"""

import argparse
import json
import platform
import statistics
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import bench_a2c, bench_dqn, bench_ppo

RESULTS = Path(__file__).parent / "results_rl.json"
SEEDS = (0, 1, 2)
SLOW_SEEDS = (0,)  # one A2C training of stable-baselines3's takes minutes


def rounded(value: object) -> object:
    """Four significant digits."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def show(title: str, runs: dict[str, list[dict]], stable: str, whole: str) -> None:
    """One line a training."""
    print(title)
    for name, rows in runs.items():
        for row in rows:
            held = "never" if row[stable] is None else f"{row[stable]:.1f} s"
            print(
                f"    {name:24} stable after {held:>8} of {row[whole]:.1f} s, at the end {row['final']:.0f}"
            )


def dqn() -> dict[str, Any]:
    """DQN, beside stable-baselines3's."""
    found = bench_dqn.run(SEEDS)
    title = "DQN on CartPole-v1, CPU seconds until every later judgement is 475 or more"
    show(title, found, "stable", "whole")
    return found


def a2c() -> dict[str, Any]:
    """A2C, beside stable-baselines3's."""
    found = bench_a2c.run(seeds=SLOW_SEEDS)
    for name, rates in found["steps_per_second"].items():
        print(f"    {name:24} {statistics.median(rates):9,.0f} environment steps a CPU second")
    show("A2C on CartPole-v1", found["trainings"], "stays_seconds", "seconds")
    return found


def ppo() -> dict[str, Any]:
    """PPO, beside stable-baselines3's and CleanRL's."""
    found = bench_ppo.run(SEEDS)
    title = "PPO on CartPole-v1, CPU seconds until every later judgement is 475 or more"
    show(title, found["trainings"], "stays_seconds", "seconds")
    return found


PARTS = {"dqn": dqn, "a2c": a2c, "ppo": ppo}


def main() -> None:
    """Measure, print, write; parts that are not asked for keep what was measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; all if none is named")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; choose among {', '.join(PARTS)}")
    before = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    earlier = {name: before["date"] for name in PARTS if name in before}
    dates = earlier | before.get("dates", {})
    found = {name: before[name] for name in PARTS if name in before}
    for name in chosen:
        found[name] = PARTS[name]()
        dates[name] = date.today().isoformat()
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "dates": dates,
        "machine": f"{platform.system()} {platform.machine()}, one thread, CPU seconds of the process",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "gymnasium", "stable_baselines3")},
    }
    RESULTS.write_text(json.dumps(rounded(record | found), indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
