"""Reverse-mode differentiation on numpy arrays, which know nothing of gradients: a
table of derivatives, a graph that remembers how each array was made, one sweep back.

The graph is dynamic: every operation is carried out and remembered at once, the graph
is new for each loss, and Python's `if` and `for` shape it. `static_graph.py` makes a
static one of the same parts.

An operation is a name, a function, and its vector-Jacobian product: from the gradient
g of the loss with respect to the output to those with respect to the inputs. Reverse
mode: Baydin et al. (arXiv 1502.05767), section 3.2.

Left out: derivatives of derivatives, operations in place, devices, matmul of vectors,
a way to tell constants from parameters, and to save the memory that the sweep reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


# --- operations and their derivatives ------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """`forward(*inputs)` gives the output y, `backward(g, y, *inputs)` a gradient per
    input, of the output's broadcast shape or the input's own.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]


ADD = Operation("add", lambda a, b: a + b, lambda g, y, a, b: (g, g))
MULTIPLY = Operation("multiply", lambda a, b: a * b, lambda g, y, a, b: (g * b, g * a))
MATMUL = Operation(  # (..., N, K), (..., K, M) -> (..., N, M)
    "matmul",
    lambda a, b: a @ b,
    lambda g, y, a, b: (g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g),
)
EXP = Operation("exp", np.exp, lambda g, y, a: (g * y,))
LOG = Operation("log", np.log, lambda g, y, a: (g / a,))
RELU = Operation("relu", lambda a: np.maximum(a, 0), lambda g, y, a: (g * (a > 0),))
TANH = Operation("tanh", np.tanh, lambda g, y, a: (g * (1 - y**2),))


def power(exponent: float) -> Operation:
    """a ** exponent, for an exponent that is a number."""

    def backward(g: Array, y: Array, a: Array) -> tuple[Array]:
        slope = exponent * a ** (exponent - 1) if exponent else np.zeros_like(a)
        return (g * slope,)

    return Operation(f"power {exponent}", lambda a: a**exponent, backward)


def sum_over(axis: int | tuple[int, ...] | None, keepdims: bool) -> Operation:
    """The sum over some axes, or over all of them (None)."""

    def backward(g: Array, y: Array, a: Array) -> tuple[Array]:
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)  # the summed axes again, of size 1
        return (np.broadcast_to(g, a.shape),)

    return Operation("sum", lambda a: a.sum(axis=axis, keepdims=keepdims), backward)


def reshape(shape: tuple[int, ...]) -> Operation:
    """The same numbers in another shape."""
    return Operation(
        "reshape", lambda a: a.reshape(shape), lambda g, y, a: (g.reshape(a.shape),)
    )


def index(key: Any) -> Operation:
    """a[key]; an element that is taken twice gets both gradients."""

    def backward(g: Array, y: Array, a: Array) -> tuple[Array]:
        gradient = np.zeros_like(a)
        np.add.at(gradient, key, g)
        return (gradient,)

    return Operation("index", lambda a: a[key], backward)


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an input of this shape was repeated.

    Broadcasting copies a value; a value that was used many times gets the sum of the
    gradients of all its uses.
    """
    if gradient.shape == shape:
        return gradient
    # (2, 5, 3) for an input (5, 1): axis 0 was added ...
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    # ... and axis 1, of size 1, was stretched: (5, 3) -> (5, 1)
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True)


def carry_out(operation: Operation, *inputs: Array) -> Array:
    """The operation's output; raises ValueError if the shapes do not fit."""
    shapes = " and ".join(str(a.shape) for a in inputs)
    if operation is MATMUL and min(a.ndim for a in inputs) < 2:
        raise ValueError(
            f"matmul of {shapes}: it takes matrices; reshape a vector to (1, K) or "
            "(K, 1)."
        )
    try:
        return np.asarray(operation.forward(*inputs))
    except (ValueError, IndexError) as error:
        raise ValueError(
            f"{operation.name} of {shapes}: {error}. Print the shapes before this "
            "line, and reshape what does not fit."
        ) from error


