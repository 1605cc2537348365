"""Which files of the repository does a module, a script or a notebook run? The source is read, never run.

The closure follows every import, also inside functions, and takes the `__init__.py` of each package on the
way. It also takes what the source names as data: `asset("...")` and `load_record("...")`.
Left out: modules that are imported by a name made at run time.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from tools.package import Module, Package, SyncError, imported

PACKAGES = ("deepseek_book_utils", "experiments", "tools", "benchmarks")
# Function that reads a data file -> its folder, and the ending that its argument leaves out.
DATA = {
    "asset": ("deepseek_book_utils/figures", ""),
    "load_record": ("deepseek_book_utils/recorded", ".json"),
}


def closure_of(start: str | Path, root: Path) -> list[Path]:
    """Every file of the repository that `start` runs or reads, itself included, sorted.

    `start` is a dotted module ("experiments.ch04.ppo"), or the path of a .py file or of a notebook. Raises
    SyncError for a module or a data file that does not exist, and for data whose name is no literal.
    """
    root = root.resolve()
    modules: dict[str, Module] = {}
    for folder in PACKAGES:
        if (root / folder).is_dir():
            modules |= Package(root / folder).modules
    path, first = _start(start, root, modules)
    found, waiting, seen = {path}, [first], set[str]()
    while waiting:
        module = waiting.pop()
        found |= set(_data_files(module, root))
        for name in _modules_run(module, modules):
            if name not in seen:
                seen.add(name)
                waiting.append(modules[name])
                found.add(_path_of(modules[name], root))
    return sorted(found)


def _start(start: str | Path, root: Path, modules: dict[str, Module]) -> tuple[Path, Module]:
    """Where the search begins: its file and its source."""
    if isinstance(start, str) and not start.endswith((".py", ".ipynb")):
        if start not in modules:
            raise SyncError(f"There is no module `{start}`. Fix: name one of {', '.join(PACKAGES)}.")
        return _path_of(modules[start], root), modules[start]
    path = (root / start).resolve()
    for module in modules.values():
        if _path_of(module, root) == path:
            return path, module
    if not path.is_file():
        raise SyncError(f"There is no file {path}. Fix: name a module, a script or a notebook.")
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":  # read without nbformat, whose import takes seconds
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    return path, Module(path.name, text)


def _path_of(module: Module, root: Path) -> Path:
    path = root.joinpath(*module.name.split("."))
    return path / "__init__.py" if module.is_package else path.with_suffix(".py")


def _modules_run(module: Module, modules: dict[str, Module]) -> Iterator[str]:
    """Modules of the repository that run when this one is imported and its functions are called."""
    nodes = [node for node in ast.walk(module.tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    targets = [module.name]
    targets += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    targets += [target for _, target in imported(nodes, module.name, module.is_package)]
    for target in targets:
        parts = target.split(".")
        prefixes = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from (name for name in prefixes if name in modules)


def _data_files(module: Module, root: Path) -> Iterator[Path]:
    """Files that the module reads by name: the figures' scripts and styles, the records."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in DATA:
            continue
        name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        where = f"{module.name}, line {node.lineno}"
        if not isinstance(name, str):
            raise SyncError(f"{where}: `{called}` gets no literal name. Fix: write the name out there.")
        folder, ending = DATA[called]
        path = root / folder / f"{name}{ending}"
        if not path.is_file():
            raise SyncError(f"{where}: there is no {path}. Fix: correct the name.")
        yield path
