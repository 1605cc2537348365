"""Puts the code of a mutant into the functions of a module that is imported already, and takes it out."""

import inspect
import types
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from typing import Any


def function_in(thing: Any) -> types.FunctionType | None:
    """The function that a module or class holds here, under its decorators; None if it is none."""
    if isinstance(thing, property):
        thing = thing.fget
    thing = inspect.unwrap(getattr(thing, "__func__", thing)) if callable(thing) else None
    return thing if isinstance(thing, types.FunctionType) else None


def factories(kind: type) -> dict[str, Any]:
    """What makes the defaults of fields, if the class is a dataclass."""
    fields = getattr(kind, "__dataclass_fields__", {})
    return {name: field.default_factory for name, field in fields.items()}


def transplant(old: dict[Any, Any], new: dict[Any, Any], home: str, undo: list[Callable[[], None]]) -> None:
    """Give the functions of `old` the code and the defaults of those in `new`, in place, and those that its
    classes, tables and dataclasses hold too; what undoes each step is added to `undo`.
    """
    for name, thing in new.items():
        mine = old.get(name)
        if str(name).startswith("__") and isinstance(thing, dict) or mine is None or mine is thing:
            continue
        if isinstance(thing, dict) and isinstance(mine, dict):
            transplant(mine, thing, home, undo)
        elif isinstance(thing, type) and isinstance(mine, type) and thing.__module__ == home:
            transplant(vars(mine), vars(thing), home, undo)  # type: ignore[arg-type]
            transplant(factories(mine), factories(thing), home, undo)
            for key, value in vars(thing).items():
                before = vars(mine).get(key)
                if isinstance(value, bool | int | float) and before != value:
                    undo.append(partial(setattr, mine, key, before))
                    setattr(mine, key, value)  # the default of a field
            for key in set(vars(mine)) - set(vars(thing)):  # a line of the class that was dropped
                undo.append(partial(setattr, mine, key, vars(mine)[key]))
                delattr(mine, key)
        elif is_dataclass(thing) and not isinstance(thing, type):
            transplant(vars(mine), vars(thing), home, undo)
        elif (theirs := function_in(thing)) and (ours := function_in(mine)):
            if theirs.__module__ != home and not theirs.__module__.startswith("namedtuple_"):
                continue
            undo.append(partial(set_function, ours, *(getattr(ours, part) for part in PARTS)))
            same = repr(ours.__defaults__) == repr(theirs.__defaults__)  # then they stay of the old classes
            defaults = ours.__defaults__ if same else theirs.__defaults__
            set_function(ours, theirs.__code__, defaults, theirs.__kwdefaults__)


PARTS = ("__code__", "__defaults__", "__kwdefaults__")


def set_function(function: types.FunctionType, *parts: Any) -> None:
    """Give a function this code and these defaults."""
    for name, part in zip(PARTS, parts, strict=True):
        setattr(function, name, part)


def apply_mutant(module: types.ModuleType, source: str) -> Callable[[], None]:
    """Let the module's functions do what `source` says, wherever they are held; returns what undoes it.

    Raises whatever the import of the source raises, and ValueError where its code cannot take the place of
    the old one.
    """
    other = types.ModuleType(module.__name__)
    other.__package__, other.__file__ = module.__package__, module.__file__
    exec(compile(source, str(module.__file__), "exec"), other.__dict__)  # dataclasses look into sys.modules
    steps: list[Callable[[], None]] = []

    def undo() -> None:
        for step in reversed(steps):
            step()

    try:
        transplant(vars(module), vars(other), module.__name__, steps)
    except ValueError:
        undo()
        raise
    return undo
