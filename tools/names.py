"""Which names does a piece of Python use from outside, and which does it bind?

Python's own scoping, read with `ast`: a function body knows all its local names at once, a class body runs
line by line and is invisible to the functions in it, comprehensions and lambdas have their own scope, default
arguments, decorators and annotations belong to the scope around. Python does not evaluate an annotation in
quotes, so it counts for nothing here.
"""

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ALWAYS_BOUND = frozenset(dir(builtins)) | {"__name__", "__class__", "get_ipython", "display"}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass
class Names:
    """Names at the top level of a piece of source, each with the line of its first appearance.

    `needs`: used while the source runs, so bound before it. `needs_later`: used in function bodies, so bound
    before the function is called. `binds`: bound by the source itself.
    """

    needs: dict[str, int] = field(default_factory=dict)
    needs_later: dict[str, int] = field(default_factory=dict)
    binds: dict[str, int] = field(default_factory=dict)

    @property
    def uses(self) -> dict[str, int]:
        """What must come from outside, builtins left out."""
        later = {name: line for name, line in self.needs_later.items() if name not in self.binds}
        both = {**later, **self.needs}
        return {name: line for name, line in both.items() if name not in ALWAYS_BOUND}


def names_of(source: str | list[ast.stmt]) -> Names:
    """Names that Python text, or a list of statements, uses and binds.

    Raises SyntaxError on text that is not Python.
    """
    reader = _Reader()
    reader.run(ast.parse(source).body if isinstance(source, str) else source)
    return reader.names


@dataclass
class _Scope:
    """One scope inside the module; `line_by_line` (a class): a name is known only after it was bound."""

    binds: set[str] = field(default_factory=set)
    module_names: set[str] = field(default_factory=set)  # declared `global`
    line_by_line: bool = False
    comprehension: bool = False


class _Reader(ast.NodeVisitor):
    """Visits statements in the order in which Python evaluates them."""

    def __init__(self) -> None:
        self.names = Names()
        self.scopes: list[_Scope] = []
        self.called_later = 0  # > 0 inside a function body

    def run(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def use(self, name: str, line: int) -> None:
        for depth, scope in enumerate(reversed(self.scopes)):
            if name in scope.module_names:
                break
            hidden = scope.line_by_line and depth > 0  # a class is invisible to the scopes inside it
            if name in scope.binds and not hidden:
                return
        if self.called_later:
            self.names.needs_later.setdefault(name, line)
        elif name not in self.names.binds:
            self.names.needs.setdefault(name, line)

    def bind(self, name: str, line: int) -> None:
        scope = next((scope for scope in reversed(self.scopes) if not scope.comprehension), None)
        if scope is None or name in scope.module_names:
            self.names.binds.setdefault(name, line)
        elif scope.line_by_line:
            scope.binds.add(name)

    # scopes

    def visit_function(self, node: Function) -> None:
        arguments = _arguments(node.args)
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        if isinstance(node, ast.Lambda):
            self.run(defaults)
            body: list[ast.AST] = [node.body]
        else:
            self.run([*node.decorator_list, *defaults, *(a.annotation for a in arguments), node.returns])
            self.bind(node.name, node.lineno)
            body = [*node.body]
        scope = _function_scope(body)
        scope.binds |= {argument.arg for argument in arguments}
        self.scopes.append(scope)
        self.called_later += 1
        self.run(body)
        self.called_later -= 1
        self.scopes.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run([*node.decorator_list, *node.bases, *node.keywords])
        self.scopes.append(_Scope(line_by_line=True))
        self.run(node.body)
        self.scopes.pop()
        self.bind(node.name, node.lineno)

    def visit_comprehension_expression(self, node: Comprehension) -> None:
        self.visit(node.generators[0].iter)  # evaluated in the scope around
        targets = {name for generator in node.generators for name in _stored(generator.target)}
        self.scopes.append(_Scope(binds=targets, comprehension=True))
        for i, generator in enumerate(node.generators):
            self.run([generator.iter] if i else [])
            self.run(generator.ifs)
        self.run([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_expression

    # statements whose parts are evaluated in another order than they are stored

    def visit_Assign(self, node: ast.Assign) -> None:
        self.run([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.use(node.target.id, node.lineno)
        self.run([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.run([node.annotation, node.value])
        if node.value is not None or not isinstance(node.target, ast.Name):  # `x: int` alone binds nothing
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.run([node.value, node.target])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.run([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For

    # names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bind(node.id, node.lineno)
        else:
            self.use(node.id, node.lineno)

    def visit_binding(self, node: ast.Import | ast.ImportFrom | ast.ExceptHandler | ast.pattern) -> None:
        for name in stored_here(node):
            self.bind(name, node.lineno)
        self.generic_visit(node)

    visit_Import = visit_ImportFrom = visit_ExceptHandler = visit_binding
    visit_MatchAs = visit_MatchStar = visit_MatchMapping = visit_binding


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred]


def _function_scope(body: list[ast.AST]) -> _Scope:
    """The local names of a function: all that it binds anywhere, less those declared `global`."""
    nodes = [part for node in body for part in same_scope(node)]
    module_names = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    return _Scope({name for node in nodes for name in stored_here(node)}, module_names)


def same_scope(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and its descendants, but not what lies in a function, class or comprehension of its own."""
    yield node
    if isinstance(node, Comprehension):  # only a walrus binds outside of it
        yield from (part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
    elif not isinstance(node, Function | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from same_scope(child)


def stored_here(node: ast.AST) -> list[str]:
    """Names that this node itself (not its children) binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.split(".")[0] for alias in aliases]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
    return []


def _stored(target: ast.expr) -> set[str]:
    """Names bound by the target of a loop or a comprehension."""
    return {
        node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
