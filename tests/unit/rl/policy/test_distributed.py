"""Workers of one group: what they refuse, how they fail, and that nothing is left behind."""

import os
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cloudpickle
import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from deepseek_book_utils.parallel.group import stay_local
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.policy import distributed
from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    Losses,
    rollout_loss,
)
from deepseek_book_utils.rl.policy.distributed import (
    DistributedRLTrainer,
    main,
)
from deepseek_book_utils.rl.policy.rollout_workers import RolloutWorker

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as a notebook's functions travel

NAME = "CartPole-v1"
SMALL = A2CSettings(total_steps=600, environments=4, rollout_steps=10, hidden=(8,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"workers": 0}, "workers = 0: take workers >= 1"),
        ({"workers": -2}, "workers = -2: take workers >= 1"),
        ({"workers": 3}, "4 environments cannot be shared evenly by 3 workers: take a multiple of 3"),
        ({"workers": 8}, "4 environments cannot be shared evenly by 8"),
        ({"backend": "mpi"}, "backend = 'mpi': take one of serial, threads, processes, torchrun"),
        ({"backend": "torchrun"}, "torchrun --nproc-per-node 2 ...`; WORLD_SIZE is None"),
        ({"name": "Pendulum-v1"}, "Discrete actions"),
        ({"name": "FrozenLake-v1"}, "one row of numbers"),
    ],
)
def test_what_does_not_fit_is_met_before_anything_starts(change, message, monkeypatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(ValueError, match=message):
        DistributedRLTrainer(**{"name": NAME, "settings": SMALL, "seed": 0} | change)


def test_torchrun_with_another_number_of_processes(monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(ValueError, match="2 workers under torchrun.*WORLD_SIZE is 4"):
        DistributedRLTrainer(NAME, SMALL, 0, 2, "torchrun")
    DistributedRLTrainer(NAME, SMALL, 0, 4, "torchrun")


def test_workers_see_different_things_and_the_same_again() -> None:
    network = ActorCritic(4, 2, (8,))
    zero, again, one = (
        RolloutWorker(number, NAME, 2, seed=5).contribute(network, SMALL, rollout_loss)
        for number in (0, 0, 1)
    )
    assert zero.dtype == torch.float64
    zero[2] = again[2] = 0  # CPU seconds
    assert torch.equal(zero.nan_to_num(), again.nan_to_num())
    assert not torch.allclose(zero[7:], one[7:], rtol=1e-3)


def sleepy_loss(network: ActorCritic, rollout: Step, last: Tensor, settings: A2CSettings) -> Losses:
    time.sleep(0.05)
    return rollout_loss(network, rollout, last, settings)


def test_cpu_seconds_leave_out_the_waiting() -> None:
    trainer = DistributedRLTrainer(NAME, SMALL, 0, 2, "serial", sleepy_loss)
    _, history = trainer.train()
    assert len(history) == 15 and history[-1]["steps"] == 600
    for clock in ("cpu", "seconds"):
        times = [row[clock] for row in history]
        assert times[0] > 0 and times == sorted(times)
    # thirty naps of 0.05 seconds have passed, and cost nothing
    assert history[-1]["seconds"] - history[-1]["cpu"] > 1.4


def test_steps_left_over_are_left_out() -> None:
    _, history = DistributedRLTrainer(NAME, replace(SMALL, total_steps=639), 0, 2, "serial").train()
    assert history[-1]["steps"] == 600


def listening() -> set[str]:
    """Where this process waits for connections, as Linux writes it; empty elsewhere."""
    tables, found = [Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6")], set()
    if not tables[0].exists():
        return found
    mine = {os.readlink(file) for file in Path("/proc/self/fd").iterdir() if file.exists()}
    for row in [row.split() for table in tables for row in table.read_text().splitlines()[1:]]:
        if row[3] == "0A" and f"socket:[{row[9]}]" in mine:
            found.add(row[1].split(":")[0])
    return found


class HalfLoss:
    """Only the policy's part; in a group, each process notes where it listens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, network: ActorCritic, rollout: Step, last: Tensor, settings: A2CSettings) -> Losses:
        losses = rollout_loss(network, rollout, last, settings)
        if dist.is_initialized():
            (self.folder / f"{dist.get_rank()}").write_text(" ".join(listening()))
        return losses._replace(total=losses.policy)


@pytest.mark.parametrize("backend", ["serial", "processes"])
def test_a_loss_of_ones_own(backend: str, tmp_path: Path) -> None:
    """Without the value's part the critic stays as it began, also where the loss must travel."""
    network, _ = DistributedRLTrainer(NAME, SMALL, 0, 2, backend, HalfLoss(tmp_path)).train()
    torch.manual_seed(0)
    start = ActorCritic(4, 2, (8,))

    def moved(part: str) -> bool:
        ends = getattr(network, part).parameters(), getattr(start, part).parameters()
        return any(not torch.equal(a, b) for a, b in zip(*ends, strict=True))

    assert moved("actor") and not moved("critic")
    noted = [file.read_text() for file in tmp_path.iterdir()]
    assert len(noted) == (2 if backend == "processes" else 0)
    if Path("/proc/self/net/tcp").exists():
        assert set(noted) <= {"0100007F"}  # 127.0.0.1, and nothing else


class Broken:
    """A loss that fails on the third update of one process; each leaves its number in `folder`."""

    def __init__(self, how: str, folder: Path) -> None:
        self.how, self.folder, self.calls = how, folder, 0

    def __call__(self, network: ActorCritic, rollout: Step, last: Tensor, settings: A2CSettings) -> Losses:
        number, self.calls = dist.get_rank(), self.calls + 1
        if self.calls == 1:  # later, the end might come while the file is empty
            (self.folder / f"{number}").write_text(str(os.getpid()))
        if number == 1 and self.calls == 3:
            if self.how == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "sleep":
                time.sleep(300)
            raise KeyError("a mistake in worker one")
        return rollout_loss(network, rollout, last, settings)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("how", "error", "timeout", "message"),
    [
        ("raise", RuntimeError, 600, "Worker 1 failed:.*in __call__.*a mistake in worker one"),
        ("die", RuntimeError, 600, "Worker 1 ended without a word, exit code -9"),
        ("sleep", TimeoutError, 2, "not done after 2 seconds.*a longer timeout"),
    ],
)
def test_a_worker_that_fails_ends_all_and_says_why(
    how, error, timeout, message, tmp_path, monkeypatch
) -> None:
    """The one that failed speaks, not those that lost it; and no process or file stays."""
    folder, temporary = tmp_path / "pids", tmp_path / "temporary"
    folder.mkdir(), temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    trainer = DistributedRLTrainer(NAME, SMALL, 0, 2, "processes", Broken(how, folder))
    with pytest.raises(error, match=f"(?s){message}"):
        trainer.train(timeout)
    pids = [int(file.read_text()) for file in folder.iterdir()]
    assert (how == "sleep" or len(pids) == 2) and all(gone(pid) for pid in pids)
    assert not list(temporary.iterdir())


def failing_loss(*_: object) -> Losses:
    raise KeyError("a mistake in a thread")


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_a_failure_in_this_process_is_raised_as_it_is(backend: str) -> None:
    before = torch.get_num_threads()
    with pytest.raises(KeyError, match="a mistake in a thread"):
        DistributedRLTrainer(NAME, SMALL, 0, 2, backend, failing_loss).train()
    assert torch.get_num_threads() == before


def test_torch_threads_are_given_back(monkeypatch) -> None:
    """One a worker while it trains, whatever was set before."""
    seen, before = [], torch.get_num_threads()

    def loss(*arguments):
        seen.append(torch.get_num_threads())
        return rollout_loss(*arguments)

    torch.set_num_threads(2)
    try:
        DistributedRLTrainer(NAME, SMALL, 0, 2, "threads", loss).train()
        assert set(seen) == {1} and len(seen) == 30 and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_gloo_listens_where_it_is_told(monkeypatch) -> None:
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    stay_local()
    assert os.environ["GLOO_SOCKET_IFNAME"] == ("lo0" if sys.platform == "darwin" else "lo")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "eth7")
    stay_local()
    assert os.environ["GLOO_SOCKET_IFNAME"] == "eth7"


@pytest.mark.parametrize(
    ("address", "local"), [("127.0.0.1", True), ("localhost", True), ("10.0.0.7", False)]
)
def test_under_torchrun_several_machines_may_talk(address, local, monkeypatch) -> None:
    called = []
    monkeypatch.setenv("MASTER_ADDR", address)
    monkeypatch.setattr(distributed, "stay_local", lambda: called.append("local"))
    monkeypatch.setattr(dist, "init_process_group", lambda backend: called.append(backend))
    monkeypatch.setattr(dist, "destroy_process_group", lambda: called.append("left"))
    monkeypatch.setattr(distributed, "train_member", lambda *task: called.append(task))
    distributed.train_under_torchrun(NAME, SMALL, 0, rollout_loss)
    assert called == ["local"] * local + ["gloo", (NAME, SMALL, 0, rollout_loss), "left"]


def test_command_line(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.delenv("RANK", raising=False)
    command = ["distributed", NAME, "--total-steps", "1024", "--workers", "4", "--backend", "serial"]
    monkeypatch.setattr(sys, "argv", [*command, "--output", str(tmp_path / "weights.pt")])
    main()
    assert capsys.readouterr().out.startswith("4 workers, serial: 1024 steps in ")
    told = torch.load(tmp_path / "weights.pt", weights_only=True)
    network, _ = DistributedRLTrainer(NAME, A2CSettings(total_steps=1024), 0, 4, "serial").train()
    assert all(torch.equal(told[name], value) for name, value in network.state_dict().items())


def test_processes_meet_in_a_folder_of_any_name(monkeypatch, tmp_path) -> None:
    """A URL would end at the #, outside of the folder: the second run would find the first one's file."""
    folder = tmp_path / "a#b ?c%20 数"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for _ in range(2):
        DistributedRLTrainer(NAME, SMALL, 0, 2, "processes").train()
    assert list(tmp_path.iterdir()) == [folder] and not list(folder.iterdir())
