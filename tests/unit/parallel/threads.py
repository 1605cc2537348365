"""Threads that stand for processes: what the package uses of torch.distributed, in the memory of one process.

Real processes (`tests/reference/parallel`) take seconds to start, and import the package anew, so that they
see no mutant of it. Here a call without its partner fails after `PATIENCE` seconds.
"""

import itertools
import queue
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

PATIENCE = 10.0  # seconds


class Threads:
    """A group of so many threads, each with its rank, under the names of torch.distributed."""

    def __init__(self, size: int) -> None:
        self.size, self.own = size, threading.local()
        self.meeting = threading.Barrier(size, timeout=PATIENCE)
        self.table: list[Any] = [None] * size
        pairs = itertools.product(range(size), repeat=2)
        self.letters: dict[tuple[int, int], queue.SimpleQueue] = {p: queue.SimpleQueue() for p in pairs}
        self.not_waited_for = 0

    def run(self, work: Callable[[int], Any]) -> list[Any]:
        """What `work(rank)` returns in each thread; the first error of any, if there is one."""
        results, errors = [None] * self.size, list[Exception]()

        def one(rank: int) -> None:
            self.own.rank = rank
            try:
                results[rank] = work(rank)
            except Exception as error:  # noqa: BLE001 - `run` raises it
                errors.append(error)
                self.meeting.abort()
                for letters in self.letters.values():
                    letters.put(None)

        threads = [threading.Thread(target=one, args=(rank,), daemon=True) for rank in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        assert not self.not_waited_for and all(letters.empty() for letters in self.letters.values())
        return results

    def get_rank(self) -> int:
        return self.own.rank

    def get_world_size(self) -> int:
        return self.size

    def barrier(self) -> None:
        self.meeting.wait()

    def everyone(self, x: Tensor) -> list[Tensor]:
        """Each thread's tensor; numbers in one piece and without a graph, as gloo wants them."""
        assert x.is_contiguous() and not (x.requires_grad and torch.is_grad_enabled())
        self.table[self.own.rank] = x.clone()
        self.barrier()
        found = list(self.table)
        self.barrier()
        return found

    def all_reduce(self, x: Tensor) -> None:
        x.copy_(torch.stack(self.everyone(x)).sum(0))

    def broadcast(self, x: Tensor, src: int) -> None:
        x.copy_(self.everyone(x)[src])

    def all_gather(self, into: list[Tensor], x: Tensor) -> None:
        for slot, found in zip(into, self.everyone(x), strict=True):
            slot.copy_(found)

    def isend(self, x: Tensor, to: int) -> SimpleNamespace:
        assert x.is_contiguous() and not x.requires_grad
        self.letters[self.own.rank, to].put(x)
        self.not_waited_for += 1

        def wait() -> None:
            self.not_waited_for -= 1

        return SimpleNamespace(wait=wait)

    def recv(self, x: Tensor, source: int) -> None:
        x.copy_(self.letters[source, self.own.rank].get(timeout=PATIENCE))
