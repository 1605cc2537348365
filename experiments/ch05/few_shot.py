"""What a start is worth that was learned for few examples, on real pictures of digits that no training saw.

For every seed six of the ten digits are known. A task asks for three of the other four, and shows one picture
of each. Right answers after 0 to STEPS steps: from MAML's starts; from a network that was trained to tell the
six known digits apart and gets a new last layer; and from scratch, with such a layer too. The rivals at every
rate of RATES, so that each may be judged at its best.
"""

from dataclasses import replace
from typing import Any

import torch

from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    Tasks,
    Weights,
    accuracies,
    adapt,
    class_error,
    digit_tasks,
    meta_learn,
    new_weights,
    with_new_head,
)
from experiments.measuring import Stopwatch

KNOWN, WAYS, SHOTS, POINTS = 6, 3, 1, 5  # digits; of a task; pictures of each to learn from; to be judged by
TESTED, STEPS = 200, 10
RATES = (0.03, 0.1, 0.3, 1.0, 3.0)  # of the rivals; MAML steps with the rate that it trained with
ONE = MAMLSettings(sizes=(64, 64, WAYS), updates=600, tasks=10, inner_steps=1, inner_learning_rate=1.0)
THREE = replace(ONE, inner_steps=3, inner_learning_rate=0.3)
ARMS = {"one step": ONE, "three steps": THREE, "first order": replace(THREE, method="first order")}
JOINT = replace(ONE, method="joint", sizes=(64, 64, KNOWN))
SETTINGS = {
    "arms": ARMS,
    "joint": JOINT,
    "ways": WAYS,
    "shots": SHOTS,
    "points": POINTS,
    "rates": RATES,
    "tested": TESTED,
    "steps": STEPS,
}


def right(start: Weights, tasks: Tasks, rate: float) -> list[float]:
    """The share of right answers after 0 to STEPS steps, a mean over tasks."""
    found = []
    for taken in range(STEPS + 1):
        own = adapt(start, tasks.inputs, tasks.answers, class_error, taken, rate)
        found.append(accuracies(own, tasks).mean().item())
    return found


def to_rename(weights: Weights) -> Weights:
    """The same layers under a last one of zeros, ready to learn."""
    return [weight.detach().requires_grad_() for weight in with_new_head(weights, WAYS)]


def run_seed(seed: int) -> dict[str, Any]:
    """Right answers after 0 to STEPS steps; of a rival a row for each of RATES. Seconds: of training."""
    digits = torch.randperm(10, generator=torch.Generator().manual_seed(seed)).tolist()
    known, unseen = tuple(digits[:KNOWN]), tuple(digits[KNOWN:])
    test = digit_tasks(unseen, WAYS, SHOTS, POINTS)(TESTED, torch.Generator().manual_seed(1000 + seed))
    found: dict[str, Any] = {"unseen": sorted(unseen)}
    for name, settings in ARMS.items():
        watch = Stopwatch()
        start = meta_learn(digit_tasks(known, WAYS, SHOTS, POINTS), class_error, settings, seed)
        seconds = watch.seconds()
        found[name] = {"seconds": seconds, "right": right(start, test, settings.inner_learning_rate)}
    watch = Stopwatch()
    same_names = digit_tasks(known, KNOWN, SHOTS, POINTS, renamed=False)
    joint = to_rename(meta_learn(same_names, class_error, JOINT, seed))
    found["joint"] = {"seconds": watch.seconds(), "right": [right(joint, test, rate) for rate in RATES]}
    scratch = to_rename(new_weights(ONE.sizes, torch.Generator().manual_seed(seed)))
    found["scratch"] = {"right": [right(scratch, test, rate) for rate in RATES]}
    print(f"seed {seed}: {found}", flush=True)
    return found
