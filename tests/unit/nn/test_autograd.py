"""What the engine refuses, and what it says."""

import numpy as np
import pytest

from deepseek_book_utils.nn.autograd import Node, Operation, apply, backward
from deepseek_book_utils.nn.static_graph import define, define_and_run


@pytest.mark.parametrize("shape", [(2,), (1, 3), (0,)])
def test_backward_starts_from_one_number(shape) -> None:
    with pytest.raises(ValueError, match=r"one number, not from shape .*sum or average first, loss.sum\(\)"):
        backward(Node(np.ones(shape)) * 2)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_number_has_many_shapes(shape) -> None:
    x = Node(np.full(shape, 3.0))
    backward(x * x)
    assert x.gradient.shape == shape and x.gradient.item() == 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: x + np.ones(5), r"add of \(2, 3\) and \(5,\): .*reshape what does not fit"),
        (lambda x: x * np.ones((3, 2)), r"multiply of \(2, 3\) and \(3, 2\): "),
        (lambda x: x @ np.ones((2, 3)), r"matmul of \(2, 3\) and \(2, 3\): "),
        (lambda x: x @ np.ones(3), r"matmul of \(2, 3\) and \(3,\): it takes matrices; reshape a vector"),
        (lambda x: np.ones(2) @ x, r"matmul of \(2,\) and \(2, 3\): it takes matrices; reshape a vector"),
        (lambda x: x.reshape(4), r"reshape of \(2, 3\): "),
        (lambda x: x.sum(axis=2), r"sum of \(2, 3\): axis 2 is out of bounds"),
        (lambda x: x[2], r"index of \(2, 3\): index 2 is out of bounds"),
    ],
)
def test_shapes_that_do_not_fit(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make(Node(np.ones((2, 3))))


@pytest.mark.parametrize("value", [3, [1, 2], np.float32(0.1)])
def test_all_numbers_are_counted_in_64_bits(value) -> None:
    assert Node(value).value.dtype == np.float64


def test_an_operation_owes_every_input_a_gradient() -> None:
    forgetful = Operation("add", lambda a, b: a + b, lambda g, y, a, b: (g,))
    with pytest.raises(ValueError, match="shorter"):
        backward(apply(forgetful, 1.0, 2.0))


def test_an_exponent_is_a_number() -> None:
    with pytest.raises(TypeError, match=r"write \(b \* a.log\(\)\).exp\(\)"):
        Node(2.0) ** Node(3.0)


def test_a_static_graph_keeps_its_shapes() -> None:
    step = define_and_run(lambda x: (x * x).sum(), np.ones((2, 3)))
    for inputs in ([np.ones((3, 2))], [np.ones((2, 3))] * 2, []):
        with pytest.raises(ValueError, match="cannot change them; define it again"):
            step(*inputs)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 2,  # not one number
        lambda x: Node(1.0) * 2,  # depends on no input
        lambda x: 3.0,  # not a node
        lambda x: None,  # forgot to return
    ],
)
def test_a_static_graph_needs_a_loss(function) -> None:
    with pytest.raises(ValueError, match="one number that depends on an input: return a loss"):
        define(function, np.ones(2))
