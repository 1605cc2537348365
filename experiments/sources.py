"""Which records are there to make, and has the code behind one changed since it was made?

A record's sources are the import closure of its experiment, computed. Comments, docstrings and layout of a
source do not count. Left out: the versions of Python and of libraries other than torch.
"""

import ast
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.closure import closure_of
from tools.package import Package

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "deepseek_book_utils/recorded"


def record_names(root: Path = ROOT) -> list[str]:
    """The records that the experiments make, as "ch04/ppo": one for each module with a `run_seed`."""
    modules = Package(root / "experiments").modules.values()
    found = [module.name for module in modules if "run_seed" in module.definitions]
    return [name.removeprefix("experiments.").replace(".", "/") for name in found]


def module_of(name: str) -> str:
    """The experiment that makes the record: "ch04/ppo" -> "experiments.ch04.ppo"."""
    return f"experiments.{name.replace('/', '.')}"


def read_record(name: str, root: Path = ROOT) -> dict[str, Any]:
    """The record as it stands; empty if there is none yet."""
    path = root / FOLDER / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def code_of(node: Any) -> Any:
    """A syntax tree as nested lists: no comments, docstrings, positions, nor parts that are empty.

    Python's own dump differs between its versions in what it shows of empty parts.
    """
    if isinstance(node, list):
        return [code_of(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = dict(ast.iter_fields(node))
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if documented and ast.get_docstring(node, clean=False) is not None:
        parts["body"] = parts["body"][1:]
    kept = {key: value for key, value in parts.items() if value is not None and value != []}
    return [type(node).__name__, *([key, code_of(value)] for key, value in kept.items())]


def digest(path: Path) -> str:
    """Twelve letters that change when the code does, or the bytes of a data file; "" for no code at all.

    The number of a release is no code.
    """
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    tree = ast.parse(path.read_text("utf-8"))
    tree.body = [
        statement for statement in tree.body if not ast.unparse(statement).startswith("__version__ =")
    ]
    code = code_of(tree)
    return hashlib.sha256(repr(code).encode()).hexdigest()[:12] if code != ["Module"] else ""


def sources_of(name: str, root: Path = ROOT) -> dict[str, str]:
    """Every file that the experiment runs -> its digest."""
    digests = {path: digest(path) for path in closure_of(module_of(name), root)}
    return {path.relative_to(root).as_posix(): found for path, found in digests.items() if found}


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Where two nested settings or results differ, as "a.b: 1 was 2"."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = dict.fromkeys([*old, *new])
        pairs = [(f"{where}.{key}" if where else key, old.get(key), new.get(key)) for key in keys]
        return [line for key, before, after in pairs for line in differences(before, after, key)]
    return [] if old == new else [f"{where}: {json.dumps(new)} was {json.dumps(old)}"]


def why_stale(
    record: dict[str, Any], settings: dict[str, Any], sources: dict[str, str], seeds: Sequence[int]
) -> list[str]:
    """Why a record must be made again, given what today's code runs with; empty if it need not."""
    if not record:
        return ["there is no record yet"]
    why = [f"setting {line}" for line in differences(record["settings"], settings)]
    if [found["seed"] for found in record["seeds"]] != list(seeds):
        why.append("its seeds are not those of today")
    if "sources" not in record:
        return [*why, "it does not say which code made it"]
    old = record["sources"]
    for change, paths in (
        ("changed", [path for path in sources if old.get(path, sources[path]) != sources[path]]),
        ("new", sources.keys() - old.keys()),
        ("gone", old.keys() - sources.keys()),
    ):
        why += [f"{change}: {', '.join(sorted(paths))}"] if paths else []
    return why
