"""Another checkout's sampler and GRPO step beside ours, in one run: `python -m benchmarks --against PATH`.

Each checkout has a process of its own, which runs this file with that checkout's package and benchmarks; both
prepare everything and then take turns, one waiting while the other works.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parents[1]
CASES = {
    "sampling 8 x 16 that end": lambda: our_sampler(group_size=16, may_end=True),
    "sampling 8 x 16": lambda: our_sampler(group_size=16),
    "sampling 128 x 1": lambda: our_sampler(group_size=1),
    "GRPO step": lambda: our_grpo_step(),
}


def our_sampler(**options: int) -> Callable[[], object]:
    """The sampler as this checkout's own benchmark calls it."""
    from benchmarks import bench_sampler

    caught: list[Callable[[], object]] = []
    bench_sampler.alternate = lambda contenders, _: caught.append(contenders[bench_sampler.OURS])
    bench_sampler.run(**options)
    return caught[0]


def our_grpo_step() -> Callable[[], object]:
    """The GRPO step as this checkout's own benchmark calls it."""
    from benchmarks import bench_grpo_step

    return bench_grpo_step.our_step(bench_grpo_step.prompts_of_32_tokens(bench_grpo_step.PROMPTS))


def serve() -> None:
    """Run the case that each line of the input names, and answer with the CPU seconds it took."""
    import torch

    torch.set_num_threads(1)
    cases = {name: make() for name, make in CASES.items()}
    for line in sys.stdin:
        start = time.process_time()
        cases[line.strip()]()
        print(time.process_time() - start, flush=True)


class Checkout:
    """A process that serves one checkout's cases."""

    def __init__(self, folder: Path) -> None:
        paths = {**os.environ, "PYTHONPATH": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=folder,
            env=paths,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def seconds(self, case: str) -> float:
        """CPU seconds of one repetition."""
        assert self.process.stdin and self.process.stdout
        print(case, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The process of {self.process.args} ended; its error stands above.")
        return float(answer)


def compare_with(folder: Path, repetitions: int = 15) -> None:
    """Print, for every case, how many times as fast we are as the checkout in `folder`."""
    ours, theirs = Checkout(HERE), Checkout(folder)
    print(f"beside {folder}: CPU seconds, and how many times as fast ours is")
    for case in CASES:
        pairs = [(ours.seconds(case), theirs.seconds(case)) for _ in range(repetitions + 1)][1:]
        ratios = [their / our for our, their in pairs]
        our, their = (statistics.median(column) for column in zip(*pairs, strict=True))
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"{case:28} {our:.3f} {their:.3f}   {statistics.median(ratios):.2f}   ({spread})", flush=True)
    for checkout in (ours, theirs):
        checkout.process.communicate()


if __name__ == "__main__":
    serve()
