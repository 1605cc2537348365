"""The package's source, read and never imported: what each module defines, shows and uses.

A symbol is written with its home: `deepseek_book_utils.reasoning.grpo.grpo_loss`. `resolve` follows imports
inside the package (also through an `__init__`) to that home.
"""

import ast
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tools.names import names_of

Showable = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
Import = ast.Import | ast.ImportFrom


class SyncError(ValueError):
    """Something that a person must mend; the message says what and how."""


@dataclass(frozen=True)
class Module:
    """One source file. `name` is dotted; `is_package` is true for an `__init__.py`."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source. Raises SyncError if it is not Python."""
        try:
            return ast.parse(self.text)
        except SyntaxError as error:
            raise SyncError(f"{self.name} is not Python: {error}. Fix: mend the module.") from error

    @cached_property
    def imports(self) -> dict[str, str]:
        """Local name -> dotted target of every import outside of functions and classes."""
        return dict(imported(outside_definitions(self.tree.body), self.name, self.is_package))

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """Name -> the top-level statements that bind it, imports left out."""
        return definitions(self.tree.body)

    def statement(self, name: str) -> Showable:
        """The one statement that defines `name`; SyncError if there is none, several, or a hidden one."""
        statements = self.definitions.get(name, [])
        if not statements:
            known = ", ".join(sorted(self.definitions)) or "nothing"
            raise SyncError(
                f"{self.name} defines no `{name}` (it defines {known}). Fix: correct the `# sync:` line."
            )
        if len(statements) > 1:
            lines = ", ".join(str(statement.lineno) for statement in statements)
            raise SyncError(f"{self.name} binds `{name}` more than once (lines {lines}). Fix: bind it once.")
        [statement] = statements
        if not isinstance(statement, Showable):
            raise SyncError(
                f"{self.name} binds `{name}` inside another statement (line {statement.lineno}). "
                "Fix: define it at the top level of the module, where it can be shown."
            )
        return statement


