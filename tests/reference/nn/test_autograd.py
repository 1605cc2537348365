"""Our engine against torch.autograd on random graphs, in float64, and against finite differences.

A random graph is one Python function that runs on our nodes and on torch's tensors alike: it draws its
operations from a seeded generator and picks their inputs among all that was made so far.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from deepseek_book_utils.nn.autograd import Node, backward, topological_order, unbroadcast
from deepseek_book_utils.nn.static_graph import define, define_and_run, run

GRAPHS, BLOCK = 300, 25
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


@pytest.mark.parametrize("first", range(0, GRAPHS, BLOCK))
def test_gradients_of_random_graphs_equal_torch(first) -> None:
    for seed in range(first, first + BLOCK):
        function, arrays = random_graph(seed), leaves(seed)
        assert_same(ours(function, arrays), torchs(function, arrays), note=f"graph {seed}")


def test_the_random_graphs_reach_everything() -> None:
    """Each operation in many graphs, broadcasting, an operation on one node twice, deep sharing."""
    count, shared = Counter(), 0
    for seed in range(GRAPHS):
        output = random_graph(seed, count)(*(Node(a) for a in leaves(seed)))
        uses = Counter(source for node in topological_order(output) for source in node.inputs)
        shared += any(n >= 3 and node.operation is not None for node, n in uses.items())
    assert all(count[name] >= 100 for name in OPERATIONS), count
    assert count["broadcast"] >= 500 and count["itself"] >= 100 and shared >= 200, (count, shared)


def finite_differences(function: Callable, arrays: Arrays, h: float = 1e-5) -> Arrays:
    """(f(x + h) - f(x - h)) / 2h, one number at a time: no derivative of ours, none of torch's."""
    gradients = []
    for i, array in enumerate(arrays):
        gradient = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[i][place] += sign * h
                ends.append(float(function(*(Node(a) for a in moved)).value))
            gradient[place] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(gradient)
    return gradients


@pytest.mark.parametrize("seed", range(40))
def test_gradients_equal_finite_differences(seed) -> None:
    function, arrays = random_graph(seed), leaves(seed)
    value, gradients = ours(function, arrays)
    assert_same((value, gradients), (value, finite_differences(function, arrays)), rtol=1e-5, atol=1e-6)


