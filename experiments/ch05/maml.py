"""What a start that was learned for learning is worth, beside a start that was learned for all tasks at once.

For every seed, on new sinusoids: the error after 0 to 10 steps from MAML's starts of both orders, from joint
training and from scratch; the rivals at every rate of RATES, so that each may be judged at its best.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import torch

from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    Weights,
    draw_sinusoids,
    errors_of_steps,
    meta_learn,
    new_weights,
    squared_error,
)
from deepseek_book_utils.records import UNSEEN_SEEDS
from experiments.measuring import Stopwatch

SEEDS = UNSEEN_SEEDS[:5]  # a first recording, on 20 to 24, showed that the outer gradient must be clipped
POINTS, TESTED, STEPS = 10, 600, 10
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)  # of the rivals; MAML steps with the rate that it trained with
SINUSOIDS = MAMLSettings()
SETTINGS = {"sinusoids": SINUSOIDS, "rates": RATES, "points": POINTS, "tested": TESTED, "steps": STEPS}


def run_seed(seed: int) -> dict[str, Any]:
    """Errors after 0 to STEPS steps; of a rival a row for each of RATES. Seconds: CPU seconds of training."""
    draw = partial(draw_sinusoids, POINTS)
    test = draw(TESTED, torch.Generator().manual_seed(1000 + seed))

    def errors(start: Weights, rate: float) -> list[float]:
        return errors_of_steps(start, test, squared_error, STEPS, rate).mean(dim=1).tolist()

    found: dict[str, Any] = {}
    for method in ("second order", "first order"):
        watch = Stopwatch()
        start = meta_learn(draw, squared_error, replace(SINUSOIDS, method=method), seed)
        seconds = watch.seconds()
        found[method] = {"seconds": seconds, "errors": errors(start, SINUSOIDS.inner_learning_rate)}
    watch = Stopwatch()
    joint = meta_learn(draw, squared_error, replace(SINUSOIDS, method="joint"), seed)
    seconds = watch.seconds()
    found["joint"] = {"seconds": seconds, "errors": [errors(joint, rate) for rate in RATES]}
    scratch = new_weights(SINUSOIDS.sizes, torch.Generator().manual_seed(seed))
    found["scratch"] = {"errors": [errors(scratch, rate) for rate in RATES]}
    print(f"seed {seed}: {found}", flush=True)
    return found
