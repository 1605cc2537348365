"""Who waits for whom: the order of work, the bubble, and how layers are shared among stages."""

import itertools

import pytest

from deepseek_book_utils.parallel.pipeline import (
    ORDERS,
    Event,
    balanced_cuts,
    bubble_share,
    idle_shares,
    order_of_work,
    timeline,
)

SIZES = [(1, 1), (2, 1), (2, 4), (3, 2), (4, 4), (4, 8), (5, 3)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("stages", "pieces"), SIZES)
def test_equal_stages_wait_the_published_share(stages: int, pieces: int, order: str) -> None:
    """Backwards twice as long as forwards, as in training; every stage waits as long as any other."""
    events = timeline([1.0] * stages, [2.0] * stages, pieces, order)
    assert idle_shares(events) == pytest.approx([bubble_share(stages, pieces)] * stages)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("stages", "pieces"), SIZES)
def test_every_piece_passes_every_stage_in_turn(stages: int, pieces: int, order: str) -> None:
    events = timeline([1.0, 3.0, 2.0, 1.0, 1.5][:stages], [2.0] * stages, pieces, order)
    when = {(e.stage, e.kind, e.piece): e for e in events}
    assert len(when) == len(events) == 2 * stages * pieces
    for piece in range(pieces):
        path = [when[s, "forward", piece] for s in range(stages)]
        path += [when[s, "backward", piece] for s in reversed(range(stages))]
        assert all(a.end <= b.start for a, b in itertools.pairwise(path))
    for stage in range(stages):
        own = [e for e in events if e.stage == stage]
        assert all(a.end <= b.start for a, b in itertools.pairwise(own))
        assert [(e.kind, e.piece) for e in own] == order_of_work(stage, stages, pieces, order)


@pytest.mark.parametrize(("stages", "pieces"), SIZES)
def test_one_forwards_one_backwards_holds_fewer_pieces(stages: int, pieces: int) -> None:
    def most_held(stage: int, order: str) -> int:
        held, most = 0, 0
        for kind, _ in order_of_work(stage, stages, pieces, order):
            held += 1 if kind == "forward" else -1
            most = max(most, held)
        assert held == 0
        return most

    for stage in range(stages):
        assert most_held(stage, "gpipe") == pieces
        assert most_held(stage, "1f1b") == min(stages - stage, pieces)


def test_a_stage_that_costs_more_makes_the_others_wait() -> None:
    equal = idle_shares(timeline([2.0, 2.0, 2.0], [4.0, 4.0, 4.0], 6, "1f1b"))
    uneven = idle_shares(timeline([1.0, 4.0, 1.0], [2.0, 8.0, 2.0], 6, "1f1b"))
    assert max(equal) < 0.26 and uneven[0] > 0.7 and uneven[1] < 0.2


def test_idle_shares_by_hand() -> None:
    events = [Event(0, "forward", 0, 10.0, 12.0), Event(1, "forward", 0, 12.0, 20.0)]
    assert idle_shares(events) == pytest.approx([0.8, 0.2])


def test_a_timeline_by_hand() -> None:
    """Two stages, two pieces: the second stage waits forwards, and the first one backwards."""
    found = timeline([1.0, 2.0], [3.0, 5.0], 2, "gpipe")
    assert sorted(found, key=lambda event: (event.stage, event.start)) == [
        Event(0, "forward", 0, 0.0, 1.0),
        Event(0, "forward", 1, 1.0, 2.0),
        Event(0, "backward", 0, 10.0, 13.0),
        Event(0, "backward", 1, 15.0, 18.0),
        Event(1, "forward", 0, 1.0, 3.0),
        Event(1, "forward", 1, 3.0, 5.0),
        Event(1, "backward", 0, 5.0, 10.0),
        Event(1, "backward", 1, 10.0, 15.0),
    ]


def test_layers_are_shared_as_evenly_as_they_can_be() -> None:
    """Against every way to cut."""
    for costs in ([0.125] * 6, [5.0, 1.0, 1.0, 1.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [3.0, 9.0]):
        for stages in range(1, len(costs) + 1):

            def costliest(cuts: tuple[int, ...], costs: list[float] = costs) -> float:
                ends = [*cuts, len(costs)]
                return max(sum(costs[a:b]) for a, b in zip([0, *cuts], ends, strict=True))

            best = min(costliest(c) for c in itertools.combinations(range(1, len(costs)), stages - 1))
            found = balanced_cuts(costs, stages)
            assert len(found) == stages and sum(found) == len(costs) and min(found) >= 1
            assert costliest(tuple(itertools.accumulate(found))[:-1]) == best


def test_what_makes_no_pipeline_is_refused() -> None:
    with pytest.raises(ValueError, match="order = 'zigzag'.*gpipe"):
        order_of_work(0, 2, 2, "zigzag")
    with pytest.raises(ValueError, match="2 layers cannot make 3 stages"):
        balanced_cuts([1.0, 1.0], 3)
    with pytest.raises(ValueError, match="cannot make 0 stages: take 1 to 2"):
        balanced_cuts([1.0, 1.0], 0)
