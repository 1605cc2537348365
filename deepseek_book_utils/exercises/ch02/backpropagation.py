"""Grader of the exercise to chapter 2 about one operation and its backward pass.

Forward and backward pass are judged each by itself. Then both serve in the book's engine, where a gradient
that was changed in place spoils another.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...nn.autograd import Node, Operation, apply, backward
from ..arrays import numeric
from ..checking import Mistake, Wrong, ask, compare
from ..parts import judge_parts

Array = NDArray[np.float64]
Answer = tuple[Callable[[Array], Array], Callable[[Array, Array, Array], tuple[Array]]]


def softmax_operation(answer: Answer, seed: int) -> None:
    """Grades `softmax(a)` and `softmax_backward(g, y, a)`."""
    forward, backwards = answer
    rng = np.random.default_rng(seed)
    judge_parts(
        {
            "`softmax`": lambda: _compare_forward(forward, rng),
            "`softmax_backward`": lambda: _compare_backward(backwards, rng),
            "both in the engine": lambda: _check_engine(forward, backwards, rng),
        },
        after={"both in the engine": "`softmax_backward`"},
    )


def _compare_forward(forward: Callable[..., Any], rng: np.random.Generator) -> None:
    for shape in ((6,), (4, 4), (2, 3, 5)):  # a square: what goes along a wrong axis raises no error there
        a = rng.normal(0.5, 1.0, shape)
        about = f" for an array of shape {shape}"
        y = _softmax(a)
        got = numeric(ask(forward, a))
        compare(got, torch.from_numpy(y), _forward_mistakes(a), f" in the forward pass{about}")
    _check_large(forward, rng)


def _compare_backward(backwards: Callable[..., Any], rng: np.random.Generator) -> None:
    for shape in ((6,), (4, 4), (2, 3, 5)):
        a, g = rng.normal(0.5, 1.0, shape), rng.normal(0.5, 1.0, shape)
        y = _softmax(a)
        got = _only_gradient(ask(backwards, g, y, a), shape)
        right = torch.from_numpy(y * (g - (g * y).sum(axis=-1, keepdims=True)))
        about = f" in the backward pass for an array of shape {shape}"
        compare(got, right, _backward_mistakes(g, y, a), about)


def _softmax(a: Array) -> Array:
    return np.asarray(torch.from_numpy(a).softmax(dim=-1))


def _forward_mistakes(a: Array) -> list[Mistake]:
    e = torch.from_numpy(a).exp()
    along = "Each row along the last axis sums to one by itself."
    return [
        Mistake(
            e / e.sum(), f"You divide by the sum of the whole array. {along}", "`axis=-1, keepdims=True`"
        ),
        Mistake(e / e.sum(dim=0, keepdim=True), f"You take the sum along the first axis. {along}"),
        Mistake(
            e / e.sum(dim=-1) if e.shape[0] == e.shape[-1] else e,
            "The sums of the rows are laid along the last axis: row i is divided by the sum of other rows.",
            "`keepdims=True` keeps a place for the axis that is summed.",
        ),
        Mistake(e, "You do not divide: the numbers of a row must sum to one."),
        Mistake(torch.from_numpy(a).log_softmax(dim=-1), "That is the logarithm of the softmax."),
    ]


def _check_large(forward: Callable[[Array], Array], rng: np.random.Generator) -> None:
    """Raise Wrong unless inputs of a thousand, and rows that are far apart, come out well."""
    a = rng.normal(size=(3, 4))
    got = numeric(ask(forward, a + 1000.0))
    if isinstance(got, Tensor) and not got.isfinite().all():
        hint = "Subtract the largest number of each row first. The softmax stays what it was."
        raise Wrong("Your forward pass overflows: e^1000 is too large for a floating-point number.", hint)
    compare(got, torch.from_numpy(_softmax(a)), [], " in the forward pass for inputs of about 1000")
    a += np.array([[1000.0], [0.0], [-1000.0]])
    got = numeric(ask(forward, a))
    if isinstance(got, Tensor) and not got.isfinite().all():
        hint = "`a.max(axis=-1, keepdims=True)` is the largest number of each row."
        raise Wrong("You subtract the largest number of the whole array: rows far below it become 0/0.", hint)
    compare(got, torch.from_numpy(_softmax(a)), [], " in the forward pass for rows that are far apart")
    a = rng.normal(size=(2, 4)) + np.array([[999.0, -999.0, 0.0, 998.0], [0.0, 1.0, -1000.0, -999.0]])
    got = numeric(ask(forward, a))
    if isinstance(got, Tensor) and not got.isfinite().all():
        hint = "Which number of the row makes every power at most one?"
        raise Wrong("Your forward pass overflows where one row holds both 1000 and -1000.", hint)
    compare(got, torch.from_numpy(_softmax(a)), [], " in the forward pass for a row that spreads far")


def _only_gradient(got: Any, shape: tuple[int, ...]) -> Any:
    """The one gradient in the tuple that a backward pass returns; raises Wrong for another form."""
    if isinstance(got, np.ndarray | Tensor) and got.shape == shape:
        hint = "`return (gradient,)`: the engine pairs gradients with inputs, and there is one input."
        raise Wrong(
            "You return an array. A backward pass returns a tuple, one gradient for each input.", hint
        )
    if not isinstance(got, tuple | list):
        return got  # None, say
    if len(got) != 1:
        raise Wrong(f"You return {len(got)} gradients. The operation has one input, a, and so one gradient.")
    return numeric(got[0])


def _backward_mistakes(g_array: Array, y_array: Array, a_array: Array) -> list[Mistake]:
    g, y, a = (torch.from_numpy(array) for array in (g_array, y_array, a_array))
    s = (g * y).sum(dim=-1, keepdim=True)
    square = y.ndim == 2 and y.shape[0] == y.shape[1]
    all_move = "An input moves every output of its row: when one share grows, the others shrink."
    own_row = "Each row along the last axis has a sum of its own."
    mistakes = [
        Mistake(
            g * y * (1 - y),
            f"You take the derivative of each output by its own input only. {all_move}",
            "Add up g_j dy_j/da_i over all j, with dy_j/da_i = -y_j y_i where i and j differ.",
        ),
        Mistake(g * y, f"That is the backward pass of exp. {all_move}", "The denominator depends on a too."),
        Mistake(
            y * (1 - y),
            "There is no `g` in your gradient. The loss depends on a through y, and g says how on y.",
            "It is a vector-Jacobian product: multiply by g, and sum over the outputs.",
        ),
        Mistake(y * (s - g), "Your gradient has the wrong sign.", "For i = j, dy_i/da_i = y_i (1 - y_i)."),
        Mistake(y * (g - (g * y).sum()), f"You sum g y over the whole array. {own_row}", "`axis=-1`"),
        Mistake(y * (g - (g * y).sum(dim=0, keepdim=True)), f"You sum along the first axis. {own_row}"),
        Mistake(
            y * (g - g.sum(dim=-1, keepdim=True)),
            "You subtract the sum of g. In the sum, each g_j is weighted with its y_j.",
        ),
        Mistake(
            y * (g - g.mean(dim=-1, keepdim=True)),
            "You subtract the plain mean of g. In the sum, each g_j is weighted with its y_j.",
        ),
        Mistake(g - s, "The factor y in front is missing.", "Both cases of dy_j/da_i hold a factor y_i."),
        Mistake(
            y - g,
            "y - g is the gradient of softmax and cross-entropy in one, where g would be the right class.",
            "Here g is the gradient of whatever loss comes after.",
        ),
        Mistake(
            a * (g - (g * a).sum(dim=-1, keepdim=True)),
            "You use the input a where the output y belongs.",
            "The order of the arguments is g, y, a.",
        ),
    ]
    if square:
        mistakes.append(
            Mistake(
                y * (g - s[:, 0]),
                "The sums of the rows are laid along the last axis: row i gets the sums of other rows.",
                "`keepdims=True` keeps a place for the axis that is summed.",
            )
        )
    return mistakes


def _check_engine(
    forward: Callable[[Array], Array],
    backwards: Callable[[Array, Array, Array], tuple[Array]],
    rng: np.random.Generator,
) -> None:
    """Raise Wrong unless the operation works in a graph with another branch."""
    operation = Operation("softmax", forward, backwards)
    x, beside, weights = (rng.normal(size=(3, 4)) for _ in range(3))
    y = _softmax(x)

    def sweep() -> tuple[Node, Node, Node]:
        leaf, neighbour = Node(x.copy()), Node(beside)
        output = apply(operation, leaf)
        backward(((output + neighbour) * weights).sum())
        return leaf, output, neighbour

    leaf, output, neighbour = ask(sweep)
    alone = "The operation is right by itself, but it spoils the graph around it:"
    new = "Compute a new array: `g - s`, not `g -= s`."
    if not np.allclose(leaf.value, x):
        raise Wrong(f"{alone} it changes its input `a` in place.", new)
    if not np.allclose(output.value, y):
        raise Wrong(f"{alone} the backward pass changes the output `y` in place.", new)
    if not np.allclose(neighbour.gradient, weights):
        raise Wrong(f"{alone} the backward pass changes `g` in place, and a neighbour still needs it.", new)
    right = y * (weights - (weights * y).sum(axis=-1, keepdims=True))
    compare(numeric(leaf.gradient), torch.from_numpy(right), [], " in the engine")
