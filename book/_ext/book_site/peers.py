"""`{peers} part`: what `make bench` measured, as tables: our code beside the libraries, and how cost grows.

`pairs` holds what is timed in turn with a rival, `cart-pole` what training costs until it stays solved,
`service` tokens a second by clients, `growth` the exponents of `benchmarks/scaling.py` beside the theory.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .tables import Cell, table

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks"
THEORY = {  # what grows with the size, and how fast for large sizes
    "responses": ("1", "each token of each response meets every weight"),
    "tokens a response": ("1 to 2", "weights cost 1 a token; attention looks back at all tokens before"),
    "parameters": ("1", "two operations a parameter and token"),
    "responses a prompt": ("-1 to 0", "only reading the prompts is shared"),
}


def load(name: str) -> dict[str, Any]:
    """Return one file of results."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def pairs() -> nodes.Node:
    """Every pair that was timed in turn: seconds, and how many times as fast ours is."""
    gpt, tokenizer = load("results_gpt"), load("results_tokenizer")
    rows: list[list[Cell]] = []
    for one in [*load("results")["benchmarks"], *sum(gpt["benchmarks"].values(), [])]:
        ours, *rivals = one["rows"]
        for rival in rivals:
            seconds = [f"{row['seconds']:.3f}" for row in (ours, rival)]
            ratio = f"{rival['ours_is_faster']:.2f} ({rival['lowest']:.2f} to {rival['highest']:.2f})"
            rows.append([one["title"], rival["name"], ratio, *seconds])
    for work, taken in tokenizer["cpu_seconds"].items():
        seconds = [f"{taken[name]:.3f}" for name in ("ours", "tokenizers")]
        ratio = f"{1 / taken['ours_takes']:.2f} (at worst {1 / taken['largest']:.2f})"
        rows.append([f"Byte pairs of a megabyte, {work}", "tokenizers", ratio, *seconds])
    headers = ["What", "Beside", "Ours is so many times as fast", "Ours, CPU s", "Theirs, CPU s"]
    return table(headers, rows, "pairs", "Pairs timed in turn: median, and lowest to highest", "peers")


def cart_pole() -> nodes.Node:
    """CPU seconds until CartPole stays solved, one number a seed."""
    found, rows = load("results_rl"), []
    for algorithm, runs, key in (
        ("DQN", found["dqn"], "stable"),
        ("A2C", found["a2c"]["trainings"], "stays_seconds"),
        ("PPO", found["ppo"]["trainings"], "stays_seconds"),
    ):
        for name, seeds in runs.items():
            taken = [f"{seed[key]:.1f}" if seed[key] is not None else "never" for seed in seeds]
            rows.append([algorithm, name, ", ".join(taken)])
    headers = ["Algorithm", "Program", "CPU seconds, one number a seed"]
    return table(
        headers, rows, "cart-pole", "Until all later judgements of CartPole are 475 or more", "peers"
    )


def service() -> nodes.Node:
    """Tokens a second and waiting times, by how many clients ask at once."""
    found = load("results_serving")["rows"]
    rows: list[list[Cell]] = []
    for clients in sorted({row["clients"] for row in found}):
        each = {row["name"]: row for row in found if row["clients"] == clients}
        told = [
            f"{each[name]['tokens_per_second']:,} ({each[name]['median']:.2f} s)"
            for name in ("batched", "plain")
        ]
        rows.append([str(clients), *told])
    headers = ["Clients", "Ours, in batches", "A plain Flask application"]
    return table(headers, rows, "service", "Tokens a second, and the median wait for an answer", "peers")


def growth() -> nodes.Node:
    """Seconds at every size, and the exponents beside what theory says of large sizes."""
    rows: list[list[Cell]] = []
    for name, one in load("results_scaling")["series"].items():
        points = ", ".join(f"{point['size']:,}: {point['seconds']:.2f}" for point in one["points"])
        expected, why = THEORY[name]
        fitted = [f"{one[key]:.2f}" for key in ("exponent", "exponent_of_largest")]
        rows.append([name, points, *fitted, f"{expected}: {why}"])
    headers = ["Size", "CPU seconds at each", "Exponent", "Of the largest three", "Theory"]
    return table(headers, rows, "growth", "How the cost of sampling grows", "peers")


PARTS: dict[str, Callable[[], nodes.Node]] = {
    "pairs": pairs,
    "cart-pole": cart_pole,
    "service": service,
    "growth": growth,
}


class Peers(SphinxDirective):
    """The `{peers}` directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table; an unknown part is an error."""
        [part] = self.arguments
        if part not in PARTS:
            raise self.error(f"{{peers}} has no part {part}; it has {', '.join(PARTS)}")
        for file in FOLDER.glob("results*.json"):
            self.env.note_dependency(str(file))
        return [PARTS[part]()]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("peers", Peers)
