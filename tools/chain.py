"""The closed chain: a reader who edits a function that a notebook shows must see the change.

1. Every name that a synced cell uses is bound before it; a name of its own module is shown before it, or
   imported on a line with the comment `# helper`.
2. What is shown is not also imported from the package.
3. What is imported does not run, by any way through the package's source, anything that is shown.
"""

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

from tools.names import first_line, names_of
from tools.package import Import, Package, SyncError, dotted_uses, imported
from tools.sync import SETUPS, Problem, header_of, name_of, read_notebook, rendered, symbols_of

HELPER = re.compile(r"#\s*helper\b")


@dataclass(frozen=True)
class Bound:
    """What a name of the notebook stands for: a dotted `target` (shown or imported), or "" for a value."""

    cell: int
    target: str = ""
    shown: bool = False
    helper: bool = False


@dataclass
class Cell:
    """One code cell: its number from 1, its Python, the symbols that it shows."""

    number: int
    source: str
    tree: ast.Module
    shows: list[str] = field(default_factory=list)

    def imports(self, package: Package) -> list[tuple[str, Bound]]:
        """(local name, what it stands for) of every import, also of those inside functions."""
        helper_lines = _comment_lines(self.source, HELPER)
        module = self.shows[0].rpartition(".")[0] if self.shows else ""
        is_package = module in package.modules and package.modules[module].is_package
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, Import):
                for (local, target), alias in zip(
                    imported([node], module, is_package), node.names, strict=True
                ):
                    helper = bool(helper_lines & {node.lineno, alias.lineno, alias.end_lineno})
                    home = package.resolve(target) or target
                    found.append((local, Bound(self.number, home, helper=helper)))
        return found


def chain_problems(path: Path, package: Package, root: Path) -> list[Problem]:
    """Every break of the three rules in one notebook, read with its synced cells up to date."""
    cells, found = cells_of(path, package, root)
    found += _unbound_names(cells, package)
    found += _bypassing_imports(cells, package)
    return [Problem(name_of(path, root), number, message) for number, message in sorted(found)]


def cells_of(path: Path, package: Package, root: Path) -> tuple[list[Cell], list[tuple[int, str]]]:
    """The code cells of a notebook, and (cell, message) for each that cannot be read."""
    cells: list[Cell] = []
    found: list[tuple[int, str]] = []
    for number, cell in enumerate(read_notebook(path).cells, start=1):
        if cell.cell_type != "code":
            continue
        try:
            header = header_of(cell.source)
            source = rendered(cell.source, package, root)
            shows = symbols_of(header) if header not in ("", *SETUPS) else []
            cells.append(Cell(number, source, ast.parse(source), shows))
        except SyncError as error:
            found.append((number, str(error)))
        except SyntaxError as error:
            found.append((number, f"{error}. Fix: write plain Python, without IPython's magics."))
    return cells, found


def _unbound_names(cells: list[Cell], package: Package) -> list[tuple[int, str]]:
    """Rule 1, walking down the notebook with what is bound so far."""
    found: list[tuple[int, str]] = []
    shown_in = {symbol: cell.number for cell in cells for symbol in cell.shows}
    bound: dict[str, Bound] = {}
    for cell in cells:
        names = names_of(cell.tree.body)
        if cell.shows:
            for used in sorted(names.uses):
                message = _complaint(used, bound.get(used), cell, package, shown_in)
                if message:
                    line = first_line(cell.tree, used)
                    found.append((cell.number, f"line {line} uses `{used}`, {message}"))
        shown = {symbol.rpartition(".")[2]: Bound(cell.number, symbol, shown=True) for symbol in cell.shows}
        known = {**dict(cell.imports(package)), **shown}
        bound |= {name: known.get(name, Bound(cell.number)) for name in names.binds}
    return found


