"""Runs the benchmarks of chapter 2 in this process, prints them and writes `benchmarks/results_rl.json`."""

import json
import platform
import statistics
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks import bench_a2c, bench_dqn

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


def main() -> None:
    """Measure, print, write."""
    dqn = bench_dqn.run(SEEDS)
    show("DQN on CartPole-v1, CPU seconds until every later judgement is 475 or more", dqn, "stable", "whole")
    a2c = bench_a2c.run(seeds=SLOW_SEEDS)
    for name, rates in a2c["steps_per_second"].items():
        print(f"    {name:24} {statistics.median(rates):9,.0f} environment steps a CPU second")
    show("A2C on CartPole-v1", a2c["trainings"], "stays_seconds", "seconds")
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, one thread, CPU seconds of the process",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "gymnasium", "stable_baselines3")},
        "dqn": dqn,
        "a2c": a2c,
    }
    RESULTS.write_text(json.dumps(rounded(record), indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
