"""What a teacher's soft answers are worth on handwritten digits.

For every seed: a teacher that has seen 1,437 labelled digits, and small students that have labels for 100 of
them, ten of each kind. The students hear the labels, or the teacher, at several temperatures, weights and
schedules, of the same 100 pictures or of all; with features or without; in one phase or two; without ever
seeing a 3. Then students of six widths, and the CPU time of a batch of each.
"""

import time
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepseek_book_utils.compress.distillation import (
    DistillSettings,
    distil,
    distil_in_two_phases,
    soft_gradient,
)
from deepseek_book_utils.nn.digits import digit_arrays, digit_network, split
from deepseek_book_utils.nn.fitting import FitSettings, accuracy, fit
from deepseek_book_utils.nn.transfer import few_of_each
from experiments.measuring import Stopwatch

TEACHER_SIZES, TEACHING = (64, 256, 256, 10), FitSettings(updates=500, learning_rate=1e-3)
WIDTH, WIDTHS, LABELLED = 32, (2, 4, 8, 16, 64), 10  # labelled digits of each kind
TEMPERATURES = (1.0, 2.0, 4.0, 8.0, 16.0)
SOFT = DistillSettings(alpha=1.0, learning_rate=1e-2)
HARD = replace(SOFT, alpha=0.0)
ARMS = {  # on the 100 labelled pictures
    "labels": HARD,
    **{f"soft_{temperature:g}": replace(SOFT, temperature=temperature) for temperature in TEMPERATURES},
    "alpha_0.5": replace(SOFT, alpha=0.5),
    "alpha_0.9": replace(SOFT, alpha=0.9),
    "features": replace(SOFT, features=1.0),
    "labels_and_features": replace(HARD, features=1.0),
    "constant_rate": replace(SOFT, floor=1.0),
    "no_warm_up": replace(SOFT, warm_up=1),
    "no_clipping": replace(SOFT, max_grad_norm=1e9),
}
# Teacher's answers to every picture, then the labels of a few: half of the updates each.
HALF = SOFT.updates // 2
PHASES = replace(SOFT, updates=HALF, temperature=1.0), replace(SOFT, updates=HALF, alpha=0.5)
BATCHES, REPETITIONS = (1, 8, 64, 512), 15
SETTINGS = {
    "teacher": TEACHER_SIZES,
    "teaching": TEACHING,
    "width": WIDTH,
    "widths": WIDTHS,
    "labelled": LABELLED,
    "arms": ARMS,
    "phases": PHASES,
    "batches": BATCHES,
}
PROCESSES = 1  # it measures CPU time


def lengths_of_gradients(student: nn.Module, teacher: nn.Module, images: Tensor) -> dict[str, list[float]]:
    """Mean length of the gradient by the logits at every temperature: as it is, and times T^2."""
    with torch.no_grad():
        logits = student(images), teacher(images)
    plain = [soft_gradient(*logits, T).norm(dim=1).mean().item() for T in TEMPERATURES]
    return {
        "plain": plain,
        "times_square": [T * T * one for T, one in zip(TEMPERATURES, plain, strict=True)],
    }


@torch.inference_mode()
def milliseconds(network: nn.Module, images: Tensor) -> list[float]:
    """CPU time of one batch of each size: the shortest of several, since neighbours only lengthen it."""
    found = []
    for size in BATCHES:
        batch, times = images[:size], []
        for _ in range(REPETITIONS):
            start = time.process_time_ns()
            for _ in range(20):
                network(batch)
            times.append((time.process_time_ns() - start) / 20e6)
        found.append(min(times))
    return found


class Digits:
    """One seed: its pictures, its teacher, and what students learn."""

    def __init__(self, seed: int) -> None:
        self.seed, (pictures, digits) = seed, digit_arrays()
        self.images, self.labels = torch.tensor(pictures, dtype=torch.float32), torch.tensor(digits)
        self.train, self.test = (torch.tensor(part) for part in split(seed))
        self.few = few_of_each(self.labels, self.train, range(10), LABELLED)
        self.teacher = digit_network(seed, TEACHER_SIZES)

        def loss_of(batch: Tensor) -> Tensor:
            chosen = self.train[batch]
            return F.cross_entropy(self.teacher(self.images[chosen]), self.labels[chosen])

        fit(self.teacher.parameters(), loss_of, len(self.train), TEACHING, seed)

    def start(self, width: int = WIDTH) -> nn.Sequential:
        """A student that has learned nothing yet: the same one every time."""
        return digit_network(self.seed + 1000, (64, width, 10))

    def study(self, settings: DistillSettings, chosen: Tensor, width: int = WIDTH) -> nn.Sequential:
        """A student of these pictures."""
        student = self.start(width)
        distil(student, self.teacher, self.images[chosen], self.labels[chosen], settings, self.seed)
        return student

    def score(self, network: nn.Module, only: int | None = None) -> float:
        """Share of the test digits, or of those of one kind, that are read right."""
        asked = self.test if only is None else self.test[self.labels[self.test] == only]
        return accuracy(network, self.images[asked], self.labels[asked])

    def on_all(self) -> dict[str, float]:
        """Students of all pictures: the teacher's soft answers, its best guesses alone, the true labels; and
        in two phases.
        """
        found = {
            f"soft_{T:g}": self.score(self.study(replace(SOFT, temperature=T), self.train))
            for T in (1.0, 4.0)
        }
        found["labels"] = self.score(self.study(HARD, self.train))
        truth, pupil = self.labels, self.start()
        with torch.no_grad():
            self.labels = self.teacher(self.images).argmax(dim=1)
        guesses = self.study(HARD, self.train)
        self.labels = truth
        found["guesses"] = self.score(guesses)
        task = self.images[self.few], self.labels[self.few]
        distil_in_two_phases(pupil, self.teacher, self.images[self.train], task, PHASES, self.seed)
        found["two_phases"] = self.score(pupil)
        return found

    def never_a_three(self) -> dict[str, float]:
        """Share of test threes read right, by students that saw every training digit but the threes."""
        seen = self.train[self.labels[self.train] != 3]
        return {
            name: self.score(self.study(settings, seen), only=3)
            for name, settings in {"labels": HARD, "soft_1": PHASES[0], "soft_4": SOFT}.items()
        } | {"teacher": self.score(self.teacher, only=3)}

    def by_width(self) -> list[dict[str, Any]]:
        """Students of each width, the teacher last: parameters, accuracy with labels and with soft answers on
        the 100 pictures, milliseconds a batch.
        """
        networks = [(self.study(HARD, self.few, w), self.study(SOFT, self.few, w)) for w in WIDTHS]
        return [
            {
                "width": width,
                "parameters": sum(weight.numel() for weight in soft.parameters()),
                "labels": self.score(hard),
                "soft": self.score(soft),
                "milliseconds": milliseconds(soft, self.images),
            }
            for width, (hard, soft) in zip(
                (*WIDTHS, "teacher"), (*networks, (self.teacher, self.teacher)), strict=True
            )
        ]


def run_seed(seed: int) -> dict[str, Any]:
    """All arms for one seed; seconds are CPU seconds on one thread."""
    watch = Stopwatch()
    one = Digits(seed)
    found: dict[str, Any] = {
        "teacher": one.score(one.teacher),
        "gradients": lengths_of_gradients(one.start(), one.teacher, one.images[one.train]),
        "few": {name: one.score(one.study(settings, one.few)) for name, settings in ARMS.items()},
        "all": one.on_all(),
        "threes": one.never_a_three(),
        "widths": one.by_width(),
        "seconds": watch.seconds(),
    }
    print(f"seed {seed}: {found}", flush=True)
    return found
