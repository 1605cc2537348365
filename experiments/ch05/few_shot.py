"""What a start is worth that was learned for few examples, on real pictures of digits that no training saw.

For every seed: six of the ten digits are known, and tasks ask for three of the other four, one picture of
each. Right answers after 0 to STEPS steps from MAML's starts of both orders; from a network that was trained
to tell the six known digits apart and gets a new last layer; and from scratch. The rivals at every rate of
RATES, so that each may be judged at its best.
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
TESTED, STEPS = 300, 10
RATES = (0.03, 0.1, 0.3, 1.0, 3.0)  # of the rivals; MAML steps with the rate that it trained with
DIGITS = MAMLSettings(sizes=(64, 64, 64, WAYS), updates=1000, inner_steps=5, inner_learning_rate=0.2)
SETTINGS = {
    "digits": DIGITS,
    "known": KNOWN,
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


def run_seed(seed: int) -> dict[str, Any]:
    """Right answers after 0 to STEPS steps; of a rival a row for each of RATES. Seconds: of training."""
    digits = torch.randperm(10, generator=torch.Generator().manual_seed(seed)).tolist()
    known, unseen = tuple(digits[:KNOWN]), tuple(digits[KNOWN:])
    test = digit_tasks(unseen, WAYS, SHOTS, POINTS)(TESTED, torch.Generator().manual_seed(1000 + seed))
    found: dict[str, Any] = {"unseen": sorted(unseen)}
    for method in ("second order", "first order"):
        watch = Stopwatch()
        draw = digit_tasks(known, WAYS, SHOTS, POINTS)
        start = meta_learn(draw, class_error, replace(DIGITS, method=method), seed)
        seconds = watch.seconds()
        found[method] = {"seconds": seconds, "right": right(start, test, DIGITS.inner_learning_rate)}
    watch = Stopwatch()
    wide = replace(DIGITS, method="joint", sizes=(*DIGITS.sizes[:-1], KNOWN))
    joint = meta_learn(digit_tasks(known, KNOWN, SHOTS, POINTS, renamed=False), class_error, wide, seed)
    seconds = watch.seconds()
    told = with_new_head(joint, WAYS)
    found["joint"] = {"seconds": seconds, "right": [right(told, test, rate) for rate in RATES]}
    scratch = with_new_head(new_weights(DIGITS.sizes, torch.Generator().manual_seed(seed)), WAYS)
    found["scratch"] = {"right": [right(scratch, test, rate) for rate in RATES]}
    print(f"seed {seed}: {found}", flush=True)
    return found
