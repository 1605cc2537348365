"""What six schedules of the learning rate make of eleven rates.

For every seed, Adam reads the digits under each schedule at each rate, in 88 steps.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from deepseek_book_utils.nn.digits import FACTORS, PLATEAU, digit_arrays, on_schedule, train_digits
from deepseek_book_utils.nn.optimizers import AdamSettings, adam

SCHEDULES = (*FACTORS, "plateau")
RATES = [10 ** (-3 + step / 4) for step in range(11)]  # four to a factor of ten
BATCH_SIZE, EPOCHS = 128, 8
POINTS = 22  # of a curve: means of four steps each
SETTINGS = {
    "schedules": SCHEDULES,
    "rates": RATES,
    "batch_size": BATCH_SIZE,
    "epochs": EPOCHS,
    "adam": AdamSettings(),
    "plateau": PLATEAU,
}


def thin(curve: Sequence[float]) -> list[float]:
    """Means of neighbours, `POINTS` of them; what is not a number or above 99 counts as 99."""
    known = np.nan_to_num(np.asarray(curve, dtype=float), nan=99.0).clip(max=99.0)
    return [float(part.mean()) for part in np.array_split(known, POINTS)]


def run_seed(seed: int) -> dict[str, Any]:
    """Every schedule at every rate: test accuracy, and the curves of loss and rate."""
    pictures, labels = digit_arrays()
    data = torch.tensor(pictures, dtype=torch.float32), torch.tensor(labels)
    found: dict[str, Any] = {}
    for name in SCHEDULES:
        found[name] = []
        for rate in RATES:
            accuracy, losses, rates = train_digits(
                data, adam, AdamSettings(), seed, BATCH_SIZE, EPOCHS, on_schedule(name, rate)
            )
            found[name].append({"accuracy": accuracy, "loss": thin(losses), "rate": thin(rates)})
    return found
