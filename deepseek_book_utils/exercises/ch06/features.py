"""Grader of the exercise to chapter 6 about features: what the teacher's last hidden layer says."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, ask, compare
from ..gradients import gradient_through

HintLoss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def hint_loss(answer: HintLoss, seed: int) -> None:
    """Grades `hint_loss(student_features, teacher_features, weight, bias)`: value and gradients."""
    generator = torch.Generator().manual_seed(seed)
    for rows, width, wide in ((8, 3, 5), (6, 6, 6), (4, 2, 9)):  # of equal width, a transpose raises no error
        student = torch.randn(rows, width, generator=generator).requires_grad_()
        teacher = (2 * torch.randn(rows, wide, generator=generator)).requires_grad_()
        weight = torch.randn(wide, width, generator=generator).requires_grad_()
        bias = torch.randn(wide, generator=generator).requires_grad_()
        got = ask(answer, student, teacher, weight, bias)
        right = (student @ weight.T + bias - teacher.detach()).square().mean() / 2
        about = f" for a student of width {width} and a teacher of width {wide}"
        with torch.no_grad():
            compare(got, right, list(_hint_mistakes(student, teacher, weight, bias)), about)
        learns = {"student_features": student, "weight": weight, "bias": bias}
        wanted = torch.autograd.grad(right, list(learns.values()))
        for (name, value), gradient in zip(learns.items(), wanted, strict=True):
            where = f" in the gradient of `{name}`{about}"
            compare(gradient_through(got, value, name), gradient, [], where)
        (flows,) = torch.autograd.grad(got, teacher, allow_unused=True)
        if flows is not None and flows.any():
            raise Wrong(
                "The value is right, but a gradient flows into `teacher_features`: the teacher would move "
                "towards the student.",
                "The teacher's features are constants here: `detach`.",
            )


def _hint_mistakes(s: Tensor, t: Tensor, weight: Tensor, bias: Tensor) -> Iterator[Mistake]:
    error = s @ weight.T + bias - t
    loss, rows, wide = error.square().mean() / 2, *t.shape
    yield Mistake(2 * loss, "The factor 1/2 is missing.")
    yield Mistake(loss / 2, "You halve twice.")
    yield Mistake(loss * rows * wide, "You add everything up. Asked is a mean over pictures and channels.")
    yield Mistake(loss * wide, "You add the channels up. Asked is the mean over them, too.")
    yield Mistake(loss * rows, "You add the pictures up. Asked is the mean over them, too.")
    yield Mistake(error.abs().mean() / 2, "You take absolute values. Asked are squares.")
    yield Mistake(error.square().mean().sqrt() / 2, "You take a root. Asked is half the mean square.")
    yield Mistake(error.norm(dim=1).mean() / 2, "You take the length of the error, and it is squared.")
    yield Mistake(error.mean().square() / 2, "You square the mean: errors of opposite signs cancel.")
    yield Mistake((error - bias).square().mean() / 2, "`bias` is missing in the projection.")
    yield Mistake((error - 2 * bias).square().mean() / 2, "You subtract the bias.", "A projection adds it.")
    if s.shape == t.shape:
        yield Mistake(
            (s @ weight + bias - t).square().mean() / 2,
            "You multiply by `weight`, and its rows belong to the teacher's channels.",
            "`weight` is (D, W), as in `nn.Linear`: features @ weight.T",
        )
        yield Mistake((s - t).square().mean() / 2, "Nothing is projected: you compare the features as is.")
        yield Mistake(
            (t @ weight.T + bias - s).square().mean() / 2,
            "You project the teacher's features. The projection belongs to the student.",
        )
