"""Requests of many clients, answered together: a queue, a worker, a little patience.

A model needs little more time for a batch of requests than for one of them. The clients
come one by one, so somebody has to put them together. While the worker computes, new
requests gather in the queue, and they are the next batch.

Left out of production servers: continuous batching, where a request joins a batch that
is already being written (Yu et al., Orca, OSDI 2022); priorities; more than one worker.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from ..settings import check_ranges


@dataclass(frozen=True)
class ServingSettings:
    """What the service takes on, and how long it lets anybody wait; raises ValueError
    on values without sense.
    """

    batch_size: int = 32  # most requests that the model answers at once
    patience: float = 0.005  # seconds that a first request waits for company
    queue: int = 128  # most requests that wait; the next one is sent away at once
    timeout: float = 10.0  # seconds until a request without an answer is given up
    max_body: int = 65536  # bytes of a request

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("batch_size", "queue", "max_body"),
            positive=("timeout",),
            not_negative=("patience",),
        )


@dataclass
class Request:
    """What was asked, and a place for its answer."""

    asked: Any
    answer: Future = field(default_factory=Future)


def take_batch(waiting: Queue, batch_size: int, patience: float) -> list[Request]:
    """Wait for a request, then for company: until there are `batch_size`, or until
    `patience` seconds have passed. What waits already is taken without patience.
    """
    batch = [waiting.get()]
    end = time.monotonic() + patience
    while len(batch) < batch_size:
        try:
            batch.append(waiting.get(timeout=max(0.0, end - time.monotonic())))
        except Empty:
            break
    return batch


def answer_batch(
    batch: Sequence[Request], answer: Callable[[list[Any]], list[Any]]
) -> None:
    """Give each request its answer, or the error that it caused. If a batch fails, its
    requests are asked one by one, so that nobody pays for the mistake of another.
    """
    try:
        answers = answer([request.asked for request in batch])
        pairs = list(zip(batch, answers, strict=True))
    except Exception as error:  # noqa: BLE001 - whoever asked is told
        if len(batch) == 1:
            batch[0].answer.set_exception(error)
            return
        for request in batch:
            answer_batch([request], answer)
    else:
        for request, found in pairs:
            request.answer.set_result(found)


class Batcher:
    """A worker that answers in batches what many threads ask one by one.

    `answer` gets a list and returns the answers in the same order.
    """

    def __init__(
        self, answer: Callable[[list[Any]], list[Any]], settings: ServingSettings
    ) -> None:
        self.answer, self.settings = answer, settings
        self.waiting: Queue[Request] = Queue(settings.queue)
        self.working = 0  # requests that the model has before it now
        self.requests = self.batches = 0  # taken so far
        self.worker = threading.Thread(target=self.work, daemon=True)
        self.worker.start()

    def work(self) -> None:
        """Take a batch, answer it, and so on."""
        while True:
            batch = take_batch(
                self.waiting, self.settings.batch_size, self.settings.patience
            )
            # whoever has given up is left out
            batch = [r for r in batch if r.answer.set_running_or_notify_cancel()]
            if batch:
                self.requests, self.batches = (
                    self.requests + len(batch),
                    self.batches + 1,
                )
                self.working = len(batch)
                answer_batch(batch, self.answer)
                self.working = 0

    def ask(self, asked: Any) -> Any:
        """The answer to one request, from any thread.

        Raises queue.Full if too many wait already, TimeoutError if there is no answer
        in time, and what the model raised.
        """
        request = Request(asked)
        self.waiting.put_nowait(request)
        try:
            return request.answer.result(self.settings.timeout)
        finally:
            request.answer.cancel()  # has no effect on an answer that has begun
