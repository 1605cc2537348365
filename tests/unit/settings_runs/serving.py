"""A tiny run of the service's settings: a full queue, patience, batches, a slow model, a long body."""

import json
import threading
import time
from queue import Full, Queue
from typing import Any

from deepseek_book_utils.serving.app import create_app
from deepseek_book_utils.serving.batching import Batcher, Request, ServingSettings, take_batch
from tests.unit.settings_runs.case import Case


def serve(settings: ServingSettings) -> Any:
    waiting: Queue = Queue()
    waiting.put(Request(0))
    timers = [threading.Timer(0.2, waiting.put, [Request(i)]) for i in range(4)]
    for timer in timers:
        timer.start()
    taken = len(take_batch(waiting, settings.batch_size, settings.patience))  # with company, or alone
    for timer in timers:
        timer.join()

    release = threading.Event()
    batcher = Batcher(lambda asked: [release.wait(60) for _ in asked], settings)
    batcher.waiting.put(Request(0))
    while not batcher.waiting.empty():  # the worker takes it, and is busy
        time.sleep(0.01)
    time.sleep(settings.patience + 0.1)
    start = time.monotonic()
    try:
        batcher.ask(1)
    except TimeoutError:
        late = round(time.monotonic() - start) if settings.timeout >= 1 else 0
    places = 1
    try:
        while True:
            batcher.waiting.put_nowait(Request(2))
            places += 1
    except Full:
        release.set()

    client = create_app({"rl": lambda texts: [{} for _ in texts]}, settings).test_client()
    body = json.dumps({"text": "a" * 60, "mode": "rl"})
    status = client.post("/finetune_inference", data=body, content_type="application/json").status_code
    return taken, late, places, status


CASES = [
    Case(
        ServingSettings(batch_size=2, patience=1.0, queue=3, timeout=0.1, max_body=90),
        serve,
        {"batch_size": 3, "patience": 0.0, "queue": 4, "timeout": 2.0, "max_body": 80},
    ),
]
