"""Record the findings of chapter 4 over five fresh seeds: `make claims` (two processes, about five
minutes).

For every seed: pretrain a base; train it as R1-Zero, with a language reward, with checks forbidden,
and with a pen that is equally clumsy in both languages; train a base that is too weak; measure all
of them on held-out problems.
"""

import argparse
import copy
import json
import math
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import torch

from deepseek_book_utils.reasoning.evaluation import base_skills, evaluate
from deepseek_book_utils.reasoning.language import held_out_problems
from deepseek_book_utils.reasoning.model import ReasoningModel
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.rewards import RewardWeights

TARGET = Path(__file__).parents[1] / "deepseek_book_utils" / "recorded" / "r1_zero.json"
SHORT, LONG = held_out_problems(200), held_out_problems(100, 8, 10, seed=1)
CHECK_WORDS = ("check", "wait", "查", "等")
EVEN_PEN = Pen(
    slip=0.10, clumsy=0.10
)  # as many slips as Pen() makes in English, but the same in both languages
ARMS = {
    "zero": R1ZeroSettings(),
    "language": R1ZeroSettings(rewards=RewardWeights(language=3.0)),
    "unchecked": R1ZeroSettings(forbidden=CHECK_WORDS),
    "even_pen": R1ZeroSettings(pen=EVEN_PEN),
}


def measure(model: ReasoningModel, settings: R1ZeroSettings) -> dict[str, dict[str, float]]:
    """Held-out problems as long as those of RL, and longer than any of them."""
    return {
        name: evaluate(model, problems, pen=settings.pen, forbidden=settings.forbidden, max_new_tokens=tokens)
        for name, problems, tokens in (("short", SHORT, 90), ("long", LONG, 150))
    }


def make_base(seed: int, settings: PretrainSettings) -> tuple[ReasoningModel, float]:
    """A pretrained model and the CPU seconds it took."""
    torch.manual_seed(seed)
    model, start = ReasoningModel(), time.process_time()
    pretrain(model, settings, seed)
    return model, time.process_time() - start


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    torch.set_num_threads(1)
    base, seconds = make_base(seed, PretrainSettings())
    record: dict[str, Any] = {
        "seed": seed,
        "base": measure(base, ARMS["zero"]) | {"seconds": seconds, "skills": base_skills(base)},
        "prompted": evaluate(base, SHORT, textbook=True),
    }
    for name, settings in ARMS.items():
        model, start = copy.deepcopy(base), time.process_time()
        history = train_r1_zero(model, settings, seed)
        record[name] = {"seconds": time.process_time() - start, "history": columns(history)}
        record[name] |= measure(model, settings)
        print(f"seed {seed} {name}: {json.dumps(record[name]['short'])}", flush=True)
    record["even_pen"]["base"] = evaluate(base, SHORT, pen=EVEN_PEN)
    weak, _ = make_base(seed, replace(PretrainSettings(), steps=120))
    before = evaluate(weak, SHORT)
    history = train_r1_zero(weak, ARMS["zero"], seed)
    record["weak"] = {"before": before, "after": evaluate(weak, SHORT), "history": columns(history)}
    return record


def columns(history: list[dict[str, float]]) -> dict[str, list[float]]:
    """The curve of every metric over the steps."""
    return {metric: [step[metric] for step in history] for metric in history[0]}


def rounded(value: object) -> object:
    """Four significant digits; not-a-number (nothing to divide by) becomes null."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def git(*arguments: str) -> str:
    """What a git command prints."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Run the seeds in two processes and write the record whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[20, 21, 22, 23, 24])
    parser.add_argument("--output", type=Path, default=TARGET)
    options = parser.parse_args()
    if git("status", "--porcelain", "--", "deepseek_book_utils/reasoning", "tools/record_r1_zero.py"):
        sys.exit("Commit the package first: the record names the commit that made it.")
    with ProcessPoolExecutor(2) as pool:
        records = list(pool.map(run_seed, options.seeds))
    data = {
        "command": "make claims",
        "commit": git("rev-parse", "--short", "HEAD"),
        "date": date.today().isoformat(),
        "torch": torch.__version__,
        "settings": {
            "pretrain": asdict(PretrainSettings()),
            **{name: asdict(arm) for name, arm in ARMS.items()},
        },
        "seeds": records,
    }
    options.output.parent.mkdir(exist_ok=True)
    partial = options.output.with_suffix(".partial")
    partial.write_text(json.dumps(rounded(data), ensure_ascii=False, separators=(",", ":")) + "\n")
    partial.replace(options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
