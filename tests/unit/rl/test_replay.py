"""The replay: what it keeps, what it drops, what it refuses."""

import pytest
import torch

from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.replay import ReplayBuffer


def step(
    first: int, count: int = 2, size: int = 3, real: tuple[bool, ...] | None = None, **changes: object
) -> Step:
    """A step whose numbers say which transition they belong to: first, first + 1, ..."""
    number = torch.arange(first, first + count)
    rows = number[:, None].expand(count, size).float()
    usual = Step(
        rows,
        number % 2,
        10.0 * number,
        rows + 0.5,
        torch.zeros(count, dtype=torch.bool),
        torch.zeros(count, dtype=torch.bool),
        torch.ones(count, dtype=torch.bool) if real is None else torch.tensor(real),
    )
    return usual._replace(**changes)


def numbers(replay: ReplayBuffer) -> list[int]:
    """Which transitions are held, in the order of their places."""
    return [int(x) for x in replay.memory.observations[: len(replay), 0]]


def test_the_parts_of_a_transition_stay_together() -> None:
    replay = ReplayBuffer(7, 3)
    for first in range(0, 10, 2):
        replay.add(step(first, terminated=torch.tensor([True, False])))
    batch = replay.sample(7, torch.Generator().manual_seed(0))
    number = batch.observations[:, 0]
    assert torch.equal(batch.rewards, 10 * number)
    assert torch.equal(batch.actions, number.long() % 2)
    assert torch.equal(batch.next_observations, batch.observations + 0.5)
    assert torch.equal(batch.terminated, number.long() % 2 == 0)
    assert batch.terminated.dtype == torch.bool and batch.actions.dtype == torch.long


def test_a_full_ring_forgets_the_oldest() -> None:
    replay = ReplayBuffer(5, 3)
    replay.add(step(0, 3))
    assert len(replay) == 3 and numbers(replay) == [0, 1, 2]
    replay.add(step(3, 3))
    assert len(replay) == 5 and numbers(replay) == [5, 1, 2, 3, 4]
    replay.add(step(6, 5))
    assert sorted(numbers(replay)) == [6, 7, 8, 9, 10] and replay.written == 11


def test_a_reset_is_no_experience() -> None:
    replay = ReplayBuffer(10, 3)
    replay.add(step(0, 4, real=(True, False, False, True)))
    assert numbers(replay) == [0, 3]
    replay.add(step(4, 2, real=(False, False)))
    assert len(replay) == 2


def test_the_clock_is_not_an_end() -> None:
    replay = ReplayBuffer(10, 3)
    replay.add(step(0, terminated=torch.tensor([True, False]), truncated=torch.tensor([True, True])))
    assert replay.memory.terminated[:2].tolist() == [True, False]


def test_what_is_stored_is_a_copy() -> None:
    replay, told = ReplayBuffer(10, 3), step(0)
    replay.add(told)
    told.observations.data = told.observations.clone().fill_(99.0)
    drawn = replay.sample(2, torch.Generator().manual_seed(0))
    drawn.observations.fill_(77.0)
    assert numbers(replay) == [0, 1]


def test_draws_cover_the_memory_evenly_and_repeat_with_the_seed() -> None:
    replay = ReplayBuffer(8, 3)
    for first in range(0, 8, 2):
        replay.add(step(first))
    draws = torch.cat(
        [replay.sample(8, torch.Generator().manual_seed(i)).observations[:, 0] for i in range(500)]
    )
    shares = torch.bincount(draws.long(), minlength=8) / len(draws)
    assert (shares - 1 / 8).abs().max() < 0.02
    one, two = (replay.sample(8, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one.observations, two.observations)


def test_sampled_before_it_is_filled() -> None:
    replay = ReplayBuffer(10, 3)
    with pytest.raises(ValueError, match="sampled before it is filled: it holds 0 .*Collect more"):
        replay.sample(1)
    replay.add(step(0))
    with pytest.raises(ValueError, match="it holds 2 transitions, 3 were asked for"):
        replay.sample(3)
    with pytest.raises(ValueError, match="0 were asked for"):
        replay.sample(0)
    assert len(replay.sample(2).rewards) == 2


@pytest.mark.parametrize(
    "told",
    [
        step(0, size=4),
        step(0, size=1),  # would be spread over the row
        step(0, next_observations=torch.zeros(2, 4)),
        step(0, count=11),  # more than the ring holds: places would be written twice
    ],
)
def test_a_step_that_does_not_fit(told) -> None:
    replay = ReplayBuffer(10, 3)
    with pytest.raises(ValueError, match="does not fit a memory of 10 .*one buffer for each task"):
        replay.add(told)
    assert len(replay) == 0


@pytest.mark.parametrize(("capacity", "size"), [(0, 3), (-1, 3), (5, 0)])
def test_a_memory_needs_room(capacity, size) -> None:
    with pytest.raises(ValueError, match="at least one transition"):
        ReplayBuffer(capacity, size)


def test_one_place_for_one_number_is_a_memory() -> None:
    replay = ReplayBuffer(1, 1)
    for first in (5, 6):
        replay.add(step(first, count=1, size=1))
        assert replay.sample(1).observations.tolist() == [[float(first)]]
