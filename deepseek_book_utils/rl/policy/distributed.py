"""Many workers, one policy, and four ways to run them that end in the same weights.

The workers wait for each other at every update. Nobody learns from old weights, so the
result does not depend on who was faster: in turns, in threads, in processes and under
torchrun the weights come out equal, bit for bit on one machine. To that end the
contributions travel whole (all-gather) and are added in the workers' order. An
all-reduce sends less, but adds in an order of its own, which rounds differently.

Left out: workers that go on with old weights while others learn (see `a3c`), several
updates on one batch.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from ...parallel.group import run_group, stay_local
from ..environments import Environments
from .actor_critic import A2CSettings, ActorCritic, rollout_loss
from .rollout_workers import (
    History,
    RolloutLoss,
    RolloutWorker,
    first_network,
    train_together,
)

BACKENDS = ("serial", "threads", "processes", "torchrun")


def train_member(
    name: str, settings: A2CSettings, seed: int, loss: RolloutLoss
) -> tuple[ActorCritic, History]:
    """Train as one process of a torch.distributed group, with a worker of its own."""
    number, workers = dist.get_rank(), dist.get_world_size()
    worker = RolloutWorker(number, name, settings.environments // workers, seed)
    network = first_network(worker.envs, settings, seed)

    def gather() -> list[Tensor]:
        own = worker.contribute(network, settings, loss)
        everyone = [torch.empty_like(own) for _ in range(workers)]
        try:
            dist.all_gather(everyone, own)  # returns when all have come this far
        except RuntimeError:
            time.sleep(5)  # another process is gone: let it say why before we do
            raise
        return everyone

    dist.barrier()  # the clock starts when all are ready
    return network, train_together(network, gather, settings)


def train_in_one_process(
    run_all: Callable[..., Iterable[Tensor]],
    workers: int,
    name: str,
    settings: A2CSettings,
    seed: int,
    loss: RolloutLoss,
) -> tuple[ActorCritic, History]:
    """Train with all workers in this process; `run_all` is map, or the map of threads.

    All read one network. It changes only while no worker is at work.
    """
    each = settings.environments // workers
    group = [RolloutWorker(number, name, each, seed) for number in range(workers)]
    network = first_network(group[0].envs, settings, seed)

    def gather() -> list[Tensor]:
        return list(run_all(lambda one: one.contribute(network, settings, loss), group))

    return network, train_together(network, gather, settings)


def train_in_processes(
    workers: int,
    timeout: float,
    name: str,
    settings: A2CSettings,
    seed: int,
    loss: RolloutLoss,
) -> tuple[ActorCritic, History]:
    """Train with fresh processes that meet at a file; nothing listens for strangers."""
    member = partial(train_member, name, settings, seed, loss)
    everyone = run_group(lambda _: member(), range(workers), timeout)
    return everyone[0]  # all are equal


def train_under_torchrun(
    name: str, settings: A2CSettings, seed: int, loss: RolloutLoss
) -> tuple[ActorCritic, History]:
    """Train as one of the processes that torchrun has started."""
    if os.environ.get("MASTER_ADDR") in ("127.0.0.1", "localhost"):
        stay_local()
    dist.init_process_group("gloo")  # env://: torchrun's variables say who and where
    result = train_member(name, settings, seed, loss)
    dist.destroy_process_group()
    return result


def check_group(settings: A2CSettings, workers: int, backend: str) -> None:
    """Raise ValueError unless so many workers can share the environments this way."""
    if workers < 1:
        raise ValueError(f"workers = {workers}: take workers >= 1.")
    if backend not in BACKENDS:
        raise ValueError(f"backend = {backend!r}: take one of {', '.join(BACKENDS)}.")
    if settings.environments % workers:
        raise ValueError(
            f"{settings.environments} environments cannot be shared evenly by "
            f"{workers} workers: take a multiple of {workers}."
        )
    started = os.environ.get("WORLD_SIZE")
    if backend == "torchrun" and started != str(workers):
        raise ValueError(
            f"{workers} workers under torchrun need `torchrun --nproc-per-node "
            f"{workers} ...`; WORLD_SIZE is {started}."
        )


class DistributedRLTrainer:
    """W workers that train one policy together and share `settings.environments` among
    them; the backend decides who runs when, not what comes out.

    backend: "serial", one worker after the other; "threads"; "processes", through
    torch.distributed; "torchrun", this process being one of those that it started.
    `loss` is a mean over real rows. Raises ValueError on what does not fit.
    """

    def __init__(
        self,
        name: str,
        settings: A2CSettings,
        seed: int,
        workers: int = 2,
        backend: str = "processes",
        loss: RolloutLoss = rollout_loss,
    ) -> None:
        check_group(settings, workers, backend)
        Environments(name, 1, seed)  # a task that does not fit says so here
        self.name, self.settings, self.seed = name, settings, seed
        self.workers, self.backend, self.loss = workers, backend, loss

    def train(self, timeout: float = 600.0) -> tuple[ActorCritic, History]:
        """Train from the start; returns the network, and what every update saw.

        "cpu" are the seconds that the workers' threads have computed so far, "seconds"
        those that have passed. A worker that fails ends all: its exception is raised,
        or from processes a RuntimeError with its traceback. Raises TimeoutError if
        processes take longer than `timeout` seconds.
        """
        task = (self.name, self.settings, self.seed, self.loss)
        before = torch.get_num_threads()
        torch.set_num_threads(1)  # a worker is one thread, and a sum has one order
        try:
            if self.backend == "serial":
                return train_in_one_process(map, self.workers, *task)
            if self.backend == "threads":
                with ThreadPoolExecutor(self.workers) as pool:
                    return train_in_one_process(pool.map, self.workers, *task)
            if self.backend == "processes":
                return train_in_processes(self.workers, timeout, *task)
            return train_under_torchrun(*task)
        finally:
            torch.set_num_threads(before)


def main() -> None:
    """Train from the command line, alone or under torchrun."""
    parser = argparse.ArgumentParser(
        description="Train one policy with several workers. Under torchrun "
        "(torchrun --nproc-per-node 2 -m deepseek_book_utils.rl.policy.distributed) "
        "each of its processes is a worker."
    )
    parser.add_argument("name", nargs="?", default="CartPole-v1")
    parser.add_argument("--total-steps", type=int, default=A2CSettings.total_steps)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="without torchrun")
    parser.add_argument("--backend", choices=BACKENDS[:3], default="processes")
    parser.add_argument("--output", type=Path, help="a file for the weights")
    options = parser.parse_args()
    settings = A2CSettings(total_steps=options.total_steps)
    workers, backend = options.workers, options.backend
    if "WORLD_SIZE" in os.environ:
        workers, backend = int(os.environ["WORLD_SIZE"]), "torchrun"
    trainer = DistributedRLTrainer(
        options.name, settings, options.seed, workers, backend
    )
    network, history = trainer.train()
    if os.environ.get("RANK", "0") == "0":  # one speaks for all
        last = history[-1]
        print(
            f"{workers} workers, {backend}: {last['steps']} steps in "
            f"{last['seconds']:.1f} s, return {last['return']:.1f}"
        )
        if options.output:
            torch.save(network.state_dict(), options.output)


if __name__ == "__main__":
    main()