# --- the graph -----------------------------------------------------------------------


class Node:
    """An array, the operation that made it, and what that was applied to.

    Without an operation it is a leaf: a parameter, data, a constant. `backward` adds to
    the `gradient` of leaves; set it to None before the next step.
    """

    __array_ufunc__ = None  # numpy leaves `array + node` to the node

    def __init__(
        self,
        value: Any,
        operation: Operation | None = None,
        inputs: tuple["Node", ...] = (),
    ) -> None:
        self.value: Array = np.asarray(value, dtype=np.float64)
        self.operation, self.inputs = operation, inputs
        self.gradient: Array | None = None

    def __add__(self, other: Any) -> "Node":
        return apply(ADD, self, other)

    def __mul__(self, other: Any) -> "Node":
        return apply(MULTIPLY, self, other)

    def __matmul__(self, other: Any) -> "Node":
        return apply(MATMUL, self, other)

    def __rmatmul__(self, other: Any) -> "Node":
        return apply(MATMUL, other, self)

    def __pow__(self, exponent: float) -> "Node":
        if not isinstance(exponent, int | float):
            raise TypeError(
                "The exponent must be a number: write (b * a.log()).exp() for a ** b."
            )
        return apply(power(exponent), self)

    def __getitem__(self, key: Any) -> "Node":
        return apply(index(key), self)

    # a - b = a + (-1) b and a / b = a b^(-1): no derivatives of their own
    def __neg__(self) -> "Node":
        return self * -1.0

    def __sub__(self, other: Any) -> "Node":
        return self + -other

    def __rsub__(self, other: Any) -> "Node":
        return -self + other

    def __truediv__(self, other: Any) -> "Node":
        return self * other**-1.0

    def __rtruediv__(self, other: Any) -> "Node":
        return self**-1.0 * other

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> "Node":
        return apply(EXP, self)

    def log(self) -> "Node":
        return apply(LOG, self)

    def relu(self) -> "Node":
        return apply(RELU, self)

    def tanh(self) -> "Node":
        return apply(TANH, self)

    def sum(
        self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
    ) -> "Node":
        return apply(sum_over(axis, keepdims), self)

    def reshape(self, *shape: int) -> "Node":
        return apply(reshape(shape), self)


def apply(operation: Operation, *inputs: Any) -> Node:
    """Carry the operation out and remember it; what is no node becomes a leaf."""
    nodes = tuple(x if isinstance(x, Node) else Node(x) for x in inputs)
    value = carry_out(operation, *(node.value for node in nodes))
    return Node(value, operation, nodes)


def topological_order(output: Node) -> list[Node]:
    """All nodes that `output` was made of, each after its inputs, `output` last."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(output, False)]  # a stack, not recursion: graphs are deeper than Python's
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((source, False) for source in node.inputs)
    return order


def backward(output: Node) -> None:
    """Add d output / d leaf to the gradient of every leaf that `output` was made of.

    Raises ValueError unless `output` is a single number.
    """
    if output.value.size != 1:
        raise ValueError(
            f"backward starts from one number, not from shape {output.value.shape}: "
            "sum or average first, loss.sum()."
        )
    gradients = {output: np.ones_like(output.value)}
    for node in reversed(topological_order(output)):
        g = gradients.pop(node)  # complete: all uses of a node come before it here
        if node.operation is None:
            node.gradient = np.asarray(
                g + (0.0 if node.gradient is None else node.gradient)
            )
            continue
        values = [source.value for source in node.inputs]
        parts = node.operation.backward(g, node.value, *values)
        for source, part in zip(node.inputs, parts, strict=True):
            part = unbroadcast(part, source.value.shape)
            # dL/dx = sum over the uses y of x of dL/dy dy/dx
            gradients[source] = (
                gradients[source] + part if source in gradients else part
            )
