"""Random graphs of operations, run by the engine and by torch."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from deepseek_book_utils.nn.autograd import Node, backward

SHAPES = [(), (1,), (4,), (3, 1), (1, 4), (3, 4), (2, 1, 4), (2, 3, 1), (2, 3, 4), (4, 4), (1, 1, 1)]


Arrays = list[np.ndarray]


def leaves(seed: int) -> Arrays:
    """Three to six arrays whose shapes broadcast in many ways."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=SHAPES[rng.integers(len(SHAPES))]) for _ in range(rng.integers(3, 7))]


def fits(a: Any, b: Any, matmul: bool = False) -> bool:
    """Whether two shapes broadcast, and stay small."""
    one, two = tuple(a.shape), tuple(b.shape)
    if matmul:
        if len(one) < 2 or len(two) < 2 or one[-1] != two[-2]:
            return False
        one, two = one[:-2], two[:-2]
    try:
        return len(np.broadcast_shapes(one, two)) <= 3
    except ValueError:
        return False


def random_graph(seed: int, count: Counter | None = None) -> Callable[..., Any]:
    """A function of arrays, nodes or tensors; every value made on the way weighs in its result.

    The tanh keeps values small and the arguments of log and of odd powers positive.
    """
    used = Counter() if count is None else count

    def function(*inputs: Any) -> Any:
        rng, pool = random.Random(seed), [Shaped(x) for x in inputs]
        for _ in range(rng.randint(8, 25)):
            name = rng.choice(BINARY + UNARY)
            a = rng.choice(pool)
            if name in BINARY:
                partners = [b for b in pool if fits(a, b, name == "matmul")]
                if not partners:
                    continue
                b = rng.choice(partners)
                used["broadcast"] += a.shape != b.shape
                used["itself"] += a is b
                pool.append(Shaped(OPERATIONS[name](a.x, b.x)))
            else:
                pool.append(Shaped(OPERATIONS[name](a.x, rng)))
            used[name] += 1
        total = 0.0
        for made in pool:
            total = made.x.tanh().sum() * rng.uniform(-1, 1) + total
        return total

    return function


class Shaped:
    """A node or a tensor with its shape; the pool of the graph."""

    def __init__(self, x: Any) -> None:
        self.x, self.shape = x, tuple(x.value.shape if isinstance(x, Node) else x.shape)


def shape_of(x: Any) -> tuple[int, ...]:
    return Shaped(x).shape


def some_axes(x: Any, rng: random.Random) -> Any:
    n = len(shape_of(x))
    axes = tuple(sorted(rng.sample(range(-n, 0), rng.randint(1, n)))) if n else None
    keep = rng.random() < 0.5
    if isinstance(x, Node):
        return x.sum(axes[0] if axes and len(axes) == 1 else axes, keepdims=keep)
    return x.sum(axes, keepdim=keep) if axes else x.sum()


def some_shape(x: Any, rng: random.Random) -> Any:
    shape = shape_of(x)
    size = int(np.prod(shape))
    return x.reshape(*rng.choice([(size,), (1, size), (size, 1), shape[::-1] or (1,), (-1,)]))


def some_elements(x: Any, rng: random.Random) -> Any:
    """A slice, one index, or a list of indices with repetitions, along the first axis."""
    if not shape_of(x):
        return x * 1.0
    n = shape_of(x)[0]
    picked = [rng.randrange(n) for _ in range(rng.randint(1, 4))]
    return x[rng.choice([slice(None, None, 2), rng.randrange(-n, n), picked, (..., slice(0, 1))])]


def ours(function: Callable, arrays: Arrays) -> tuple[np.ndarray, Arrays]:
    nodes = [Node(a) for a in arrays]
    loss = function(*nodes)
    backward(loss)
    return loss.value, [node.gradient for node in nodes]


def torchs(function: Callable, arrays: Arrays) -> tuple[np.ndarray, Arrays]:
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    loss = function(*tensors)
    loss.backward()
    return loss.detach().numpy(), [t.grad.numpy() for t in tensors]


def assert_same(one: tuple, two: tuple, rtol: float = 1e-9, atol: float = 1e-10, note: str = "") -> None:
    np.testing.assert_allclose(one[0], two[0], rtol=rtol, atol=atol, err_msg=note)
    for a, b in zip(one[1], two[1], strict=True):
        assert a.shape == b.shape, note
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=note)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 0.5),
    "matmul": lambda a, b: (a @ b).tanh(),
    "power": lambda a, rng: (a.tanh() + 1.5) ** rng.choice([-2, -1, 0, 0.5, 1, 2, 3, 1.7]),
    "square": lambda a, rng: a.tanh() ** 2,
    "exp": lambda a, rng: a.tanh().exp(),
    "log": lambda a, rng: (a * a + 0.3).log(),
    "relu": lambda a, rng: a.relu(),
    "tanh": lambda a, rng: a.tanh(),
    "negative": lambda a, rng: -a,
    "constant": lambda a, rng: 2 - 0.5 / (1.5 + a * a) + a / 3,
    "sum": some_axes,
    "reshape": some_shape,
    "index": some_elements,
}
BINARY = ["add", "subtract", "multiply", "divide", "matmul", "matmul"]
UNARY = [name for name in OPERATIONS if name not in BINARY]
