"""Runs the whole recipe for one seed, from random weights to R1; writes `benchmarks/results_pipeline.json`.

CPU seconds of the two parts: the base, and the four stages on it (`reasoning.fine_tuning.stages.run_stages`).
"""

import json
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil

from deepseek_book_utils.reasoning.fine_tuning.stages import StageSettings, run_stages, scenarios
from deepseek_book_utils.reasoning.instructions import GeneralSettings, held_out_wishes
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.reasoning.tasks import evaluate
from experiments.measuring import Stopwatch

RESULTS = Path(__file__).parent / "results_pipeline.json"
SEED = 1


def main() -> None:
    """Measure, print, write."""
    watch = Stopwatch()
    base = pretrained_base(SEED, general=GeneralSettings(), anew=True)
    seconds = {"base": watch.seconds()}
    watch = Stopwatch()
    models = {"base": base} | run_stages(base, StageSettings(), SEED)
    seconds["four stages"] = watch.seconds()
    task = scenarios()
    results = {
        name: {
            "reasoning": evaluate(model, task, held_out_problems(200), samples=4)["accuracy"],
            "wishes": evaluate(model, task, held_out_wishes(100), samples=4)["wishes"],
        }
        for name, model in models.items()
    }
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores; one torch thread",
        "python": platform.python_version(),
        "torch": version("torch"),
        "load_average": round(psutil.getloadavg()[0], 1),
        "seed": SEED,
        "cpu_seconds": {name: round(value, 1) for name, value in seconds.items()},
        "results": results,
    }
    for name, value in record["cpu_seconds"].items():
        print(f"    {name:12}{value:8.1f} CPU s")
    print(f"    {'together':12}{sum(seconds.values()):8.1f} CPU s")
    for name, result in results.items():
        print(f"    {name:12}" + "".join(f"{part:>12} {value:.3f}" for part, value in result.items()))
    RESULTS.write_text(json.dumps(record, indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
