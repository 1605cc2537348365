"""What a pretrained layer is worth, by the number of labelled digits.

For every seed, and every number of labels a class: a network from scratch, one on frozen pretrained layers,
one that fine-tunes them. This is done twice. First, the layers have filled in hidden pixels without any
label, and all ten digits are to be told apart. Then they have told 0 to 4 apart, and 5 to 9 are asked.
"""

from typing import Any

import torch
from torch import Tensor

from deepseek_book_utils.nn.digits import digit_arrays, split
from deepseek_book_utils.nn.fitting import FitSettings
from deepseek_book_utils.nn.transfer import (
    TransferLearningModel,
    TransferLearningTrainer,
    few_of_each,
    pretrain_without_labels,
)
from experiments.measuring import Stopwatch

WIDTH = 64
COUNTS = (2, 5, 20, 50)  # labelled digits of each class
PRETRAINING = FitSettings(updates=500)
TRAINING = FitSettings(updates=100)
SETTINGS = {"pretraining": PRETRAINING, "training": TRAINING, "width": WIDTH, "counts": COUNTS}
ARMS = ("scratch", "frozen", "fine_tuned")


def arms(
    data: tuple[Tensor, Tensor],
    train: Tensor,
    test: Tensor,
    classes: range,
    weights: dict[str, Tensor],
    seed: int,
) -> dict[str, list[float]]:
    """Accuracy on the test digits of these classes for every arm, one number for each of COUNTS."""
    images, labels = data
    asked = test[(labels[test] >= classes[0]) & (labels[test] <= classes[-1])]
    found: dict[str, list[float]] = {arm: [] for arm in ARMS}
    for n in COUNTS:
        chosen = few_of_each(labels, train, classes, n)
        for arm in ARMS:
            torch.manual_seed(seed)  # the same head, and from scratch the same start
            trainer = TransferLearningTrainer(TransferLearningModel(64, WIDTH, len(classes)), TRAINING)
            if arm != "scratch":
                trainer.load(weights, frozen=arm == "frozen")
            trainer.fit(images[chosen], labels[chosen] - classes[0], seed)
            found[arm].append(trainer.validate(images[asked], labels[asked] - classes[0]))
    return found


def run_seed(seed: int) -> dict[str, Any]:
    """Both kinds of pretraining for one seed; seconds are CPU seconds on one thread."""
    pictures, digits = digit_arrays()
    images, labels = torch.tensor(pictures, dtype=torch.float32), torch.tensor(digits)
    train, test = (torch.tensor(part) for part in split(seed))
    watch = Stopwatch()

    torch.manual_seed(seed)
    without = TransferLearningModel(64, WIDTH, 10)
    pretrain_without_labels(without, images[train], PRETRAINING, seed)

    torch.manual_seed(seed)
    low = TransferLearningModel(64, WIDTH, 5)
    first_half = train[labels[train] < 5]
    TransferLearningTrainer(low, PRETRAINING).fit(images[first_half], labels[first_half], seed)

    data = images, labels
    found: dict[str, Any] = {
        "without_labels": arms(data, train, test, range(10), without.state_dict(), seed + 1000),
        "other_classes": arms(data, train, test, range(5, 10), low.state_dict(), seed + 1000),
        "seconds": watch.seconds(),
    }
    print(f"seed {seed}: {found}", flush=True)
    return found
