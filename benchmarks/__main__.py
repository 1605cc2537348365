"""Runs both benchmarks in this process, prints one table and writes `benchmarks/results.json`."""

import json
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks import bench_grpo_step, bench_sampler
from benchmarks.measure import llama, our_model, parameters, rows

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    torch.set_num_threads(1)
    benchmarks = [
        ("128 responses of 64 tokens", bench_sampler, bench_sampler.BATCH * bench_sampler.NEW, 2.0),
        (
            "GRPO step, 64 responses of 32 tokens",
            bench_grpo_step,
            bench_grpo_step.PROMPTS * bench_grpo_step.GROUP * bench_grpo_step.NEW,
            1.5,
        ),
    ]
    found = []
    print(f"{'':46}{'CPU s':>8}{'tok/s':>9}{'ours faster':>14}   (lowest to highest)")
    for title, benchmark, tokens, bar in benchmarks:
        sizes = {"ours": parameters(our_model(benchmark.WIDTH)), "Llama": parameters(llama(benchmark.WIDTH))}
        print(f"{title}; parameters: ours {sizes['ours']:,}, Llama {sizes['Llama']:,}; bar {bar} times", flush=True)
        table = rows(benchmark.run(), benchmark.OURS, tokens)
        for row in table:
            spread = f"({row['lowest']} to {row['highest']})"
            print(
                f"    {row['name']:42}{row['seconds']:8.3f}{row['tokens_per_second']:9,}"
                f"{row['ours_is_faster']:13}x   {spread}",
                flush=True,
            )
        found.append({"title": title, "parameters": sizes, "bar": bar, "rows": table})
    versions = {name: version(name) for name in ("torch", "transformers", "trl")}
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, one thread, CPU seconds of the process",
        "python": platform.python_version(),
        "versions": versions,
        "benchmarks": found,
    }
    RESULTS.write_text(json.dumps(record, indent=2) + "\n")
    print(f"\nWritten to {RESULTS.relative_to(Path.cwd())}.")


if __name__ == "__main__":
    main()
