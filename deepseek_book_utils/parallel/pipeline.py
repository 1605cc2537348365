"""Pipeline parallelism: every process has some layers, and a batch goes through them in
pieces, so that all stages have something to do.

Letters: p stages, m pieces of the batch (micro-batches), B batch.

With one piece this is layer-wise model parallelism: one stage works, the others wait.
With m pieces and stages of equal cost, each stage waits for a share (p - 1) / (m + p -
1) of the time (Huang et al., arXiv 1811.06965). Two orders: all pieces forwards, then
all backwards (GPipe); or one backwards as soon as possible after one forwards (1F1B,
Narayanan et al., arXiv 1806.03377 and 2104.04473), which waits as long and keeps fewer
pieces in memory. Left out: messages that travel while a stage computes, backward passes
cut in two (zero bubble, DualPipe), and stages that share weights.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

ORDERS = ("gpipe", "1f1b")
Work = tuple[str, int]  # ("forward" or "backward", number of the piece)


@dataclass(frozen=True)
class Event:
    """What a stage did from `start` to `end`, in seconds or other units."""

    stage: int
    kind: str
    piece: int
    start: float
    end: float


def order_of_work(stage: int, stages: int, pieces: int, order: str) -> list[Work]:
    """What a stage does, in turn. Raises ValueError for an unknown order."""
    if order not in ORDERS:
        raise ValueError(f"order = {order!r}: take one of {ORDERS}.")
    ahead = pieces if order == "gpipe" else min(stages - stage - 1, pieces)
    work: list[Work] = [("forward", piece) for piece in range(ahead)]
    for piece in range(pieces):
        if piece + ahead < pieces:
            work.append(("forward", piece + ahead))
        work.append(("backward", piece))
    return work


def bubble_share(stages: int, pieces: int) -> float:
    """The share of time in which a stage waits, if all stages cost the same."""
    # (p - 1) / (m + p - 1)                              Huang et al. 2019, section 2.3
    return (stages - 1) / (pieces + stages - 1)


def timeline(
    forward: Sequence[float], backward: Sequence[float], pieces: int, order: str
) -> list[Event]:
    """When each stage works, if a piece takes forward[s] and backward[s] in stage s and
    messages take no time.
    """
    stages = len(forward)
    queues = [order_of_work(s, stages, pieces, order) for s in range(stages)]
    done: dict[tuple[int, str, int], float] = {}
    clock, events = [0.0] * stages, []
    while any(queues):
        for s, queue in enumerate(queues):
            if not queue:
                continue
            kind, piece = queue[0]
            if kind == "forward":
                needs = (s - 1, kind, piece) if s else None
            else:
                needs = (
                    (s + 1, kind, piece) if s < stages - 1 else (s, "forward", piece)
                )
            if needs and needs not in done:
                continue  # waits for a neighbour
            start = max(clock[s], done[needs] if needs else 0.0)
            clock[s] = start + (forward if kind == "forward" else backward)[s]
            done[s, kind, piece] = clock[s]
            events.append(Event(s, kind, piece, start, clock[s]))
            queue.pop(0)
    return events


def idle_shares(events: Sequence[Event]) -> list[float]:
    """For each stage, the share of the whole time in which it waited."""
    whole = max(event.end for event in events) - min(event.start for event in events)
    busy: dict[int, float] = {}
    for event in events:
        busy[event.stage] = busy.get(event.stage, 0.0) + event.end - event.start
    return [1 - busy[stage] / whole for stage in sorted(busy)]


def balanced_cuts(costs: Sequence[float], stages: int) -> list[int]:
    """How many layers each stage gets, so that the costliest costs as little as can be.

    Raises ValueError if there are fewer layers than stages.
    """
    n = len(costs)
    if not 1 <= stages <= n:
        raise ValueError(f"{n} layers cannot make {stages} stages: take 1 to {n}.")
    # best[k][i]: the costliest of k stages that hold the first i layers, and its cut
    best = [[(0.0 if i == 0 else float("inf"), 0) for i in range(n + 1)]]
    for k in range(1, stages + 1):
        row = [(float("inf"), 0)] * (n + 1)
        for i in range(k, n + 1):
            row[i] = min(
                (max(best[k - 1][j][0], sum(costs[j:i])), j) for j in range(k - 1, i)
            )
        best.append(row)
    cuts, end = [], n
    for k in range(stages, 0, -1):
        start = best[k][end][1]
        cuts.append(end - start)
        end = start
    return cuts[::-1]


def run_stage(
    stage: nn.Module,
    inputs: Sequence[Tensor],
    loss: Callable[[Tensor, int], Tensor],
    like: Tensor,
    order: str = "gpipe",
) -> tuple[list[float], list[Event]]:
    """One batch through this process's stage, forwards and backwards; gradients add up
    in its weights.

    inputs: the pieces, used by the first stage. loss(outputs, piece) is the last
    stage's, already divided by the number of pieces. like: a tensor as what one
    stage hands to the next. Returns the losses of the last stage, and the events.
    """
    s, p, m = dist.get_rank(), dist.get_world_size(), len(inputs)
    held: dict[int, tuple[Tensor, Tensor]] = {}
    under_way: list[tuple[Any, Tensor]] = []  # messages, and what must stay until then
    losses: list[float] = []
    events: list[Event] = []
    dist.barrier()
    begin = time.perf_counter()
    for kind, piece in order_of_work(s, p, m, order):
        if kind == "forward":
            x = inputs[piece] if s == 0 else _receive(like, s - 1).requires_grad_()
            start = time.perf_counter()
            y = stage(x) if s < p - 1 else loss(stage(x), piece)
            held[piece] = x, y
            end = time.perf_counter()
            if s < p - 1:
                under_way.append(_send(y.detach(), s + 1))
            else:
                losses.append(y.item())
        else:
            x, y = held.pop(piece)
            gradient = _receive(like, s + 1) if s < p - 1 else None
            start = time.perf_counter()
            y.backward(gradient)
            end = time.perf_counter()
            if s > 0 and x.grad is not None:
                under_way.append(_send(x.grad, s - 1))
        events.append(Event(s, kind, piece, start - begin, end - begin))
    for message, _ in under_way:
        message.wait()
    return losses, events


def _send(tensor: Tensor, to: int) -> tuple[Any, Tensor]:
    """Send without waiting: two neighbours that wait for each other would wait for
    ever.
    """
    tensor = tensor.contiguous()
    return dist.isend(tensor, to), tensor


def _receive(like: Tensor, source: int) -> Tensor:
    """A tensor of this shape and kind from a neighbour."""
    tensor = torch.empty_like(like)
    dist.recv(tensor, source)
    return tensor