def test_a_network_trained_by_the_engine_is_torchs() -> None:
    """Two layers, 60 steps of gradient descent on each side: the same weights at the end."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 3)), rng.normal(size=(32, 1))
    start = [rng.normal(size=shape) * 0.5 for shape in [(3, 16), (16,), (16, 1), (1,)]]

    def loss(x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return (((x @ w1 + b1).tanh() @ w2 + b2 - y) ** 2).sum() / 32

    nodes = [Node(a) for a in start]
    tensors = [torch.tensor(a, requires_grad=True) for a in start]
    for _ in range(60):
        backward(loss(x, y, *nodes))
        loss(torch.tensor(x), torch.tensor(y), *tensors).backward()
        with torch.no_grad():
            for node, tensor in zip(nodes, tensors, strict=True):
                node.value, node.gradient = node.value - 0.1 * node.gradient, None
                tensor -= 0.1 * tensor.grad
                tensor.grad = None
    for node, tensor, before in zip(nodes, tensors, start, strict=True):
        np.testing.assert_allclose(node.value, tensor.detach().numpy(), rtol=1e-10)
        assert np.abs(node.value - before).max() > 0.01


def test_gradients_of_several_losses_add_up_at_the_leaves() -> None:
    """And a second sweep over the same graph adds the same again, no more."""
    x = Node([1.0, 2.0])
    y = x * x
    backward(y.sum())
    backward((y * y).sum())  # d x^4 = 4 x^3
    assert x.gradient.tolist() == [2 + 4, 4 + 32]
    assert y.gradient is None  # only leaves keep theirs
    loss, z = (x * 3).sum(), x.gradient
    backward(loss)
    backward(loss)
    assert x.gradient.tolist() == [12, 42] and z.tolist() == [6, 36]  # what was read before did not change


def test_a_deep_graph_needs_no_deep_stack() -> None:
    x = y = Node(1.0)
    for _ in range(20_000):
        y = y * 1.0001
    backward(y)
    assert float(x.gradient) == pytest.approx(1.0001**20_000)


def test_numpy_leaves_the_operator_to_the_node() -> None:
    x, a = Node(np.ones((2, 2))), np.arange(4.0).reshape(2, 2)
    for left, right in ((a + x, x + a), (a * x, x * a), (a - x, -(x - a)), (a @ x, Node(a) @ x)):
        assert isinstance(left, Node) and left.value.shape == (2, 2)
        assert np.array_equal(left.value, right.value)
    assert np.array_equal((np.float64(2) / (x + 1)).value, np.ones((2, 2)))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((5, 1), 24.0), ((), 120.0), ((1, 1, 1), 120.0), ((2, 5, 3), 4.0), ((4, 1, 5, 3), 2.0)],
)
def test_unbroadcast_counts_the_copies(shape, expected) -> None:
    """The gradient of ones in (4, 2, 5, 3) back to each shape: how often a value was used."""
    counted = unbroadcast(np.ones((4, 2, 5, 3)), shape)
    assert counted.shape == shape and np.unique(counted).tolist() == [expected]


# --- the static graph ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, GRAPHS, BLOCK))
def test_static_equals_dynamic(first) -> None:
    """Defined on one set of numbers, run on others, twice; the same operations, so the same bits."""
    for seed in range(first, first + BLOCK):
        function, arrays = random_graph(seed), leaves(seed)
        step = define_and_run(function, *arrays)
        rng = np.random.default_rng(seed + 10_000)
        for _ in range(2):
            fresh = [rng.normal(size=a.shape) for a in arrays]
            assert_same(step(*fresh), ours(function, fresh), rtol=0, atol=0, note=f"graph {seed}")


def test_a_static_graph_knows_only_the_branch_it_saw() -> None:
    def bend(x: Node) -> Node:
        return (x * x).sum() if x.value.sum() > 0 else (x * 5).sum()

    static = define_and_run(bend, [1.0, 2.0])
    for x in ([1.0, 2.0], [-1.0, -2.0]):
        dynamic = ours(bend, [np.array(x)])
        assert (static(x)[0] == dynamic[0]) == (x[0] > 0)
    assert static([-1.0, -2.0])[1][0].tolist() == [-2, -4]  # still the first branch
    assert ours(bend, [np.array([-1.0, -2.0])])[1][0].tolist() == [5, 5]


def test_what_depends_on_no_input_is_computed_once() -> None:
    table = Node(np.arange(4.0))

    def loss(x: Node) -> Node:
        unused = x.exp()  # noqa: F841 - made, and not part of the result
        return (x * (table * 2).exp().sum() + 1).sum()

    graph = define(loss, np.ones(4))
    assert [step.operation.name for step in graph.instructions] == ["multiply", "add", "sum"]
    assert_same(run(graph, np.arange(4.0)), ours(loss, [np.arange(4.0)]))


def test_inputs_that_are_the_output_or_not_used() -> None:
    value, (dx, dy) = define_and_run(lambda x, y: x, 3.0, np.ones(2))(4.0, np.zeros(2))
    assert (value, dx) == (4.0, 1.0) and dy.tolist() == [0.0, 0.0]


def test_running_a_graph_does_not_trace_it_again() -> None:
    calls = []

    def loss(x: Node) -> Node:
        calls.append(x)
        return (x**2).sum()

    step = define_and_run(loss, np.ones(3))
    assert [float(step(np.full(3, k))[0]) for k in (1.0, 2.0, 3.0)] == [3.0, 12.0, 27.0]
    assert len(calls) == 1
