"""Grader of the bug museum's exhibit of one step of distillation for language models."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn

from ..checking import Mistake, Wrong, ask, compare
from ..museum import UNCHANGED, Answer, Defect, Exhibit, visit

LESSON = Exhibit(
    lines=13,
    letters="ABCDEFGH",
    defects={
        2: Defect(
            "A",
            "Ask the teacher the same question twice. Does it say the same?",
            {"F": "This line speaks of the other model. What does its mode do to what the teacher says?"},
        ),
        3: Defect(
            "B",
            "After `loss.backward()`, look at `grad` of both models' weights.",
            {"G": "The last axis holds the words, and over these it must normalise."},
        ),
        7: Defect(
            "C",
            "Take a row of three tokens, the last one its answer. At which place do the logits speak of it?",
            {"D": "The mask selects, and line 9 divides. Where is the answer's first token predicted?"},
        ),
        9: Defect(
            "D",
            "Put ten places of padding behind every row. What becomes of the loss?",
            {"C": "The places were chosen earlier. Here, look at what the sum is divided by."},
        ),
    },
    innocent={
        4: "Its dropout is part of its training. The teacher is the one that must not change.",
        5: "The gradient goes to the student through this line, as it should.",
        6: "One number for each place, the same for all rows.",
        8: "This is KL(P ‖ Q), the forward divergence, as asked.",
        10: "Old gradients are dropped before the new ones come.",
        13: "The caller wants a number to print.",
    },
)
PARTS = {  # what is left to mend -> what to say
    "mode": (
        "The teacher is in training mode when it is asked: its dropout changes what it says.",
        "`eval()`",
    ),
    "place": (
        "The places are those of the answer's tokens. Their predictions stand one place before.",
        "The logits at place t speak of the token at place t + 1.",
    ),
    "mean": (
        "The loss is divided by all places, so questions and padding make it smaller.",
        "Divide by the number of places that count.",
    ),
}


class Reader(nn.Module):
    """Logits (B, T, V) of the next token; a mode other than `eval` doubles what a teacher says."""

    def __init__(self, words: int, generator: torch.Generator) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(words, words, generator=generator))
        self.teaches = False
        self.modes: list[bool] = []  # in which it was asked

    def forward(self, ids: Tensor) -> Tensor:
        """The row of each token."""
        self.modes.append(self.training)
        return self.table[ids] * (2.0 if self.teaches and self.training else 1.0)


def lesson(answer: Answer, seed: int) -> None:
    """Grades `(found, lesson)`."""
    visit(LESSON, answer, mended_lesson, seed)


def mended_lesson(step: Callable[..., Any], seed: int) -> None:
    """Grades `step(student, teacher, ids, starts, lengths, optimizer)`: loss, and weights after the step."""
    generator = torch.Generator().manual_seed(seed)
    for rows, time, words, rate in ((5, 9, 6, 0.5), (3, 14, 8, 2.0), (7, 6, 5, 1.0)):
        student, teacher = Reader(words, generator), Reader(words, generator)
        teacher.teaches = True
        ids = torch.randint(1, words, (rows, time), generator=generator)
        lengths = torch.randint(3, time, (rows,), generator=generator)
        starts = 1 + (torch.rand(rows, generator=generator) * (lengths - 1)).long()
        starts[0], lengths[0], lengths[1] = 1, time, 3
        starts[1], starts[2], lengths[2] = 2, 3, time - 1
        ids[torch.arange(time) >= lengths[:, None]] = 0
        batch = (ids, starts, lengths)
        before, theirs = student.table.detach().clone(), teacher.table.detach().clone()
        mistakes = list(step_mistakes(before, theirs, *batch))
        right = step_loss(student.table, theirs, *batch)
        (gradient,) = torch.autograd.grad(right, student.table)
        student.table.grad = torch.ones_like(student.table)  # of a step before
        optimizer = torch.optim.SGD(student.parameters(), lr=rate)
        copies = [tensor.clone() for tensor in batch]
        student.eval()
        got = ask(partial(step, student, teacher, *copies, optimizer))  # an optimiser knows no copies
        compare(got, right, mistakes, f" for {rows} rows of {time} tokens")
        if teacher.table.grad is not None:
            raise Wrong(
                "The loss is right, but a gradient flows into the teacher: its weights hold one now.",
                "The teacher's logits are constants here: `torch.no_grad()`, or `detach`.",
            )
        if not all(student.modes):
            raise Wrong("The student is asked in evaluation mode: it is trained without its dropout.")
        if not torch.equal(teacher.table, theirs):
            raise Wrong("The teacher's weights have changed.")
        about = f" in the student's weights after a step at a rate of {rate:g}"
        moved = [
            Mistake(before, "The student has not moved.", "`backward`, then `optimizer.step()`."),
            Mistake(
                before - rate * (gradient + 1),
                "Gradients of the step before are still there.",
                "`optimizer.zero_grad()` stands before `backward`.",
            ),
            Mistake(before - rate, "The step uses old gradients only.", "`backward` stands before `step`."),
        ]
        compare(student.table, before - rate * gradient, moved, about)


def step_loss(
    table: Tensor, theirs: Tensor, ids: Tensor, starts: Tensor, lengths: Tensor, left: tuple[str, ...] = ()
) -> Tensor:
    """The mean KL(P || Q) of the answers' tokens, with those defects left in."""
    said = table[ids].log_softmax(dim=-1)
    wanted = (theirs[ids] * (2.0 if "mode" in left else 1.0)).log_softmax(dim=-1)
    shift = 0 if "place" in left else 1
    places = torch.arange(ids.shape[1]) + shift  # of the token that is spoken of
    real = (places >= starts[:, None]) & (places < lengths[:, None])
    apart = (wanted.exp() * (wanted - said)).sum(dim=-1)
    return (apart * real).sum() / (real.numel() if "mean" in left else real.sum())


def step_mistakes(
    table: Tensor, theirs: Tensor, ids: Tensor, starts: Tensor, lengths: Tensor
) -> Iterator[Mistake]:
    """What defects that are left, and new ones, would give."""
    batch = (ids, starts, lengths)
    for count in (1, 2, 3):
        for left in combinations(PARTS, count):
            says, hint = PARTS[left[0]]
            says = f"{UNCHANGED} {says}" if count == 3 else says
            hint = hint if count == 1 else f"{hint} It is not the last defect."
            yield Mistake(step_loss(table, theirs, *batch, left), says, hint)
    right, rows = step_loss(table, theirs, *batch), len(ids)
    counted = (lengths - starts).sum()
    yield Mistake(right * counted, "You add the tokens up. Asked is their mean.")
    yield Mistake(right * counted / rows, "You divide by the rows. Divide by the places that count.")
    yield Mistake(step_loss(theirs, table, *batch), "Your divergence is KL(Q ‖ P). Asked is KL(P ‖ Q).")
    late = step_loss(table, theirs, ids, starts, lengths + 1)
    yield Mistake(late, "The place behind the last token counts: nothing is predicted there.")
    first = step_loss(table, theirs, ids, starts + 1, lengths)
    yield Mistake(first, "The answer's first token does not count in yours, and it should.")
    early = step_loss(table, theirs, ids, starts - 1, lengths)
    yield Mistake(early, "The last token of the question counts in yours. The student learns answers.")
    whole = step_loss(table, theirs, ids, torch.ones_like(starts), lengths)
    yield Mistake(whole, "Questions count in yours. The student learns answers.")
    cut = step_loss(table, theirs, ids, starts, lengths - 1)
    yield Mistake(cut, "The last token of the answer does not count in yours, and it should.")
