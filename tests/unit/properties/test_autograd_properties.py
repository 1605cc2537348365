"""What holds for every operation of the engine, whatever the shapes and the numbers."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from deepseek_book_utils.nn.autograd import (
    Node,
    backward,
    index,
    power,
    reshape,
    sum_over,
    topological_order,
    unbroadcast,
)

few = settings(max_examples=25)
SHAPES = arrays_of.array_shapes(min_dims=0, max_dims=3, max_side=3)
PAIRS = arrays_of.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=3, max_side=3)
MATRICES = arrays_of.mutually_broadcastable_shapes(
    signature="(n,k),(k,m)->(n,m)", min_dims=0, max_dims=2, max_side=3
)
NUMBERS = st.integers(-8, 8).map(lambda x: x / 4)  # sums and products of these are exact


def array(shape, values=NUMBERS):
    return arrays_of.arrays(np.float64, shape, elements=values)


def pulled_back(operation, g, *inputs):
    """The gradients of <g, operation(inputs)> by the engine."""
    nodes = [Node(a) for a in inputs]
    backward((operation(*nodes) * g).sum())
    return [node.gradient for node in nodes]


def torchs(operation, g, *inputs):
    tensors = [torch.tensor(a, requires_grad=True) for a in inputs]
    (operation(*tensors) * torch.tensor(g)).sum().backward()
    return [tensor.grad.numpy() for tensor in tensors]


BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b + 3.0),
}


@few
@given(st.sampled_from(sorted(BINARY)), PAIRS, st.data())
def test_a_gradient_has_the_shape_of_its_leaf_and_torchs_numbers(name, shapes, data) -> None:
    one, two = (data.draw(array(shape)) for shape in shapes.input_shapes)
    g = data.draw(array(shapes.result_shape))
    for ours, theirs in zip(
        pulled_back(BINARY[name], g, one, two), torchs(BINARY[name], g, one, two), strict=True
    ):
        assert ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@few
@given(MATRICES, st.data())
def test_matmul_in_any_stack(shapes, data) -> None:
    one, two = (data.draw(array(shape)) for shape in shapes.input_shapes)
    g = data.draw(array(shapes.result_shape))
    for ours, theirs in zip(
        pulled_back(lambda a, b: a @ b, g, one, two), torchs(lambda a, b: a @ b, g, one, two), strict=True
    ):
        assert ours.shape == theirs.shape and np.array_equal(ours, theirs)


@few
@given(PAIRS, st.data())
def test_unbroadcast_is_the_adjoint_of_broadcasting(shapes, data) -> None:
    """<broadcast(x), g> = <x, unbroadcast(g)>."""
    shape = shapes.input_shapes[0]
    x, g = data.draw(array(shape)), data.draw(array(shapes.result_shape))
    back = unbroadcast(g, shape)
    assert back.shape == shape and (np.broadcast_to(x, g.shape) * g).sum() == (x * back).sum()


@st.composite
def rearranging(draw):
    """An operation that only copies and adds, with an array that it takes."""
    shape = draw(SHAPES)
    axes = st.none() | arrays_of.valid_tuple_axes(len(shape), min_size=1) if shape else st.none()
    ways = [st.builds(sum_over, axes, st.booleans())]
    ways += [st.permutations([*shape, 1]).map(lambda sizes: reshape(tuple(sizes)))]
    ways += [arrays_of.basic_indices(shape).map(index)]
    if shape:
        ways += [st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=5).map(index)]
    return draw(st.one_of(ways)), draw(array(shape))


@settings(max_examples=60)
@given(rearranging(), st.data())
def test_what_copies_and_adds_pulls_back_by_its_adjoint(case, data) -> None:
    """<f(a), g> = <a, backward(g)>, in the shape of `a`: sums, shapes, indices that repeat."""
    operation, a = case
    y = np.asarray(operation.forward(a))
    g = data.draw(array(y.shape))
    (back,) = operation.backward(g, y, a)
    assert back.shape == a.shape and (y * g).sum() == (a * back).sum()


ELEMENTWISE = {"exp": torch.exp, "log": torch.log, "relu": torch.relu, "tanh": torch.tanh}
EXTREME = st.sampled_from([0.0, -0.0, 1e-300, 5.0, -5.0, 300.0, -300.0, 1e150, -1e150])


@few
@given(st.sampled_from(sorted(ELEMENTWISE)), array((3,), NUMBERS | EXTREME))
def test_at_large_tiny_and_no_numbers_it_says_what_torch_says(name, a) -> None:
    """Finite where torch is finite; what has no number has none here either."""
    with np.errstate(all="ignore"):
        node = Node(a)
        made = getattr(node, name)()
        backward(made.sum())
    tensor = torch.tensor(a, requires_grad=True)
    theirs = ELEMENTWISE[name](tensor)
    theirs.sum().backward()
    assert np.allclose(made.value, theirs.detach().numpy(), rtol=1e-12, atol=0, equal_nan=True)
    assert np.allclose(node.gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-300, equal_nan=True)


@few
@given(st.sampled_from([0, 1, 2, 3, -1, 0.5]), array((3,), NUMBERS))
def test_powers_are_torchs_at_zero_too(exponent, a) -> None:
    if exponent == -1:
        a = a + 3.0
    elif exponent == 0.5:
        a = np.abs(a) + 0.25
    (ours,) = power(exponent).backward(np.ones(3), a**exponent, a)
    tensor = torch.tensor(a, requires_grad=True)
    (tensor**exponent).sum().backward()
    assert np.allclose(ours, tensor.grad.numpy(), rtol=1e-12)


@given(st.sampled_from([*sorted(ELEMENTWISE), "square", "sum", "minus"]))
def test_nan_stays_nan(name) -> None:
    x = Node([math.nan, 1.0])
    made = {"square": lambda: x**2, "minus": lambda: 1 - x}.get(name) or getattr(x, name)
    assert np.isnan(np.atleast_1d(made().value)[0])


@few
@given(array((2, 3)), array((3,)), st.integers(1, 3))
def test_sweeps_add_up_and_only_leaves_keep_a_gradient(a, b, sweeps) -> None:
    x, y, unused = Node(a), Node(b), Node(b)
    middle = x * y
    loss = (middle * middle).sum()
    for _ in range(sweeps):
        backward(loss)
    assert np.array_equal(x.gradient, sweeps * 2 * a * b**2)
    assert np.array_equal(y.gradient, sweeps * (2 * a**2 * b).sum(axis=0))
    assert middle.gradient is None and loss.gradient is None and unused.gradient is None
    order = topological_order(loss)
    places = {node: place for place, node in enumerate(order)}
    assert len(places) == len(order) and order[-1] is loss
    assert all(places[source] < places[node] for node in order for source in node.inputs)


@settings(max_examples=60)
@given(SHAPES, SHAPES, st.sampled_from(["add", "multiply", "matmul"]))
def test_shapes_either_fit_as_numpys_do_or_are_named(one, two, name) -> None:
    a, b = np.ones(one), np.ones(two)
    numpys = {"add": np.add, "multiply": np.multiply, "matmul": np.matmul}[name]
    ours = {"add": Node.__add__, "multiply": Node.__mul__, "matmul": Node.__matmul__}[name]
    try:
        expected = numpys(a, b)
        fits = name != "matmul" or min(a.ndim, b.ndim) >= 2
    except ValueError:
        fits = False
    if fits:
        assert ours(Node(a), b).value.shape == expected.shape
    else:
        with pytest.raises(ValueError, match=f"{name} of "):
            ours(Node(a), b)
