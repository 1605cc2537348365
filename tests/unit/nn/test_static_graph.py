"""What a static graph keeps of its examples, in which numbers it computes, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from deepseek_book_utils.nn.autograd import Node
from deepseek_book_utils.nn.static_graph import define, define_and_run, run


def product(x: Node, y: Node) -> Node:
    return (x * y).sum()


def test_only_constants_stay_in_the_graph() -> None:
    table = Node(np.arange(3.0))
    graph = define(lambda x: (x * table).sum(), np.ones(3))
    kept = [slot for slot in graph.slots if slot is not None]
    assert len(kept) == 1 and kept[0].tolist() == [0.0, 1.0, 2.0]


def test_whole_numbers_are_computed_as_doubles() -> None:
    value, (slope, _) = define_and_run(product, [1.0], [1.0])([2**40], [2**40])
    assert value == 2.0**80 and slope.dtype == np.float64


def test_an_operation_without_a_gradient_for_each_source_is_refused() -> None:
    graph = define(product, [1.0], [1.0])
    forgets = replace(graph.instructions[0].operation, backward=lambda g, y, *sources: (g,))
    broken = replace(
        graph, instructions=(replace(graph.instructions[0], operation=forgets), *graph.instructions[1:])
    )
    with pytest.raises(ValueError, match="zip"):
        run(broken, [1.0], [1.0])
