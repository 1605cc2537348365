"""Graders of the bug museum's second wing: what surrounds a model, from its data to the service.

The programs stand in the assignment; the graders know what is wrong with them, and what a mended one must do.
The report of training is graded in this module, each other exhibit in one of its own.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ..checking import Wrong, ask
from ..museum import UNCHANGED, Answer, Defect, Exhibit, visit
from .data import data_set
from .lesson import lesson
from .loss import distillation_loss
from .service import service
from .teacher import untrained_teacher

__all__ = ["data_set", "distillation_loss", "epoch_report", "lesson", "service", "untrained_teacher"]


REPORT = Exhibit(
    lines=10,
    letters="ABCDEFG",
    defects={
        7: Defect(
            "A",
            "Ask of every name: which line binds it?",
            {"B": "Every sample is counted here. The mean comes a line later."},
        ),
        8: Defect(
            "B",
            "Work it out for a batch of 32, all right, and a batch of 2, all wrong.",
            {"C": "`hits` holds the samples of this epoch only: line 7 makes it anew."},
        ),
        9: Defect(
            "D",
            "Imagine what is printed after the second of five epochs.",
            {"F": "`:.1%` multiplies by 100 by itself. Look further left."},
        ),
    },
    innocent={
        2: "A new list for each call.",
        3: "It counts 1, 2, ..., epochs, as a reader does.",
        4: "One call is one epoch; the next one trains on.",
        5: "`train_epoch` switches back to training mode by itself, as the text says.",
        6: "Judging needs no gradients.",
        10: "It returns when all epochs are done.",
    },
)
LINE = re.compile(r"epoch (\d+)/(\d+): loss (\d+\.\d{3}), accuracy (\d+\.\d)%")


class Scripted(nn.Module):
    """A model that names column `epoch` of its input, and errs whenever it is in training mode."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes, self.epoch = classes, 0

    def forward(self, x: Tensor) -> Tensor:
        """x (B, E) -> logits (B, classes)."""
        named = x[:, self.epoch].long() + int(self.training)
        return nn.functional.one_hot(named % self.classes, self.classes).float()


def epoch_report(answer: Answer, seed: int) -> None:
    """Grades `(found, report)`, where `report(model, train_epoch, batches, epochs)` is a list of lines."""
    visit(REPORT, answer, mended_report, seed)


def mended_report(report: Callable[..., Any], seed: int) -> None:
    """Grades `report` on batches of unequal sizes."""
    generator = torch.Generator().manual_seed(seed)
    classes = 4
    for epochs, sizes in ((3, (8, 8, 3)), (12, (32, 20, 5)), (2, (9,))):
        y = torch.randint(classes, (sum(sizes),), generator=generator)
        x = y[:, None].repeat(1, epochs + 1)  # column 0: before training
        last = sum(sizes[:-1])
        for epoch in range(epochs + 1):  # a few more are right each time; in the last batch only one
            x[(epoch + 1) * last // (epochs + 2) : last, epoch] += 1
            x[last + 1 :, epoch] += 1
        batches = list(zip(x.split(sizes), y.split(sizes), strict=True))
        losses = (2 + torch.rand(epochs, generator=generator)).tolist()
        calls: list[int] = []

        def train_epoch(model: Scripted, losses: list[float] = losses, calls: list[int] = calls) -> float:
            model.train()
            model.epoch = min(model.epoch + 1, len(losses))
            calls.append(model.epoch)
            return losses[model.epoch - 1]

        try:
            got = ask(report, Scripted(classes), train_epoch, batches, epochs)
        except Wrong as told:
            if isinstance(told.__cause__, NameError) and told.__cause__.name == "student":
                says = f"{UNCHANGED} Python stops, as nobody defined `student`."
                raise Wrong(says, "What is the model called here?") from None
            raise
        compare_lines(got, epochs, losses, hits_of(x, y, classes), sizes)
        if len(calls) != epochs:
            raise Wrong(f"`train_epoch` was called {len(calls)} times in {epochs} epochs.")


def hits_of(x: Tensor, y: Tensor, classes: int) -> list[Tensor]:
    """Which samples are right, for each epoch; the last element is one that was judged in training mode."""
    return [(x[:, epoch] % classes == y).double() for epoch in range(x.shape[1])]


def compare_lines(
    got: Any, epochs: int, losses: list[float], hits: list[Tensor], sizes: tuple[int, ...]
) -> None:
    """Raise Wrong unless `got` is the report of these losses and hits (element 0: before training)."""
    if got is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(got, list | tuple) or not all(isinstance(line, str) for line in got):
        raise Wrong("Asked is a list of lines, one for each epoch.")
    if len(got) != epochs:
        raise Wrong(f"The report has {len(got)} lines after {epochs} epochs.", "Where does `return` stand?")
    for epoch, line in enumerate(got, start=1):
        match = LINE.fullmatch(line)
        if match is None:
            asked = f"epoch {epoch}/{epochs}: loss {losses[epoch - 1]:.3f}, accuracy 56.2%"
            raise Wrong(f"A line of the report is `{line:.80}`. Asked is one like `{asked}`.")
        number, total, loss, accuracy = int(match[1]), int(match[2]), float(match[3]), float(match[4])
        if total == number != epochs:
            raise Wrong(
                f"Of {epochs} epochs the report says {number}/{total}.",
                "After the stroke stands the number of all epochs.",
            )
        if (number, total) != (epoch, epochs):
            raise Wrong(
                f"The line of epoch {epoch} of {epochs} says {number}/{total}.", "A reader counts from 1."
            )
        if abs(loss - losses[epoch - 1]) > 0.0011:
            raise Wrong(f"The loss of epoch {epoch} is {losses[epoch - 1]:.3f}, and the report says {loss}.")
        right = 100 * hits[epoch].mean().item()
        if abs(accuracy - right) <= 0.11:
            continue
        for value, says, hint in accuracy_mistakes(hits, epoch, sizes):
            if abs(accuracy - 100 * value) <= 0.11 < abs(right - 100 * value):
                raise Wrong(says, hint)
        raise Wrong(
            f"In epoch {epoch} {right:.1f}% of the samples are right, and the report says {accuracy}%."
        )


def accuracy_mistakes(
    hits: list[Tensor], epoch: int, sizes: tuple[int, ...]
) -> Iterator[tuple[float, str, str]]:
    """Accuracies that misconceptions give, each with a sentence and a hint."""
    parts = hits[epoch].split(sizes)
    yield (
        sum(part.mean().item() for part in parts) / len(parts),
        f"Batches of {', '.join(map(str, sizes))} samples count alike in your mean of means.",
        "Count the right samples of all batches, and divide by the number of all samples.",
    )
    yield 0.0, "The model judges in training mode.", "`model.eval()`, after each epoch of training."
    yield (
        torch.cat(hits[1 : epoch + 1]).mean().item(),
        "The hits of earlier epochs are counted again.",
        "Begin each epoch with an empty list.",
    )
    yield hits[epoch - 1].mean().item(), "You judge before you train: this is the epoch before.", ""
    yield parts[-1].mean().item(), "This is the accuracy of the last batch only.", ""
    whole = hits[epoch][: -sizes[-1]]
    if len(whole):
        yield (
            whole.mean().item(),
            "The last batch is left out, because it is smaller?",
            "Every sample counts.",
        )
    total = hits[epoch].sum().item()
    yield total / (len(sizes) * sizes[0]), "You divide as if every batch had the size of the first.", ""
