"""Runs the benchmarks in this process, prints one table and writes `benchmarks/results.json`.

With `--against PATH` it times that checkout beside this one instead, and writes nothing.
"""

import argparse
import json
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks import bench_grpo_step as grpo_step
from benchmarks import bench_sampler as sampler
from benchmarks.against import compare_with
from benchmarks.measure import compare, llama, our_model, parameters

RESULTS = Path(__file__).parent / "results.json"
LINE = "    {name:30}{seconds:9.3f}{tokens_per_second:10,}{ours_is_faster:12}x   ({lowest} to {highest})"
BENCHMARKS = (  # title, how to run it, tokens sampled, width of the models, how many times as fast we aim
    (
        "Sampling 8 x 16 responses that end, 64 tokens at most",
        lambda: sampler.run(group_size=16, may_end=True),
        sampler.ENDING,
        sampler.WIDTH,
        2.0,
    ),
    (
        "Sampling 8 x 16 responses of 64 tokens",
        lambda: sampler.run(group_size=16),
        sampler.BATCH * sampler.NEW,
        sampler.WIDTH,
        2.0,
    ),
    (
        "Sampling 128 x 1 responses of 64 tokens",
        lambda: sampler.run(group_size=1),
        sampler.BATCH * sampler.NEW,
        sampler.WIDTH,
        None,
    ),
    (
        "GRPO step, 8 x 8 responses of 32 tokens",
        grpo_step.run,
        grpo_step.PROMPTS * grpo_step.GROUP * grpo_step.NEW,
        grpo_step.WIDTH,
        1.5,
    ),
)


def main() -> None:
    """Measure, print, write."""
    torch.set_num_threads(1)
    found = []
    print(f"{'':34}{'CPU s':>9}{'tokens/s':>10}{'ours faster':>13}   (lowest to highest)")
    for title, run, tokens, width, aim in BENCHMARKS:
        sizes = {"ours": parameters(our_model(width)), "Llama": parameters(llama(width))}
        print(f"{title}; parameters: {sizes['ours']:,}, Llama {sizes['Llama']:,}", flush=True)
        rows = compare(run(), tokens)
        print("\n".join(LINE.format(**row) for row in rows), flush=True)
        found.append({"title": title, "parameters": sizes, "aim": aim, "rows": rows})
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, one thread, CPU seconds of the process",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "transformers", "trl")},
        "benchmarks": found,
    }
    RESULTS.write_text(json.dumps(record, indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, metavar="PATH", help="another checkout of this repository")
    other = parser.parse_args().against
    compare_with(other.resolve()) if other else main()
