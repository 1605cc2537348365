"""The merged gradient against that of one batch with all rows; and, bit for bit, one worker against A2C and
every way to run the workers, torchrun among them, against the others.
"""

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cloudpickle
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.rl.advantages import n_step_returns
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    rollout_loss,
    train_a2c,
)
from deepseek_book_utils.rl.policy.distributed import DistributedRLTrainer
from deepseek_book_utils.rl.policy.rollout_workers import (
    RolloutWorker,
    merge_contributions,
)
from deepseek_book_utils.rl.rollouts import collect

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as a notebook's functions travel

NAME = "CartPole-v1"
SMALL = A2CSettings(total_steps=2400, environments=6, rollout_steps=20, hidden=(16,))


def weights_of(network: nn.Module) -> Tensor:
    return parameters_to_vector(network.parameters()).detach()


def without_clocks(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """A NaN becomes None, which equals itself."""
    return [
        {
            key: None if math.isnan(value) else value
            for key, value in row.items()
            if key not in ("cpu", "seconds")
        }
        for row in history
    ]


def group(seed: int, *sizes: int) -> list[RolloutWorker]:
    return [RolloutWorker(number, NAME, size, seed) for number, size in enumerate(sizes)]


def one_batch(workers: list[RolloutWorker], network: ActorCritic, steps: int) -> tuple[Step, Tensor]:
    """What all workers collect, side by side: fields (T, N, ...) and the last observations (N, O)."""
    rollouts = [collect(w.envs, network.actor, steps, w.generator) for w in workers]
    together = Step(*(torch.cat(field, dim=1) for field in zip(*rollouts, strict=True)))
    return together, torch.cat([w.envs.observations for w in workers])


def relative(one: Tensor, two: Tensor) -> float:
    return ((one - two).norm() / two.norm()).item()


def test_merging_worked_by_hand() -> None:
    """One row says 2, three rows say 6: (2 + 18) / 4 = 5, not 4."""
    #        rows episodes cpu | return policy value entropy | gradient
    one = torch.tensor([1.0, 2.0, 0.5, 10.0, 1.0, 0.0, 0.2, 2.0, -4.0], dtype=torch.float64)
    two = torch.tensor([3.0, 5.0, 0.25, 30.0, 5.0, 8.0, 0.6, 6.0, 4.0], dtype=torch.float64)
    seen, gradient = merge_contributions([one, two])
    assert gradient.tolist() == [5.0, 2.0]
    assert seen == pytest.approx(
        {
            "rows": 4,
            "episodes": 7,
            "cpu": 0.75,
            "return": 25,
            "policy": 4,
            "value": 6,
            "entropy": 0.5,
        }
    )
    empty = torch.zeros(9, dtype=torch.float64)  # a worker whose copies all reset counts nothing
    assert merge_contributions([one, empty])[1].tolist() == [2.0, -4.0]
    assert merge_contributions([empty, empty])[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("sizes", [(1, 4), (3, 1, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_merged_gradient_is_that_of_one_batch(sizes: tuple[int, ...], seed: int) -> None:
    """Real rows differ from worker to worker, and a plain mean over workers would be wrong."""
    torch.manual_seed(seed)
    network = ActorCritic(4, 2, (16,))
    settings = replace(SMALL, rollout_steps=33, entropy_weight=0.01)
    parts = [w.contribute(network, settings, rollout_loss) for w in group(seed, *sizes)]
    seen, gradient = merge_contributions(parts)

    rollout, last = one_batch(group(seed, *sizes), network, 33)
    losses = rollout_loss(network, rollout, last, settings)
    theirs = torch.cat([g.flatten() for g in torch.autograd.grad(losses.total, list(network.parameters()))])
    assert relative(gradient, theirs.double()) < 1e-6
    for name in ("policy", "value", "entropy"):
        assert seen[name] == pytest.approx(getattr(losses, name).item(), rel=1e-5)
    assert seen["rows"] == rollout.real.sum() < rollout.real.numel()
    assert len({part[0].item() for part in parts}) == len(parts)
    plain = torch.stack(parts).mean(dim=0)[-len(gradient) :]
    assert relative(plain, theirs.double()) > 1e-4


@pytest.mark.parametrize("seed", [0, 1])
def test_one_worker_is_a2c(seed: int) -> None:
    theirs, told = train_a2c(NAME, SMALL, seed)
    ours, history = DistributedRLTrainer(NAME, SMALL, seed, workers=1, backend="serial").train()
    assert torch.equal(weights_of(ours), weights_of(theirs))
    assert len(history) == len(told) == 20
    for row, other in zip(history, told, strict=True):
        assert row["steps"] == other["steps"] and row["episodes"] == other["episodes"]
        for key in ("return", "policy", "value", "entropy"):
            assert row[key] == pytest.approx(other[key], rel=1e-6, nan_ok=True)


def test_training_equals_one_process_with_the_merged_batch() -> None:
    """A loop of its own: all rows in one table, one loss, one gradient, one step."""
    torch.manual_seed(3)
    network = ActorCritic(4, 2, SMALL.hidden)
    workers = group(3, 2, 2, 2)
    optimizer = torch.optim.RMSprop(network.parameters(), alpha=0.99, eps=1e-5)
    norms = []
    for update in range(20):
        rollout, last = one_batch(workers, network, SMALL.rollout_steps)
        logits, values = network(rollout.observations)
        with torch.no_grad():
            scaled = rollout._replace(rewards=0.05 * rollout.rewards)
            returns = n_step_returns(scaled, values, network(last)[1], SMALL.discount)
        chosen = logits.log_softmax(-1).gather(-1, rollout.actions[..., None])[..., 0][rollout.real]
        error = (returns - values)[rollout.real]
        loss = -(chosen * error.detach()).mean() + 0.5 * error.square().mean()
        optimizer.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(network.parameters(), SMALL.max_grad_norm).item())
        optimizer.param_groups[0]["lr"] = SMALL.learning_rate * cosine(update, 20)
        optimizer.step()
    ours, history = DistributedRLTrainer(NAME, SMALL, 3, workers=3, backend="serial").train()
    assert relative(weights_of(ours), weights_of(network)) < 1e-4
    assert history[-1]["episodes"] == sum(len(w.envs.returns) for w in workers) > 20
    assert max(norms) > SMALL.max_grad_norm > min(norms)  # some were clipped, as one


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_every_backend_gives_the_same_bits(backend: str) -> None:
    """Three workers: the order of a sum would show."""
    serial, told = DistributedRLTrainer(NAME, SMALL, 1, workers=3, backend="serial").train()
    other, history = DistributedRLTrainer(NAME, SMALL, 1, workers=3, backend=backend).train()
    assert torch.equal(weights_of(other), weights_of(serial))
    assert without_clocks(history) == without_clocks(told)
    again, _ = DistributedRLTrainer(NAME, SMALL, 2, workers=3, backend="serial").train()
    assert not torch.equal(weights_of(again), weights_of(serial))  # the seed does matter


# What a reader would start, and a look at where it listens before it ends.
SCRIPT = """
import os
import torch.distributed as dist
from deepseek_book_utils.rl.policy.distributed import main

leave = dist.destroy_process_group

def look_and_leave():
    files = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    mine = {os.readlink(file) for file in files if os.path.exists(file)}
    for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        for row in open(table).read().splitlines()[1:]:
            where, state, inode = (row.split()[i] for i in (1, 3, 9))
            if state == "0A" and f"socket:[{inode}]" in mine:
                os.write(1, f"listens {where.split(':')[0]}\\n".encode())
    leave()

if os.path.exists("/proc/self/net/tcp"):
    dist.destroy_process_group = look_and_leave
main()
"""


def test_torchrun_gives_the_same_bits(root: Path, tmp_path: Path) -> None:
    """Real torchrun, two processes, env:// and the loopback."""
    script, weights = tmp_path / "train.py", tmp_path / "weights.pt"
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    task = [str(script), NAME, "--total-steps", "5120", "--seed", "4", "--output", str(weights)]
    paths = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", *task],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 workers, torchrun: 5120 steps in") == 1  # one speaks
    if Path("/proc/self/net/tcp").exists():
        assert {line for line in done.stdout.splitlines() if "listens" in line} == {"listens 0100007F"}
    threads, _ = DistributedRLTrainer(NAME, A2CSettings(total_steps=5120), 4, 2, "threads").train()
    theirs = torch.load(weights, weights_only=True)
    assert all(torch.equal(theirs[name], value) for name, value in threads.state_dict().items())
