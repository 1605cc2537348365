"""Stages in threads against the whole model: losses, gradients, events by a clock of our own."""

import itertools
import time
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.parallel import pipeline
from deepseek_book_utils.parallel.pipeline import ORDERS, Event, order_of_work, run_stage


class Turned(nn.Module):
    """(N, C, C) -> (N, C, C): a layer, and its outputs turned, which lie in memory as they lay before."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        values = torch.randn(3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        self.weight = nn.Parameter(values)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x @ self.weight).transpose(1, 2)


def pieces_of(count: int) -> list[Tensor]:
    """They ask for gradients, as a stage's inputs may; the first stage has nobody to send them to."""
    dice = torch.Generator().manual_seed(9)
    return [torch.randn(2, 3, 3, generator=dice, dtype=torch.float64).requires_grad_() for _ in range(count)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("stages", "count"), [(1, 2), (2, 1), (3, 4)])
def test_stages_give_the_whole_models_losses_and_gradients(threads, stages, count, order) -> None:
    whole, ours = ([Turned(seed) for seed in range(stages)] for _ in range(2))

    def loss(outputs: Tensor, piece: int) -> Tensor:
        return (outputs - piece).square().mean() / count

    def work(rank: int) -> tuple[list[float], list[Event]]:
        like = torch.empty(2, 3, 3, dtype=torch.float64)
        return run_stage(ours[rank], pieces_of(count), loss, like, order)

    found = threads(stages).run(work)
    expected = [loss(nn.Sequential(*whole)(x), piece) for piece, x in enumerate(pieces_of(count))]
    sum(expected).backward()
    assert [losses for losses, _ in found[:-1]] == [[]] * (stages - 1)
    assert found[-1][0] == pytest.approx([value.item() for value in expected])
    for one, other in zip(ours, whole, strict=True):
        torch.testing.assert_close(one.weight.grad, other.weight.grad)
    for rank, (_, events) in enumerate(found):
        assert {event.stage for event in events} == {rank}
        assert [(e.kind, e.piece) for e in events] == order_of_work(rank, stages, count, order)


def test_events_count_from_the_moment_when_all_are_there(threads, monkeypatch) -> None:
    ticks, there, seen = itertools.count(100.0), list[int](), list[int]()

    def clock() -> float:
        seen.append(len(there))
        return next(ticks)

    def work(rank: int) -> list[Event]:
        time.sleep(0.03 * rank)
        there.append(rank)
        pieces = pieces_of(2)
        return run_stage(Turned(0), pieces, lambda y, _: y.sum(), pieces[0].detach())[1]

    monkeypatch.setattr(pipeline, "time", SimpleNamespace(perf_counter=clock))
    assert threads(1).run(work)[0] == [
        Event(0, "forward", 0, 1.0, 2.0),
        Event(0, "forward", 1, 3.0, 4.0),
        Event(0, "backward", 0, 5.0, 6.0),
        Event(0, "backward", 1, 7.0, 8.0),
    ]
    there.clear(), seen.clear()
    threads(2).run(work)
    assert set(seen) == {2}