def definitions(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Name -> the statements of `body` (a module's, a class's) that bind it, imports left out."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in body:
        imports = {local for local, _ in imported(outside_definitions([statement]))}
        for name in names_of([statement]).binds - imports:
            found.setdefault(name, []).append(statement)
    return found


def definition_line(path: Path, names: list[str]) -> int:
    """The line on which `names` (a name, or a class and a name in it) is defined in `path`; 0 for no names.

    Raises LookupError where the file or the definition does not exist.
    """
    if not path.is_file():
        raise LookupError(f"there is no file {path}")
    body, line = ast.parse(path.read_text(encoding="utf8")).body, 0
    for name in names:
        statements = definitions(body).get(name)
        if not statements:
            raise LookupError(f"{path} does not define {name}")
        body, line = getattr(statements[0], "body", []), statements[0].lineno
    return line


def outside_definitions(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node of these statements that does not stand in a function or in a class."""
    for statement in body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement
            inside = [part for part in ast.iter_child_nodes(statement) if isinstance(part, ast.stmt)]
            yield from outside_definitions(inside)


def imported(
    nodes: Iterable[ast.AST], module: str = "", is_package: bool = False
) -> Iterator[tuple[str, str]]:
    """(local name, dotted target) of each import among `nodes`; relative imports count from `module`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (first, first)
        elif isinstance(node, ast.ImportFrom):
            above = (
                module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            )
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield alias.asname or alias.name, f"{base}.{alias.name}"


def dotted_uses(node: ast.AST, targets: dict[str, str]) -> Iterator[str]:
    """Dotted targets that `node` uses: `np.linalg.norm`, {"np": "numpy"} -> `numpy.linalg.norm`, `numpy`."""
    for part in ast.walk(node):
        attributes: list[str] = []
        while isinstance(part, ast.Attribute):
            attributes.insert(0, part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id in targets:
            yield ".".join([targets[part.id], *attributes])


class _Unannotated(ast.NodeTransformer):
    """Drops the annotations of arguments, results and variables."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def without_annotations(statement: ast.stmt) -> ast.stmt:
    """A copy of `statement` without what only says of which type something is."""
    copy: ast.stmt = pickle.loads(pickle.dumps(statement))  # in half the time of `copy.deepcopy`
    _Unannotated().visit(copy)
    return copy


class Package:
    """All modules of the package in `folder`; the folder's name is the package's name."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SyncError(f"No package at {folder}. Fix: run this in the root of the repository.")
        self.name = folder.name
        self.modules: dict[str, Module] = {}
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            self.modules[name] = Module(name, path.read_text(encoding="utf-8"), is_package)
        for dotted in self.modules:  # else `from package import name` would be two things
            parent, _, name = dotted.rpartition(".")
            above = self.modules.get(parent)
            if above and (name in above.definitions or above.imports.get(name, dotted) != dotted):
                raise SyncError(
                    f"{parent} binds `{name}`, the name of its module too. Fix: rename one of them."
                )

    def owns(self, dotted: str) -> bool:
        """Whether a dotted target lies in this package."""
        return dotted.split(".")[0] == self.name

    def resolve(self, dotted: str) -> str | None:
        """The home of a dotted name: symbol or module; None if the package has no such thing.

        A name of another library is its own home. Attributes of a symbol are dropped.
        """
        seen: set[str] = set()
        while self.owns(dotted) and dotted not in self.modules and dotted not in seen:
            seen.add(dotted)
            parts = dotted.split(".")
            home = next(
                ".".join(parts[:i]) for i in range(len(parts), 0, -1) if ".".join(parts[:i]) in self.modules
            )
            module, rest = self.modules[home], parts[home.count(".") + 1 :]
            if rest[0] in module.definitions:
                return f"{home}.{rest[0]}"
            if rest[0] not in module.imports:
                return None
            dotted = ".".join([module.imports[rest[0]], *rest[1:]])
        return None if dotted in seen else dotted

    def split(self, symbol: str) -> tuple[Module, str]:
        """Module and bare name of a symbol. Raises SyncError if there is no such module."""
        module, _, name = symbol.rpartition(".")
        if module not in self.modules:
            raise SyncError(f"There is no module `{module}`. Fix: correct the `# sync:` line.")
        return self.modules[module], name

    @cache  # noqa: B019 - a Package lives as long as the command
    def uses(self, symbol: str) -> set[str]:
        """Symbols of the package that `symbol`'s source runs directly, through imports in functions too.

        What stands in annotations only is no use: a type does nothing when it is read.
        """
        module, name = self.split(symbol)
        found: set[str] = set()
        for whole in module.definitions.get(name, []):
            statement = without_annotations(whole)
            outside = names_of([statement]).uses
            found |= {f"{module.name}.{used}" for used in outside if used in module.definitions}
            targets = {local: target for local, target in module.imports.items() if local in outside}
            inside = [part for part in ast.walk(statement) if isinstance(part, Import)]
            targets |= dict(imported(inside, module.name, module.is_package))
            homes = {self.resolve(dotted) for dotted in dotted_uses(statement, targets)}
            found |= {home for home in homes if home and self.owns(home) and home not in self.modules}
        return found - {symbol}

    def path_to(self, start: str, goals: set[str]) -> list[str]:
        """The shortest way from `start` through the source to one of `goals`; empty if there is none."""
        ways, seen = [[start]], {start}
        for way in ways:  # breadth first: `ways` grows while it is read
            for used in sorted(self.uses(way[-1]) - seen):
                if used in goals:
                    return [*way, used]
                seen.add(used)
                ways.append([*way, used])
        return []

    def source(self, symbols: list[str]) -> str:
        """The exact source of the symbols, in this order, decorators included, as one cell."""
        text, shown = "", list[ast.stmt]()
        for module, name in map(self.split, symbols):
            statement = module.statement(name)
            if statement in shown:  # `a, b = 1, 2` shown for both
                continue
            first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
            lines = module.text.split("\n")[first - 1 : statement.end_lineno]
            short = all(isinstance(s, ast.Assign | ast.AnnAssign) for s in [*shown[-1:], statement])
            text += ("" if not shown else "\n" if short else "\n\n\n") + "\n".join(lines)
            shown.append(statement)
        return text
