"""How the cost of sampling grows with the number of responses, their length, the model and the group; writes
`benchmarks/results_scaling.json`.

In each series one thing varies and the others stand still: 128 responses of 64 tokens, each after a prompt of
its own of 32 tokens, from a model of 0.8 million parameters. The sizes of a series take turns. The exponent k
of seconds ~ size^k is the slope of a straight line through the logarithms, over all sizes and over the
largest three.
"""

import json
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

import torch

from benchmarks.measure import alternate, our_model, parameters, prompts_of_32_tokens
from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import EOS, PAD
from deepseek_book_utils.reasoning.pen import Pen
from tests.writing import write

RESULTS = Path(__file__).parent / "results_scaling.json"
ROWS, NEW, WIDTH, REPETITIONS = 128, 64, 176, 5
BATCHES, LENGTHS = (1, 4, 16, 64, 128, 256), (8, 16, 32, 64, 128, 256)
WIDTHS, GROUPS = (64, 96, 128, 176, 256, 384), (1, 2, 4, 8, 16, 32)


def sampling(model: LanguageModel, rows: int = ROWS, new: int = NEW, group: int = 1) -> Callable[[], object]:
    """One call that samples so many responses, none of which ends early."""
    prompts, generator = prompts_of_32_tokens(rows // group), torch.Generator().manual_seed(0)
    return lambda: write(model, prompts, group, generator, Pen(0, 0, 0), new, forbidden=(EOS, PAD))


def long_model() -> LanguageModel:
    """A model whose context holds the longest response."""
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=WIDTH, context=32 + max(LENGTHS)))
    torch.nn.init.normal_(model.head.weight, std=0.02)
    return model


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log(seconds) over log(size), by least squares.

    Raises ValueError on fewer than two sizes, or on numbers that are not positive.
    """
    if len(sizes) < 2 or min(*sizes, *seconds) <= 0:
        raise ValueError(f"A slope needs two sizes and positive numbers; got {sizes}, {seconds}.")
    x, y = [math.log(size) for size in sizes], [math.log(taken) for taken in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread


def series(sizes: Sequence[int], calls: Sequence[Callable[[], object]]) -> dict[str, object]:
    """CPU seconds at every size, median with the lowest and the highest, and the exponents."""
    times = alternate({str(size): call for size, call in zip(sizes, calls, strict=True)}, REPETITIONS)
    middle = [median(times[str(size)]) for size in sizes]
    return {
        "points": [
            {"size": size, "seconds": round(taken, 4)}
            | {name: round(pick(times[str(size)]), 4) for name, pick in (("lowest", min), ("highest", max))}
            for size, taken in zip(sizes, middle, strict=True)
        ],
        "exponent": round(exponent(sizes, middle), 2),
        "exponent_of_largest": round(exponent(sizes[-3:], middle[-3:]), 2),
    }


def main() -> None:
    """Measure, print, write."""
    torch.set_num_threads(1)
    model, context, found = our_model(WIDTH), long_model(), {}
    models = [our_model(width) for width in WIDTHS]
    for name, sizes, calls in (
        ("responses", BATCHES, [sampling(model, rows=rows) for rows in BATCHES]),
        ("tokens a response", LENGTHS, [sampling(context, new=new) for new in LENGTHS]),
        ("parameters", [parameters(each) for each in models], [sampling(each) for each in models]),
        ("responses a prompt", GROUPS, [sampling(model, group=group) for group in GROUPS]),
    ):
        found[name] = series(sizes, calls)
        slopes = [found[name][key] for key in ("exponent", "exponent_of_largest")]
        print(f"{name:20} exponents", *slopes)
    made = {"command": "make bench", "date": date.today().isoformat(), "python": platform.python_version()}
    made |= {"machine": f"{platform.system()} {platform.machine()}, one thread, CPU seconds of the process"}
    RESULTS.write_text(
        json.dumps(made | {"torch": torch.__version__, "series": found}, indent=2) + "\n", "utf-8"
    )
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
