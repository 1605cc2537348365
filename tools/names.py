"""Which names does a piece of Python use from outside, and which does it bind?

Python's own compiler answers (`symtable`): a function body knows all its local names at once, a class body
is invisible to the functions in it, default arguments, decorators and annotations belong to the scope around.
The compiler does not keep the order of what it reads, so statements are asked one by one; and it does not say
that `x += 1`, `del x` and the `x = x` of a class body need an `x`.
"""

import ast
import builtins
import symtable
from dataclasses import dataclass, field

ALWAYS_BOUND = frozenset(dir(builtins)) | {"__name__", "__class__", "get_ipython", "display"}
BINDS_LAST = ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


@dataclass
class Names:
    """Names at the top level of a piece of source.

    `needs`: used while the source runs, so bound before it. `needs_later`: used in function bodies, so bound
    before the function is called. `binds`: bound by the source itself.
    """

    needs: set[str] = field(default_factory=set)
    needs_later: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)

    @property
    def uses(self) -> set[str]:
        """What must come from outside, builtins left out."""
        return (self.needs | self.needs_later - self.binds) - ALWAYS_BOUND


def names_of(source: str | list[ast.stmt]) -> Names:
    """Names that Python text, or a list of statements, uses and binds.

    Raises SyntaxError on text that is not Python.
    """
    names = Names()
    for statement in ast.parse(source).body if isinstance(source, str) else source:
        table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
        inside = Names()
        _read(table, False, inside)
        own = set() if isinstance(statement, BINDS_LAST) else inside.binds
        names.needs |= inside.needs - own - names.binds
        names.needs_later |= inside.needs_later
        names.binds |= inside.binds
    return names


def _read(table: symtable.SymbolTable, later: bool, names: Names) -> None:
    """Sorts what one scope and those inside it take from the module's scope; `later`: in a function body."""
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if (top or symbol.is_global()) and symbol.is_referenced():
            (names.needs_later if later else names.needs).add(symbol.get_name())
        if (top or symbol.is_declared_global()) and _is_bound(symbol):
            names.binds.add(symbol.get_name())
    for child in table.get_children():
        function = child.get_type() == "function" and child.get_name() not in COMPREHENSIONS
        _read(child, later or function, names)


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def first_line(tree: ast.AST, name: str) -> int:
    """The line on which `tree` first uses or binds `name`; 0 where it does neither."""
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    return min(lines, default=0)
