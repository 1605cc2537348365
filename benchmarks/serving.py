"""Runs the service's benchmark, prints it and writes `benchmarks/results_serving.json`.

The same model, twice behind the same server: with requests in batches, and in a plain Flask application that
answers each request by itself. Clients ask one problem after the other, each on a connection of its own; 1,
10 and 100 of them for ten seconds each. Then 100 clients ask the batched service for a minute: every answer
is compared with that to the problem alone, and the memory of the server is read every second.
"""

import argparse
import json
import logging
import platform
import statistics
import tempfile
import threading
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flask
import psutil

from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.model_files import load_model, save_model
from deepseek_book_utils.reasoning.language import BOOK, held_out_problems
from deepseek_book_utils.reasoning.pretrained import pretrained_base
from deepseek_book_utils.serving.app import create_app
from deepseek_book_utils.serving.batching import ServingSettings
from deepseek_book_utils.serving.client import Question, Reply, put_under_load
from deepseek_book_utils.serving.miniature import answer_problems, read_problem
from deepseek_book_utils.serving.running import SPAWN, running_server

RESULTS = Path(__file__).parent / "results_serving.json"
CLIENTS = (1, 10, 100)
QUESTIONS: list[Question] = [(p.prompt.removeprefix("<bos> "), "supervised") for p in held_out_problems(200)]
BATCHED = ServingSettings(timeout=120.0)  # a busy machine is slow, not wrong
PLAIN = ServingSettings(batch_size=1, queue=1)  # the server has ten threads then
LINE = "    {name:10}{clients:8}{tokens_per_second:14,}{tokens_per_cpu_second:18,}{median:12.3f}{p95:10.3f}"

Got = list[tuple[Question, Reply]]


def batched(path: str, settings: ServingSettings) -> flask.Flask:
    """Our service."""
    model, _ = load_model(path, LanguageModel, ModelSettings)
    return create_app({"supervised": answer_problems(model.double(), BOOK)}, settings, read_problem)


def plain(path: str, settings: ServingSettings) -> flask.Flask:
    """The same model as a tutorial would serve it: every request computes its own answer."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait is no news here
    model, _ = load_model(path, LanguageModel, ModelSettings)
    answer, app = answer_problems(model.double(), BOOK), flask.Flask(__name__)

    @app.get("/healthz")
    def health() -> Any:
        return flask.jsonify(status="ok")

    @app.post("/finetune_inference")
    def infer() -> Any:
        return flask.jsonify(answer([flask.request.get_json()["text"]])[0])

    return app


def server_process() -> psutil.Process:
    """The one server that runs."""
    [process] = SPAWN.active_children()
    return psutil.Process(process.pid)


def tokens(got: Got) -> int:
    """Words that the service wrote."""
    return sum(len(reply.body["response"].split()) for _, reply in got)


def wrong(got: Got, alone: dict[str, str]) -> int:
    """Replies that are errors, or not what the problem is answered alone."""
    return sum(reply.body.get("response") != alone[text] for (text, _), reply in got)


def measure(name: str, url: str, clients: int, seconds: float, alone: dict[str, str]) -> dict[str, Any]:
    """One row of the table."""
    before = server_process().cpu_times()
    got = put_under_load(url, QUESTIONS, clients, seconds)
    after = server_process().cpu_times()
    if found := wrong(got, alone):
        raise RuntimeError(f"{name}, {clients} clients: {found} of {len(got)} answers are wrong.")
    took = max(seconds, sum(reply.seconds for _, reply in got) / clients)
    cpu = after.user + after.system - before.user - before.system
    latencies = sorted(reply.seconds for _, reply in got)
    return {
        "name": name,
        "clients": clients,
        "answers": len(got),
        "tokens_per_second": round(tokens(got) / took),
        "tokens_per_cpu_second": round(tokens(got) / cpu),
        "median": round(statistics.median(latencies), 3),
        "p95": round(latencies[int(0.95 * len(latencies))], 3),
    }


def endure(url: str, seconds: float, alone: dict[str, str]) -> dict[str, Any]:
    """100 clients: errors, wrong answers, and megabytes of the server once it is warm and at the end."""
    process, memory, done = server_process(), list[float](), threading.Event()

    def watch() -> None:
        while not done.wait(1.0):
            memory.append(process.memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        got = put_under_load(url, QUESTIONS, 100, seconds)
    finally:
        done.set()
        watcher.join()
    third = len(memory) // 3
    return {
        "seconds": seconds,
        "answers": len(got),
        "errors": sum(reply.status != 200 for _, reply in got),
        "wrong": wrong(got, alone),
        "megabytes": {
            "second third": round(statistics.mean(memory[third : 2 * third]), 1),
            "last third": round(statistics.mean(memory[2 * third :]), 1),
        },
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="of each row; the last takes six times as long"
    )
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.safetensors"
        save_model(path, pretrained_base(0))
        model, _ = load_model(path, LanguageModel, ModelSettings)
        texts = [text for text, _ in QUESTIONS]
        answers = [answer_problems(model.double(), BOOK)([text])[0]["response"] for text in texts]
        alone = dict(zip(texts, answers, strict=True))
        rows = []
        print(f"    {'':10}{'clients':>8}{'tokens/s':>14}{'tokens/CPU s':>18}{'median s':>12}{'95 %':>10}")
        for name, app, settings in (("batched", batched, BATCHED), ("plain", plain, PLAIN)):
            with running_server(partial(app, path), settings, start_within=300) as url:
                for clients in CLIENTS:
                    rows.append(measure(name, url, clients, seconds, alone))
                    print(LINE.format(**rows[-1]), flush=True)
        with running_server(partial(batched, path), BATCHED, start_within=300) as url:
            put_under_load(url, QUESTIONS, 100, 1.0)  # warm
            endurance = endure(url, 6 * seconds, alone)
        print(f"    100 clients for {6 * seconds:g} s: {endurance}")
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores; one torch thread",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "flask", "waitress")},
        "load_average": round(psutil.getloadavg()[0], 1),  # of all processes, the benchmark's own among them
        "seconds_a_row": seconds,
        "rows": rows,
        "endurance": endurance,
    }
    RESULTS.write_text(json.dumps(record, indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
