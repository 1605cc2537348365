"""Mechanical mutants: a source with one small fault each, as a tired person makes it.

Operators and comparisons change places, numbers are off by one, conditions turn round, guards, statements and
signs are dropped, arguments change places, `keepdim` and `detach` are forgotten. What notices none of them
tests little.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {  # functions and methods that are taken for each other
    "max": "min",
    "min": "max",
    "amax": "amin",
    "argmax": "argmin",
    "maximum": "minimum",
    "minimum": "maximum",
    "sum": "mean",
    "mean": "sum",
    "any": "all",
    "all": "any",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ones": "zeros",
    "ones_like": "zeros_like",
    "std": "var",
    "sqrt": "square",
    "square": "abs",
    "exp": "expm1",
    "log": "log1p",
}
EITHER_WAY = ("transpose", "swapaxes")  # two arguments in any order
FORGOTTEN = ("detach", "clone", "abs", "clamp", "square", "sqrt", "exp", "log", "item", "float", "strip")


@dataclass(frozen=True)
class Mutant:
    """A source with one fault: where it stands, and what it is."""

    line: int
    fault: str  # `a + b -> a - b`
    source: str
    function: str  # at the top level, or the class


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of the functions in `source`, of lambdas in a table of functions too; docstrings and
    annotations are left alone.
    """
    tree = ast.parse(source)
    parts = [ast.unparse(node) for node in tree.body]
    for number, top in enumerate(tree.body):
        seen = {parts[number]}
        for node in list(mutable(top)):
            put = into_place_of(top, node)
            for change in changes(node):
                before, after = ast.unparse(node), change(node)
                put(after or ast.Pass())
                text = ast.unparse(top)
                put(node)
                if text not in seen:
                    seen.add(text)
                    new = ast.unparse(after) if after is not None else "nothing"
                    fault = f"{first(before)} -> {first(new)}"
                    whole = "\n".join([*parts[:number], text, *parts[number + 1 :]])
                    yield Mutant(node.lineno, fault, whole, owner(tree, node.lineno))


def owner(tree: ast.Module, line: int) -> str:
    """The function, class or table at the top level that holds this line."""
    node = next(node for node in tree.body if node.lineno <= line <= (node.end_lineno or line))
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", node))


def first(code: str) -> str:
    """The first line of code, cut to a readable length."""
    line, _, rest = code.partition("\n")
    return line[:70] + ("…" if rest or len(line) > 70 else "")


def mutable(top: ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """The expressions and statements inside the functions of a top-level statement, outer ones first."""
    if isinstance(top, ast.FunctionDef | ast.ClassDef):
        yield from inside(top)
    elif isinstance(top, ast.Assign | ast.AnnAssign):
        for function in (below for below in ast.walk(top) if isinstance(below, ast.Lambda)):
            yield from inside(function.body)


def inside(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """This node and all below it that can change."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        for child in node.body:
            if not is_docstring(child):
                yield from inside(child)
        return
    if isinstance(node, ast.expr | ast.stmt):
        yield node
    for name, value in ast.iter_fields(node):
        if name != "annotation":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from inside(child)


def is_docstring(node: ast.AST) -> bool:
    """Whether a statement only says something."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def changes(node: ast.AST) -> Iterator:
    """Functions that return what may stand in the place of a node like this one; None drops it."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in OPERATORS:
        yield lambda n: setting(n, op=OPERATORS[type(n.op)]())
        if isinstance(node, ast.BinOp):
            yield lambda n: n.left
            yield lambda n: n.right
    if isinstance(node, ast.Compare):
        yield lambda n: setting(n, ops=[OPERATORS[type(n.ops[0])](), *n.ops[1:]])
    if isinstance(node, ast.UnaryOp):
        yield lambda n: n.operand
    if isinstance(node, ast.IfExp):
        yield lambda n: n.body
        yield lambda n: n.orelse
    if isinstance(node, ast.Constant):
        yield from constants(node.value)
    if isinstance(node, ast.Call):
        yield from calls(node)
    if isinstance(node, ast.If):
        yield lambda n: setting(n, test=ast.Constant(True))
        yield lambda n: setting(n, test=ast.Constant(False))
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Break | ast.Continue):
        yield lambda n: None


def constants(value: object) -> Iterator:
    """What may stand for a constant."""
    if isinstance(value, bool):
        yield lambda n: ast.Constant(not value)
    elif isinstance(value, int | float):
        yield lambda n: ast.Constant(value + 1)
        yield lambda n: ast.Constant(value - 1)
        if value not in (0, 1):
            yield lambda n: ast.Constant(value * 2)


def calls(node: ast.Call) -> Iterator:
    """What may stand for a call: its arguments in another order, without one, its receiver, its neighbour."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    places = [] if name in EITHER_WAY and len(node.args) == 2 else node.args[:2]
    if len(places) == 2 and not any(isinstance(a, ast.Starred) for a in places):
        yield lambda n: setting(n, args=[n.args[1], n.args[0], *n.args[2:]])
    for k in range(len(node.keywords)):
        yield lambda n, k=k: setting(n, keywords=n.keywords[:k] + n.keywords[k + 1 :])
    if name in NAMES:
        yield lambda n: setting(n, func=renamed(n.func, NAMES[name]))
    if isinstance(node.func, ast.Attribute) and name in FORGOTTEN:
        yield lambda n: n.func.value


def renamed(function: ast.expr, name: str) -> ast.expr:
    """The same function under another name."""
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name, function.ctx)
    return ast.Name(name, ast.Load())


def setting(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of the node with other fields."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def into_place_of(top: ast.AST, node: ast.AST) -> Callable[[ast.AST], None]:
    """A function that puts another node where this one stands below `top`."""
    for above in ast.walk(top):
        for name, value in ast.iter_fields(above):
            if value is node:
                return partial(setattr, above, name)
            if isinstance(value, list):
                for number, item in enumerate(value):
                    if item is node:
                        return partial(value.__setitem__, number)
    raise ValueError("The node does not stand below `top`.")
