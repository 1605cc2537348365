"""Our engine against torch.autograd on random graphs, in float64, and against finite differences.

A random graph is one Python function that runs on our nodes and on torch's tensors alike: it draws its
operations from a seeded generator and picks their inputs among all that was made so far.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from deepseek_book_utils.nn.autograd import Node, backward, topological_order, unbroadcast
from tests.reference.nn.graphs import OPERATIONS, Arrays, assert_same, leaves, ours, random_graph, torchs

GRAPHS, BLOCK = 300, 25


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
