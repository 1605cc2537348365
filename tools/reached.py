"""Does the notebook run what it shows? A reader's edit is seen only where a later cell runs the edited copy.

The graph of calls, read from the source: a cell that is not synced runs the names in its statements; a
function or class runs the names in its body when it is run itself, and what its decorators, defaults and
bases name as soon as it is defined. Types run nothing. A name means what was bound to it last.
"""

import ast

from tools.chain import Cell
from tools.names import names_of
from tools.package import without_annotations

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def unreached(cells: list[Cell]) -> list[str]:
    """The symbols that these cells show and that no later cell runs, in the order in which they are shown."""
    uses: dict[str, set[str]] = {}  # what a definition runs, by the name of the definition
    means: dict[str, str] = {}  # a name of the notebook -> the definition that it stands for
    reached: set[str] = set()

    def run(names: set[str]) -> None:
        waiting, seen = [*names], set[str]()
        while waiting:
            definition = means.get(waiting.pop())
            if definition and definition not in seen:
                seen.add(definition)
                waiting += uses[definition]
        reached.update(seen)

    for cell in cells:
        shown = {symbol.rpartition(".")[2]: symbol for symbol in cell.shows}
        for statement in map(without_annotations, cell.tree.body):
            names = names_of([statement])
            run(names.needs if shown or isinstance(statement, Definition) else names.uses)
            for name in names.binds:
                means.pop(name, None)  # a value from now on, unless this defines it
                if name in shown or isinstance(statement, Definition):
                    means[name] = shown.get(name, f"{cell.number}.{name}")
                    uses[means[name]] = names.uses
    return [symbol for cell in cells for symbol in cell.shows if symbol not in reached]
