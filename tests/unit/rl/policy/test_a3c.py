"""Processes that share weights: they come back, fail loudly, stop at once, and run what the reader wrote."""

import contextlib
import inspect
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

import cloudpickle
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy import a3c
from deepseek_book_utils.rl.policy.a3c import (
    A3C_SETTINGS,
    a3c_worker,
    shared_rmsprop,
    train_a3c,
)
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic, rollout_loss
from deepseek_book_utils.rl.rollouts import collect

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as a notebook's functions travel

SMALL = replace(A3C_SETTINGS, total_steps=2000, environments=4, rollout_steps=10, hidden=(8,))


EDITED = """
from dataclasses import dataclass, replace
from typing import NamedTuple
from functools import partial
import torch
from deepseek_book_utils.rl.policy import a3c
from deepseek_book_utils.rl.policy.a3c import A3C_SETTINGS

@dataclass(frozen=True)
class Answer:
    number: int

def helper(number):  # a cell that the worker uses
    return Answer(100 + number)

def a3c_worker(number, weights, squares, clock, name, settings, seed):  # edited by the reader
    weights[0] = 7.0
    clock.value = settings.total_steps
    return [{"steps": helper(number).number, "name": name}]

SOURCE
network, history = train_a3c("CartPole-v1", replace(A3C_SETTINGS, hidden=(8,)), 0)
print(history, float(next(network.parameters()).flatten()[0]))
"""


def test_a_worker_edited_in_a_notebook_is_the_one_that_runs(root: Path) -> None:
    """The chapter's cells: a worker and a helper in __main__, then train_a3c as the package has it."""
    names = """
from collections.abc import Callable
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, ActorCritic
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.parallel.processes import CONTEXT, run_processes
"""
    code = EDITED.replace("SOURCE", names + textwrap.dedent(inspect.getsource(train_a3c)))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == (
        "[{'steps': 100, 'name': 'CartPole-v1'}, {'steps': 101, 'name': 'CartPole-v1'}] 7.0"
    )


def test_two_workers_share_weights_statistics_and_clock() -> None:
    for _ in range(5):  # on a busy machine one worker may be done before the other begins
        seen: list[int] = []
        watch = partial(lambda seen, steps, _: seen.append(steps), seen)
        network, history = train_a3c("CartPole-v1", SMALL, 0, watch=watch)
        if len({row["worker"] for row in history}) > 1:
            break
    assert {row["worker"] for row in history} == {0, 1}
    # every update is counted once, and the clock stops at the first that fills it
    assert [row["steps"] for row in history] == list(range(40, 40 * len(history) + 1, 40))
    assert 2000 <= history[-1]["steps"] <= 2040
    assert seen == sorted(seen) and seen[-1] <= history[-1]["steps"]
    assert all(row["stale"] >= 0 for row in history)
    torch.manual_seed(0)
    start = parameters_to_vector(ActorCritic(4, 2, (8,)).parameters())
    assert (parameters_to_vector(network.parameters()) - start).norm() > 0.1


class LockedNumber:
    """A clock for one worker in this very process."""

    value = 0

    def get_lock(self):
        return contextlib.nullcontext()


def test_one_worker_alone_is_a2c() -> None:
    """Step by step: the same rollouts and losses, and torch's RMSProp with a clipped gradient."""
    torch.manual_seed(0)
    network = ActorCritic(4, 2, SMALL.hidden)
    weights = parameters_to_vector(network.parameters()).detach().clone()
    history = a3c_worker(0, weights, torch.zeros_like(weights), LockedNumber(), "CartPole-v1", SMALL, seed=5)
    assert len(history) == 50 and {row["stale"] for row in history} == {0}
    assert all(type(value) in (int, float) for row in history for value in row.values())

    envs, generator = Environments("CartPole-v1", 4, seed=5), torch.Generator().manual_seed(5)
    optimizer = torch.optim.RMSprop(network.parameters(), alpha=0.99, eps=1e-5)
    for update in range(50):
        rollout = collect(envs, network.actor, 10, generator)
        optimizer.zero_grad()
        rollout_loss(network, rollout, envs.observations, SMALL).total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), SMALL.max_grad_norm)
        optimizer.param_groups[0]["lr"] = SMALL.learning_rate * cosine(40 * update, 2000)
        optimizer.step()
    assert torch.allclose(weights, parameters_to_vector(network.parameters()), atol=1e-4)


def one_update(number: int, weights: torch.Tensor) -> None:
    once = replace(SMALL, total_steps=40)
    a3c_worker(number, weights, torch.zeros_like(weights), LockedNumber(), "CartPole-v1", once, seed=5)


