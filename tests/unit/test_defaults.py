"""Defaults change on purpose only: chapters, records and readers' own runs rest on them.

`defaults.txt` holds the default of every field of every settings class. After a change that is meant, write
it anew with `python -m tests.unit.test_defaults`, and look at what the change did to the file.
"""

import importlib
import inspect
from collections import defaultdict
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("defaults.txt")
HEAD = "deepseek_book_utils."


def name_of(kind: type) -> str:
    """`nn/optimizers.AdamSettings`."""
    return f"{kind.__module__.removeprefix(HEAD).replace('.', '/')}.{kind.__name__}"


def defaults_of(kind: type) -> list[str]:
    """`field = default` of every field that has one, as the class itself would fill it in."""
    found = inspect.signature(kind.__init__).parameters.values()
    made = {
        field.name: field.default_factory() for field in fields(kind) if field.default_factory is not MISSING
    }
    told = {field.name: field.default for field in found if field.default is not field.empty} | made
    return [f"{name} = {default!r}" for name, default in told.items()]


def recorded() -> dict[str, dict[str, list[str]]]:
    """Module -> class -> its lines in the file."""
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for part in filter(None, FILE.read_text("utf-8").strip().split("\n\n")):
        name, *lines = part.split("\n")
        module, _, kind = name.rpartition(".")
        found[module][kind] = lines
    return found


RECORDED = recorded()


@pytest.mark.parametrize("module", RECORDED)
def test_the_defaults_are_what_they_were(module: str) -> None:
    home = importlib.import_module(HEAD + module.replace("/", "."))
    for kind, lines in RECORDED[module].items():
        assert defaults_of(getattr(home, kind)) == lines, f"{kind}: `python -m tests.unit.test_defaults`"


if __name__ == "__main__":
    from tests.unit.test_settings import classes  # which imports the whole package

    parts = ["\n".join([name_of(kind), *defaults_of(kind)]) for kind in sorted(classes(), key=name_of)]
    FILE.write_text("\n\n".join(parts) + "\n", "utf-8")
