"""Target networks: where they begin, when they follow, what they refuse."""

import copy
import math
from functools import partial

import pytest
import torch
from torch import nn

from deepseek_book_utils.rl.networks import QNetwork
from deepseek_book_utils.rl.value.targets import (
    AverageTarget,
    DynamicTarget,
    HardTarget,
    SoftTarget,
)

TARGETS = [HardTarget, SoftTarget, AverageTarget, DynamicTarget]
SEEN = torch.randn(5, 4, generator=torch.Generator().manual_seed(7))


def network(seed: int = 0) -> QNetwork:
    return QNetwork(4, 2, (8,), torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", TARGETS)
def test_a_target_begins_as_the_network_and_stays_when_it_learns(kind) -> None:
    online = network()
    target, before = kind(online), online(SEEN).detach()
    assert torch.equal(target.values(SEEN), before) and not target.values(SEEN).requires_grad
    with torch.no_grad():
        for weight in online.parameters():
            weight += 1.0
    assert torch.equal(target.values(SEEN), before) and not torch.equal(online(SEEN), before)


@pytest.mark.parametrize("kind", TARGETS)
def test_a_target_arrives_where_the_network_rests(kind) -> None:
    target, online = kind(network(0)), network(1)
    for _ in range(200):
        target.update(online, 1.0)
    assert torch.equal(online(SEEN), network(1)(SEEN))  # who is followed does not move
    assert torch.allclose(target.values(SEEN), online(SEEN), atol=1e-4)
    assert all(weight.requires_grad and weight.grad is None for weight in online.parameters())


@pytest.mark.parametrize("every", [1, 2, 3])
def test_hard_target_copies_every_so_often(every) -> None:
    target, first = HardTarget(network(0), every), network(0)(SEEN)
    for i in range(1, 8):
        online = network(i)
        target.update(online, 0.0)
        if i % every == 0:
            first = online(SEEN)
        assert torch.equal(target.values(SEEN), first)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_average_target_is_the_mean_of_its_last_copies(every) -> None:
    target, copies = AverageTarget(network(0), count=2, every=every), [network(0)(SEEN)]
    for i in range(1, 8):
        target.update(network(i), 0.0)
        if i % every == 0:
            copies = [*copies, network(i)(SEEN)][-2:]
        assert torch.allclose(target.values(SEEN), sum(copies) / len(copies))


def renewals(errors: list[float], **options: float) -> list[int]:
    target, online = DynamicTarget(network(0), **options), network(1)
    for error in errors:
        target.update(online, error)
    return target.renewals


def test_dynamic_target_waits_while_the_error_falls() -> None:
    assert renewals([1 / t for t in range(1, 100)]) == []


def test_dynamic_target_is_renewed_after_patience() -> None:
    """Lows at updates 1, 2 and 3; three without one; then all begins again, higher errors and all."""
    errors = [3.0, 2.0, 1.0, 1.5, 1.0, 1.5, 9.0, 8.0, 7.0, 7.0, 7.0, 7.0]
    assert renewals(errors, patience=3, memory=0.0) == [6, 12]


def test_dynamic_target_takes_no_low_from_what_is_no_number() -> None:
    """An infinite error is no low, from the first update on; a NaN does not erase the low before it."""
    assert renewals([math.inf] * 7, patience=3) == [3, 6]
    assert renewals([1.0, math.nan, 0.5, 0.6], patience=2, memory=0.0) == []


def test_dynamic_target_smooths_the_noise_of_batches() -> None:
    """Errors fall by 3 % an update, under noise of 20 %."""
    noise = 1 + 0.2 * torch.randn(100, generator=torch.Generator().manual_seed(0))
    errors = (0.97 ** torch.arange(100) * noise).tolist()
    without, smoothed = (len(renewals(errors, patience=5, memory=memory)) for memory in (0.0, 0.9))
    assert without >= 4 and smoothed <= without / 2


def test_dynamic_target_copies_only_then() -> None:
    target, online = DynamicTarget(network(0), patience=2, memory=0.0), network(1)
    target.update(online, 1.0)
    target.update(online, 1.0)
    assert torch.equal(target.values(SEEN), network(0)(SEEN))
    target.update(online, 1.0)
    assert torch.equal(target.values(SEEN), online(SEEN))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(HardTarget, every=0), "every = 0: take every >= 1"),
        (partial(SoftTarget, tau=0.0), "take 0 < tau <= 1"),
        (partial(SoftTarget, tau=1.5), "take 0 < tau <= 1"),
        (partial(AverageTarget, count=0), "count = 0"),
        (partial(AverageTarget, every=0), "every = 0"),
        (partial(DynamicTarget, patience=0), "patience = 0"),
        (partial(DynamicTarget, memory=1.0), "take 0 <= memory < 1"),
        (partial(DynamicTarget, memory=-0.5), "take 0 <= memory < 1"),
    ],
)
def test_what_a_target_refuses(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make(network())


@pytest.mark.parametrize("kind", TARGETS)
def test_what_is_counted_and_not_learned_follows_too(kind) -> None:
    """Means and variances of a batch norm are buffers."""
    online = nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2, momentum=0.5))
    target = kind(online.eval())
    online.train()(SEEN + 3)
    online.eval()
    assert not torch.allclose(target.values(SEEN), online(SEEN), atol=1e-3)
    before = online(SEEN)
    for _ in range(200):
        target.update(online, 1.0)
    assert torch.equal(online(SEEN), before)
    assert torch.allclose(target.values(SEEN), online(SEEN), atol=1e-4)


def test_a_soft_target_follows_no_network_that_has_more_parts() -> None:
    """Its first parts would fit: without a word, the rest would not be followed."""
    for part in (nn.Linear(2, 2), nn.BatchNorm1d(2, affine=False)):  # of weights alone, of buffers alone
        with pytest.raises(ValueError, match="zip"):
            SoftTarget(part).update(nn.Sequential(part, copy.deepcopy(part)), 0.0)
