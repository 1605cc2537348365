"""Graders of the exercises to chapter 5 about many tasks: what is forgotten, and a start that adapts."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare

Forgetting = Callable[[Tensor], tuple[float, float]]
Data = tuple[Tensor, Tensor]
InnerStep = Callable[[Tensor, Data, Data, float, bool], tuple[Tensor, Tensor]]
NUMBER = torch.Size([])


def forgetting(answer: Forgetting, seed: int) -> None:
    """Grades `forgetting(accuracy)`: backward transfer, and the mean loss from the best."""
    generator = torch.Generator().manual_seed(seed)
    moves, losses, tables = [], [], []
    for tasks in (4, 3, 6):
        accuracy = _accuracies(generator, tasks)
        got: Any = ask(answer, accuracy)
        if not isinstance(got, tuple | list) and not (isinstance(got, Tensor) and got.shape == (2,)):
            raise Wrong("Return two numbers: the backward transfer, and the forgetting.")
        if len(got) != 2:
            raise Wrong("Return two numbers: the backward transfer, and the forgetting.")
        moves.append(as_tensor(got[0], NUMBER))
        losses.append(as_tensor(got[1], NUMBER))
        tables.append(accuracy.double())
    if _close(moves, [_lost(r) for r in tables]) and _close(losses, [_moved(r) for r in tables]):
        raise Wrong("Your two numbers have changed places.", "The backward transfer comes first.")
    compare(
        torch.stack(moves),
        torch.stack([_moved(r) for r in tables]),
        _move_mistakes(tables),
        " in the backward transfer",
    )
    compare(
        torch.stack(losses),
        torch.stack([_lost(r) for r in tables]),
        _loss_mistakes(tables),
        " in the forgetting",
    )


def _accuracies(generator: torch.Generator, tasks: int) -> Tensor:
    """(T, T): low before a task is learned, highest one task later, lower in the end."""
    accuracy = 0.3 * torch.rand(tasks, tasks, generator=generator)
    for task in range(tasks):
        accuracy[task:, task] += 0.6 - 0.1 * torch.arange(tasks - task) / tasks
        accuracy[min(task + 1, tasks - 2), task] += 0.1
    accuracy[0, 1] = 0.97  # a task that was known best before it was learned
    accuracy[-1, 0] = 0.98  # a task that gains in the end
    return accuracy


def _moved(r: Tensor) -> Tensor:
    return (r[-1] - r.diagonal())[:-1].mean()


def _lost(r: Tensor) -> Tensor:
    return (r[:-1].amax(dim=0) - r[-1])[:-1].mean()


def _close(got: list[Tensor], right: list[Tensor]) -> bool:
    return torch.allclose(torch.stack(got), torch.stack(right), rtol=1e-4)


def _all(tables: list[Tensor], found: list[tuple[Callable[[Tensor], Tensor], str, str]]) -> list[Mistake]:
    """What misconceptions return for all tables together."""
    return [Mistake(torch.stack([f(r) for r in tables]), said, hint) for f, said, hint in found]


def _move_mistakes(tables: list[Tensor]) -> list[Mistake]:
    rows = "Row i holds the accuracies after task i was learned, column j those on task j."
    last = "There is nothing behind the last task: average over the tasks before it."
    return _all(
        tables,
        [
            (lambda r: -_moved(r), "The sign is the wrong way round: forgetting is negative here.", ""),
            (lambda r: (r[-1] - r.diagonal()).mean(), "You divide by all tasks, the last one too.", last),
            (lambda r: (r[-1] - r.diagonal()).sum(), "You add up and do not divide.", "Average."),
            (lambda r: (r[:, -1] - r.diagonal())[:-1].mean(), "You take the last column.", rows),
            (lambda r: r[-1, :-1].mean(), "That is the accuracy in the end. From what did it change?", rows),
            (lambda r: (r[-1] - r[0])[:-1].mean(), "You compare with the first row.", rows),
            (lambda r: (r[-1] - r[-2])[:-1].mean(), "You compare with the row before.", rows),
            (
                lambda r: -_lost(r),
                "You compare with the best accuracy. Here it is that of the diagonal.",
                rows,
            ),
            (lambda r: 100 * _moved(r), "You return per cent.", ""),
        ],
    )


def _loss_mistakes(tables: list[Tensor]) -> list[Mistake]:
    best = "The best accuracy on task j is the largest of its column, the last row left out."
    last = "There is nothing behind the last task: average over the tasks before it."
    return _all(
        tables,
        [
            (lambda r: -_lost(r), "The sign is the wrong way round: a loss is positive here.", ""),
            (
                lambda r: -_moved(r),
                "You compare with the accuracy right after learning. Asked is the best.",
                best,
            ),
            (lambda r: (r[:-1].amax(dim=0) - r[-1]).mean(), "You divide by all tasks.", last),
            (
                lambda r: (r.amax(dim=0) - r[-1])[:-1].mean(),
                "Your best may be the last row itself: you call a gain no forgetting. It is a negative one.",
                best,
            ),
            (lambda r: (r[:-1].amax(dim=1) - r[-1, :-1]).mean(), "You take the best of a row.", best),
            (lambda r: r[:-1].amax() - r[-1, :-1].mean(), "You take the best of all tasks together.", best),
            (
                lambda r: (r[:-1].tril().amax(dim=0) - r[-1])[:-1].mean(),
                "You look only from the diagonal on. A task may have been known best before it was learned.",
                best,
            ),
            (lambda r: (r[:-1].amax(dim=0) - r[-1])[:-1].sum(), "You add up and do not divide.", "Average."),
            (lambda r: (r[:-1].amax(dim=0) - r[-1])[:-1].amax(), "You return the worst task.", "Average."),
        ],
    )


def one_inner_step(answer: InnerStep, seed: int) -> None:
    """Grades `one_inner_step(w, support, query, rate, first_order)`."""
    generator = torch.Generator().manual_seed(seed)
    for size, rows, asked, rate in ((3, 8, 5, 0.1), (4, 4, 4, 0.2), (6, 10, 7, 0.05)):
        w = torch.randn(size, generator=generator).requires_grad_()
        support, query = _task(generator, rows, size), _task(generator, asked, size)
        for first_order in (False, True):
            got: Any = ask(answer, w, support, query, rate, first_order)
            if not isinstance(got, tuple | list) or len(got) != 2:
                raise Wrong("Return two tensors: the adapted weights, and the meta-gradient.")
            about = f" for `first_order={first_order}` and {size} weights"
            start = w.detach().double()
            right = _adapted(start, support, rate)
            steps = _step_mistakes(start, support, query, rate)
            compare(numeric(got[0]), right, steps, f" in the adapted weights{about}")
            wanted = _meta(start, support, query, rate, first_order)
            compare(
                numeric(got[1]),
                wanted,
                _meta_mistakes(start, support, query, rate, first_order),
                f" in the meta-gradient{about}",
            )


def _task(generator: torch.Generator, rows: int, size: int) -> Data:
    """Inputs (N, D) and numbers (N,) of one task."""
    return torch.randn(rows, size, generator=generator), torch.randn(rows, generator=generator)


def _gradient(w: Tensor, data: Data) -> Tensor:
    """By hand: the mean over N of 2 (x w - y) x."""
    x, y = data[0].double(), data[1].double()
    return 2 * x.T @ (x @ w - y) / len(y)


def _curve(data: Data, v: Tensor) -> Tensor:
    """The Hessian of the mean squared error, times v; it does not depend on w."""
    x = data[0].double()
    return 2 * x.T @ (x @ v) / len(x)


def _adapted(w: Tensor, support: Data, rate: float) -> Tensor:
    return w - rate * _gradient(w, support)


def _meta(w: Tensor, support: Data, query: Data, rate: float, first_order: bool) -> Tensor:
    outer = _gradient(_adapted(w, support, rate), query)
    return outer if first_order else outer - rate * _curve(support, outer)


def _step_mistakes(w: Tensor, support: Data, query: Data, rate: float) -> list[Mistake]:
    rows = len(support[1])
    step = _gradient(w, support)
    return [
        Mistake(w + rate * step, "You step up the gradient: the loss grows.", "Subtract."),
        Mistake(w - step, "`rate` does not scale your step."),
        Mistake(
            w - rate * _gradient(w, query), "You adapt on the query set.", "The inner step reads `support`."
        ),
        Mistake(w - rate * step * rows, "You add the squared errors up. Asked is their mean."),
        Mistake(w - rate * step / 2, "You halve the squared error. The loss here has no factor 1/2."),
        Mistake(-rate * step, "You return the step alone. Add it to the weights."),
        Mistake(step, "You return the gradient of the inner loss, not the weights after a step."),
        Mistake(w, "The weights have not moved."),
    ]


def _meta_mistakes(w: Tensor, support: Data, query: Data, rate: float, first_order: bool) -> list[Mistake]:
    adapted = _adapted(w, support, rate)
    outer = _gradient(adapted, query)
    full = "The adapted weights depend on `w` too: `create_graph=True` keeps the inner gradient's graph."
    other = (
        "You keep the second-order term. `first_order` asks to leave it out."
        if first_order
        else "The second-order term is missing: you treat the inner step as a constant."
    )
    return [
        Mistake(_meta(w, support, query, rate, not first_order), other, full),
        Mistake(
            _gradient(w, query),
            "You take the gradient at `w`. The query loss is that of the adapted weights.",
        ),
        Mistake(_gradient(adapted, support), "Your outer loss reads the support set.", "It reads `query`."),
        Mistake(outer + rate * _curve(support, outer), "The second-order term has the wrong sign."),
        Mistake(outer - _curve(support, outer), "`rate` is missing in the second-order term."),
        Mistake(outer - rate * _curve(query, outer), "You take the curvature of the query loss."),
        Mistake(-rate * _curve(support, outer), "You return the second-order term alone."),
        Mistake(
            -_meta(w, support, query, rate, first_order),
            "The sign is the wrong way round.",
            "A gradient points up; the optimiser subtracts it.",
        ),
        Mistake(
            _meta(w, support, query, rate, first_order) * len(query[1]),
            "You add the squared errors of the query set up. Asked is their mean.",
        ),
        Mistake(
            w - rate * _meta(w, support, query, rate, first_order),
            "You make the outer step too. Asked is the gradient.",
        ),
    ]
