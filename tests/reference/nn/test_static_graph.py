"""The static graph equals the dynamic one where it should, and shows its limits where it cannot."""

import numpy as np
import pytest

from deepseek_book_utils.nn.autograd import Node
from deepseek_book_utils.nn.static_graph import define, define_and_run, run
from tests.reference.nn.graphs import assert_same, leaves, ours, random_graph

GRAPHS, BLOCK = 300, 25


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
