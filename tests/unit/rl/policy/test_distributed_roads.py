"""The four ways to run the workers, followed in this process: who is called with what, and a member of a
group whose other member is played.
"""

import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.rl.policy import distributed
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, ActorCritic, rollout_loss, train_a2c
from deepseek_book_utils.rl.policy.distributed import BACKENDS, DistributedRLTrainer, main, train_member
from deepseek_book_utils.rl.policy.rollout_workers import RolloutWorker

NAME = "CartPole-v1"
SMALL = A2CSettings(total_steps=240, environments=6, rollout_steps=10, hidden=(4,))


def same(one: ActorCritic, other: ActorCritic) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def group_of_two(monkeypatch: pytest.MonkeyPatch, all_gather) -> list[str]:
    """This process is the second of two; returns what it calls, in order."""
    called: list[str] = []

    def gather(everyone: list[Tensor], own: Tensor) -> None:
        called.append("all_gather")
        all_gather(everyone, own)

    group = SimpleNamespace(
        get_rank=lambda: 1,
        get_world_size=lambda: 2,
        barrier=lambda: called.append("barrier"),
        all_gather=gather,
    )
    monkeypatch.setattr(distributed, "dist", group)
    return called


def test_a_member_of_a_group_is_one_of_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit what two workers in turns come to; the clock starts when both are ready."""
    other, at_hand = RolloutWorker(0, NAME, 3, seed=1), []

    def loss(network, *rest):
        at_hand.append(network)
        return rollout_loss(network, *rest)

    def all_gather(everyone: list[Tensor], own: Tensor) -> None:
        everyone[0].copy_(other.contribute(at_hand[-1], SMALL, rollout_loss))
        everyone[1].copy_(own)

    called = group_of_two(monkeypatch, all_gather)
    network, history = train_member(NAME, SMALL, 1, loss)
    expected, told = DistributedRLTrainer(NAME, SMALL, 1, 2, "serial").train()
    assert same(network, expected) and called == ["barrier"] + ["all_gather"] * 4
    assert [row["rows"] for row in history] == [row["rows"] for row in told]


def test_a_member_whose_group_breaks_lets_the_other_speak_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_gather(everyone: list[Tensor], own: Tensor) -> None:
        raise RuntimeError("Connection closed by peer")

    naps: list[float] = []
    monkeypatch.setattr(distributed.time, "sleep", naps.append)
    group_of_two(monkeypatch, all_gather)
    with pytest.raises(RuntimeError, match="closed by peer"):
        train_member(NAME, SMALL, 1, rollout_loss)
    assert naps == [5]


def test_processes_are_started_with_all_that_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run_group(function, arguments, timeout):
        asked.append((arguments, timeout))
        return [function(argument) for argument in arguments]

    monkeypatch.setattr(distributed, "run_group", run_group)
    monkeypatch.setattr(distributed, "train_member", lambda *task: task)
    for workers in (1, 3):
        found = distributed.train_in_processes(workers, 7.0, NAME, SMALL, 4, rollout_loss)
        assert found == (NAME, SMALL, 4, rollout_loss) and asked[-1] == (range(workers), 7.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_takes_its_own_road(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each worker computes with one thread, also where there are more."""
    monkeypatch.setenv("WORLD_SIZE", "3")
    called, before = [], torch.get_num_threads()

    def road(name: str):
        def train(*task):
            called.append((name, *task))
            return torch.get_num_threads()

        return train

    for name in ("train_in_one_process", "train_in_processes", "train_under_torchrun"):
        monkeypatch.setattr(distributed, name, road(name))
    torch.set_num_threads(2)
    try:
        assert DistributedRLTrainer(NAME, SMALL, 5, 3, backend).train(9.0) == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    ((name, *task),) = called
    task, ends = task[-4:], task[:-4]
    assert task == [NAME, SMALL, 5, rollout_loss]
    if backend in ("serial", "threads"):
        assert name == "train_in_one_process" and (ends[0] is map) == (backend == "serial") and ends[1] == 3
    elif backend == "processes":
        assert (name, ends) == ("train_in_processes", [3, 9.0])
    else:
        assert (name, ends) == ("train_under_torchrun", [])


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_threads_are_threads(backend: str) -> None:
    names = set()

    def loss(*arguments):
        names.add(threading.current_thread() is threading.main_thread())
        return rollout_loss(*arguments)

    DistributedRLTrainer(NAME, SMALL, 0, 3, backend, loss).train()
    assert names == {backend == "serial"}


def test_one_worker_in_turns_is_a2c() -> None:
    network, _ = DistributedRLTrainer(NAME, SMALL, 2, 1, "serial").train()
    assert same(network, train_a2c(NAME, SMALL, 2)[0])


def played(monkeypatch: pytest.MonkeyPatch, command: list[str], **environment: str) -> list[tuple]:
    """What the command line asks for; the training itself is played."""
    asked: list[tuple] = []

    class Trainer:
        def __init__(self, *task: object) -> None:
            asked.append(task)

        def train(self) -> tuple[ActorCritic, list[dict[str, float]]]:
            rows = [{"steps": n, "seconds": 2.0 * n, "return": 3.0 * n} for n in (1, 2, 3)]
            return ActorCritic(4, 2, (4,)), rows

    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(distributed, "DistributedRLTrainer", Trainer)
    monkeypatch.setattr(sys, "argv", ["distributed", *command])
    main()
    return asked


def test_the_command_line_without_a_word(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert played(monkeypatch, []) == [(NAME, A2CSettings(), 0, 2, "processes")]
    assert capsys.readouterr().out == "2 workers, processes: 3 steps in 6.0 s, return 9.0\n"
    assert not os.listdir(tmp_path)


def test_the_command_line_with_every_word(monkeypatch, tmp_path: Path) -> None:
    words = ["Acrobot-v1", "--total-steps", "512", "--seed", "7", "--workers", "3", "--backend"]
    file = tmp_path / "weights.pt"
    for backend in BACKENDS[:3]:
        asked = played(monkeypatch, [*words, backend, "--output", str(file)])
        assert asked == [("Acrobot-v1", A2CSettings(total_steps=512), 7, 3, backend)]
        assert len(torch.load(file, weights_only=True)) == 8
    with pytest.raises(SystemExit):
        played(monkeypatch, [*words, "torchrun"])  # which is started from outside


def test_under_torchrun_its_numbers_count_and_one_speaks(monkeypatch, capsys, tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    for rank in ("1", "0"):
        asked = played(monkeypatch, ["--output", str(file)], WORLD_SIZE="4", RANK=rank)
        assert asked == [(NAME, A2CSettings(), 0, 4, "torchrun")]
        assert file.exists() == (rank == "0") == bool(capsys.readouterr().out)


def test_help_says_how_torchrun_is_called(monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # argparse would break the line
    with pytest.raises(SystemExit):
        played(monkeypatch, ["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "torchrun --nproc-per-node 2 -m deepseek_book_utils.rl.policy.distributed" in told
    assert "without torchrun" in told and "a file for the weights" in told