def test_a_worker_has_starts_and_dice_of_its_own(monkeypatch) -> None:
    seen = []

    def look(envs, actor, steps, generator):
        seen.append((envs.observations, generator.initial_seed()))
        return collect(envs, actor, steps, generator)

    monkeypatch.setattr(a3c, "collect", look)
    weights = parameters_to_vector(ActorCritic(4, 2, SMALL.hidden).parameters()).detach().clone()
    one_update(2, weights)
    assert torch.equal(seen[0][0], Environments("CartPole-v1", 4, 2005).observations)
    assert len(seen) == 1 and seen[0][1] == 2005


@pytest.mark.parametrize(("workers", "watched"), [(1, False), (2, True)])
def test_what_the_processes_share(monkeypatch, workers, watched) -> None:
    """The processes are played: all begin with one network, zeros and step 0; rows come back in order."""
    torch.manual_seed(7)
    start = parameters_to_vector(ActorCritic(4, 2, SMALL.hidden).parameters()).detach()
    played, seen, kept = {0: [30, 10], 1: [20]}, [], []

    def worker(number, weights, squares, clock, name, settings, seed):
        assert (name, settings, seed) == ("CartPole-v1", SMALL, 7)
        return [{"steps": steps} for steps in played[number]]

    def run(work, shared, look):
        _, weights, squares, clock = shared[0]
        assert [one[0] for one in shared] == list(range(workers)) and clock.value == 0
        assert all(one[1] is weights and one[2] is squares and one[3] is clock for one in shared)
        assert weights.is_shared() and squares.is_shared() and not weights.requires_grad
        assert torch.equal(weights, start) and not squares.any()
        weights.add_(1)
        clock.value = 40
        look()
        weights.add_(1)  # what was looked at is a copy
        for steps, network in seen:
            assert steps == 40 and torch.equal(parameters_to_vector(network.parameters()), start + 1)
        assert len(seen) == watched
        kept.append(weights)
        return [work(*one) for one in shared]

    monkeypatch.setattr(a3c, "a3c_worker", worker)
    monkeypatch.setattr(a3c, "run_processes", run)
    watch = (lambda *told: seen.append(told)) if watched else None
    network, history = train_a3c("CartPole-v1", SMALL, 7, workers, watch)
    assert [row["steps"] for row in history] == ([10, 30] if workers == 1 else [10, 20, 30])
    kept[0].add_(1)  # what comes back is a copy too
    assert torch.equal(parameters_to_vector(network.parameters()), start + 1 + 1)


def test_workers_see_different_things() -> None:
    torch.manual_seed(0)
    start = parameters_to_vector(ActorCritic(4, 2, SMALL.hidden).parameters()).detach()
    zero, again, one = start.clone(), start.clone(), start.clone()
    one_update(0, zero), one_update(0, again), one_update(1, one)
    assert torch.equal(zero, again) and not torch.allclose(zero, one, atol=1e-3)


def test_a_worker_acts_with_a_copy_and_writes_onto_what_others_wrote(monkeypatch) -> None:
    """Others add 1 to every weight while this worker acts: it adds the step that its own copy asks for."""
    torch.manual_seed(0)
    alone = parameters_to_vector(ActorCritic(4, 2, SMALL.hidden).parameters()).detach().clone()
    shared = alone.clone()
    one_update(0, alone)

    def collect_meanwhile(*arguments):
        rollout = collect(*arguments)
        shared.add_(1.0)
        return rollout

    monkeypatch.setattr("deepseek_book_utils.rl.policy.a3c.collect", collect_meanwhile)
    one_update(0, shared)
    assert torch.allclose(shared, alone + 1.0, atol=1e-5)


def test_a_clock_that_others_moved_is_staleness() -> None:
    """A clock on which another worker makes two updates during each of ours."""

    class Shared(LockedNumber):
        def get_lock(self):
            self.value += 80
            return super().get_lock()

    weights = parameters_to_vector(ActorCritic(4, 2, (8,)).parameters()).detach().clone()
    history = a3c_worker(0, weights, weights * 0, Shared(), "CartPole-v1", SMALL, seed=0)
    assert {row["stale"] for row in history} == {2}
    assert [row["steps"] for row in history][:3] == [120, 240, 360] and len(history) == 17


def test_shared_rmsprop_writes_in_place() -> None:
    weights, squares = torch.ones(3), torch.zeros(3)
    view = weights[:2]
    shared_rmsprop(weights, squares, torch.tensor([1.0, -2.0, 0.0]), 0.1)
    assert view.tolist() == pytest.approx([0.0, 2.0], abs=1e-3) and weights[2] == 1
    assert squares.tolist() == pytest.approx([0.01, 0.04, 0.0])


@pytest.mark.parametrize(
    ("name", "workers", "message"),
    [
        ("CartPole-v1", 0, "take workers >= 1"),
        ("Pendulum-v1", 2, "Discrete actions"),
        ("FrozenLake-v1", 2, "one row of numbers"),
    ],
)
def test_what_does_not_fit_is_met_before_any_process_starts(name, workers, message) -> None:
    with pytest.raises(ValueError, match=message):
        train_a3c(name, SMALL, 0, workers)
