"""A static graph: trace a function once into a list of instructions, run the list many
times.

The operations and derivatives are those of `autograd.py`; what differs is when the
graph is made. Here it is before the data comes, so it can be checked, sorted and
simplified once; in exchange, what the trace did not see does not exist.

Left out: everything else that compilers do with the list (fusing operations, planning
memory, code for a device), and control flow that survives the trace.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .autograd import Array, Node, Operation, topological_order, unbroadcast


@dataclass(frozen=True)
class Instruction:
    """Apply `operation` to the slots `sources`, write slot `target`."""

    operation: Operation
    sources: tuple[int, ...]
    target: int


@dataclass(frozen=True)
class StaticGraph:
    """A function as a list of instructions on numbered slots; its inputs come first."""

    instructions: tuple[Instruction, ...]
    slots: tuple[Array | None, ...]  # constants where they go, None elsewhere
    input_shapes: tuple[tuple[int, ...], ...]
    output: int  # the slot of the result


def define(function: Callable[..., Node], *examples: Any) -> StaticGraph:
    """Trace `function` on example inputs, once, and write down what it did.

    Shapes, the branch that an `if` took and the turns of a `for` stay those of the
    examples. What depends on no input is computed now, not in every run. Raises
    ValueError unless the function returns one number that depends on an input.
    """
    inputs = [Node(example) for example in examples]
    output = function(*inputs)
    order = topological_order(output) if isinstance(output, Node) else []
    moving = set(inputs)  # nodes that change from run to run
    for node in order:
        if not moving.isdisjoint(node.inputs):
            moving.add(node)
    if output not in moving or output.value.size != 1:
        raise ValueError(
            "A static graph needs one number that depends on an input: return a loss, "
            "(y * y).sum() for example, made of the function's own arguments."
        )
    nodes = list(dict.fromkeys(inputs + order))  # each once, the inputs first
    slot = {node: number for number, node in enumerate(nodes)}
    instructions = tuple(
        Instruction(node.operation, tuple(slot[x] for x in node.inputs), slot[node])
        for node in order
        if node.operation is not None and node in moving
    )
    slots = tuple(None if node in moving else node.value for node in nodes)
    shapes = tuple(node.value.shape for node in inputs)
    return StaticGraph(instructions, slots, shapes, slot[output])


def run(graph: StaticGraph, *inputs: Any) -> tuple[Array, list[Array]]:
    """The graph's value on these inputs, and its gradient with respect to each.

    Raises ValueError if the inputs do not have the shapes of the examples.
    """
    arrays = [np.asarray(x, dtype=np.float64) for x in inputs]
    shapes = tuple(a.shape for a in arrays)
    if shapes != graph.input_shapes:
        raise ValueError(
            f"This graph was defined for inputs of shapes {graph.input_shapes} and got "
            f"{shapes}: a static graph cannot change them; define it again."
        )
    # forward: down the list
    values: list[Any] = arrays + list(graph.slots[len(arrays) :])
    for step in graph.instructions:
        made = step.operation.forward(*(values[i] for i in step.sources))
        values[step.target] = np.asarray(made)
    # backward: up the list
    gradients: list[Any] = [np.zeros(shape) for shape in shapes]
    gradients += [0.0] * (len(values) - len(arrays))
    gradients[graph.output] = np.ones_like(values[graph.output])
    for step in reversed(graph.instructions):
        sources = [values[i] for i in step.sources]
        g, y = gradients[step.target], values[step.target]
        for i, part in zip(
            step.sources, step.operation.backward(g, y, *sources), strict=True
        ):
            gradients[i] = gradients[i] + unbroadcast(part, values[i].shape)
    return values[graph.output], gradients[: len(arrays)]


def define_and_run(
    function: Callable[..., Node], *examples: Any
) -> Callable[..., tuple[Array, list[Array]]]:
    """Define the graph of `function` on the examples, and return what runs it.

    `step = define_and_run(loss, x, w)`, then `value, (dx, dw) = step(x, w)`, as often
    as you like.
    """
    return partial(run, define(function, *examples))