def _complaint(used: str, bound: Bound | None, cell: Cell, package: Package, shown_in: dict[str, int]) -> str:
    """What is wrong with how `used` is bound where a synced cell needs it; "" if nothing is."""
    module, _ = package.split(cell.shows[0])
    if used in module.definitions:
        return _complaint_own_module(f"{module.name}.{used}", bound, cell, shown_in)
    if used not in module.imports:
        return "" if bound else f"which neither the notebook nor {module.name} binds. Fix: bind it before."
    target = package.resolve(module.imports[used]) or module.imports[used]
    fix = f"bind it in an earlier cell as the package does: `{_import_line(used, target, package)}`."
    if bound is None:
        return f"which no earlier cell binds. Fix: {fix}"
    if bound.target and bound.target != target:
        return f"which is {target} in the package and {bound.target} in cell {bound.cell}. Fix: {fix}"
    return ""


def _complaint_own_module(symbol: str, bound: Bound | None, cell: Cell, shown_in: dict[str, int]) -> str:
    """The same for a name that the synced cell's own module defines."""
    home, _, name = symbol.rpartition(".")
    show = f"put a cell `# sync: {symbol}` before this one"
    helper = f"if it is plainly a helper, `from {home} import {name}  # helper`"
    if bound and bound.target == symbol and (bound.shown or bound.helper):
        return ""
    if bound and bound.target == symbol:
        return f"which cell {bound.cell} imports, so that no edit would reach it. Fix: {show}; or, {helper}."
    if bound:
        return f"which cell {bound.cell} binds to something else than {symbol}. Fix: rename it there."
    if shown_in.get(symbol) == cell.number:
        return "which this cell shows further down. Fix: name it earlier in the sync line."
    if symbol in shown_in:
        return f"which only cell {shown_in[symbol]} shows. Fix: move that cell up."
    return f"which no earlier cell shows. Fix: {show}; or, {helper}."


def _import_line(local: str, target: str, package: Package) -> str:
    home, _, name = target.rpartition(".")
    if local == target:
        return f"import {target}"
    if not home or (name != local and not package.owns(target)):
        return f"import {target} as {local}"
    return f"from {home} import {name}" + ("" if name == local else f" as {local}")


def _bypassing_imports(cells: list[Cell], package: Package) -> list[tuple[int, str]]:
    """Rules 2 and 3, over every import of the notebook wherever it stands."""
    found: list[tuple[int, str]] = []
    shown_in = {symbol: cell.number for cell in cells for symbol in cell.shows}
    for cell in cells:
        for local, bound in cell.imports(package):
            if package.resolve(bound.target) is None:
                found.append((cell.number, f"the package has no {bound.target}. Fix: correct this import."))
            elif package.owns(bound.target):
                for symbol in sorted(_symbols_through(local, bound.target, cells, package)):
                    message = _bypass(local, symbol, shown_in, package)
                    found += [(cell.number, message)] if message else []
    return found


def _bypass(local: str, symbol: str, shown_in: dict[str, int], package: Package) -> str:
    """How the import of `symbol` keeps a reader's edit from being seen; "" if it does not."""
    twin = next((shown for shown in shown_in if shown == symbol or shown.endswith(f".{local}")), "")
    if twin:
        return (
            f"imports {symbol}, but cell {shown_in[twin]} shows {twin}: an edit there may have no effect. "
            "Fix: drop this import."
        )
    way = package.path_to(symbol, set(shown_in))
    if way:
        steps = " -> ".join(step.rpartition(".")[2] for step in way)
        return (
            f"imports {symbol}, which runs the package's {way[-1]} ({steps}) and not the one that cell "
            f"{shown_in[way[-1]]} shows. Fix: show the steps in synced cells, or pass it as an argument."
        )
    return ""


def _symbols_through(local: str, target: str, cells: list[Cell], package: Package) -> set[str]:
    """The symbols that an import brings: itself; for a module, what the notebook takes from it with a dot."""
    if target not in package.modules:
        return {target}
    named = [cell for cell in cells if local in cell.source]
    used = {package.resolve(dotted) for cell in named for dotted in dotted_uses(cell.tree, {local: target})}
    return {symbol for symbol in used if symbol and package.owns(symbol) and symbol not in package.modules}


def _comment_lines(source: str, pattern: re.Pattern[str]) -> set[int]:
    """Lines on which a comment matches `pattern`."""
    if not pattern.search(source):
        return set()
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0] for token in tokens if token.type == tokenize.COMMENT and pattern.match(token.string)
    }
