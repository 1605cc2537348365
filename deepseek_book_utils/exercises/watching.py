"""Whether the student's code has changed what grades it, or looked into it.

`note` remembers every function and class of the package, of torch and of what graders rest on; `alarm` makes
a function that names those that are others now. `watch` refuses the student's code the ways to the frames and
objects of its grader. What these two make asks for no name that a cell could bind to something else.
"""

import builtins
import dataclasses
import functools
import json
import sys
import sysconfig
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch._C import _get_function_stack_at, _len_torch_function_stack
from torch.utils._device import DeviceContext

PACKAGE = __name__.partition(".")[0]
LIBRARIES: tuple[str, ...] = ("builtins", "contextlib", "copy", "functools", "importlib.util", "io", "json")
LIBRARIES += ("math", "numbers", "os", "random", "re", "select", "signal", "sys", "zlib", "numpy")
LIBRARIES += ("numpy.linalg", "torch", "torch.nn", "torch.nn.functional", "torch.autograd", "torch.linalg")
LIBRARIES += ("torch.special", "torch.random")
FREE = ("torch.Storage",)  # follows `torch.set_default_dtype`, which everybody may call
CLASSES = (torch.Tensor, torch.Generator, torch.nn.Module, DeviceContext, json.JSONEncoder)
PATHS: tuple[str, ...] = ("sys._getframe", "sys._current_frames", "sys.settrace", "sys.setprofile")
PATHS += ("gc.get_objects", "gc.get_referrers", "gc.get_referents")
PATHS += ("_thread.start_new_thread", "os.fork", "code.__new__")
WRITES = ("open", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate")
FRAMES = ("tb_frame", "gi_frame", "cr_frame", "ag_frame")
HELPERS = ("inspect", "traceback", "threading", "ctypes")  # a student's code may go by one of these
FILES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
FILES += (__file__.rpartition(PACKAGE)[0] + PACKAGE, "<frozen")  # code of these is no student's


class Changed(BaseException):
    """What grades is not what it was; no Exception, so that no student's code and no grader catches it."""


@dataclasses.dataclass(frozen=True)
class Noted:
    """What must stay as it is."""

    values: list[tuple[str, Mapping[str, Any], str, Any]]  # name, where it stands, key, value
    codes: list[tuple[str, FunctionType, tuple[Any, ...]]]  # name, function, its code and defaults
    texts: list[tuple[str, Any, str]]  # name, a value that can be changed in place, how it is printed
    plain: list[tuple[str, Mapping[str, Any]]]  # modules that hide no name of Python's own


def note() -> Noted:
    """Remember the package's modules as they are now, and what graders rest on."""
    noted = Noted([], [], [], [])
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == PACKAGE}
    for name, module in {n: m for n, m in sys.modules.items() if n in LIBRARIES or n in ours}.items():
        for key, value in list(vars(module).items()):
            kept = name in ours and not key.startswith("__") or callable(value)
            if (kept or isinstance(value, ModuleType)) and f"{name}.{key}" not in FREE:
                noted.values.append((f"{name}.{key}", vars(module), key, value))
            if name in ours and isinstance(value, FunctionType):
                noted.codes.append((f"{name}.{key}", value, code_of(value)))
            if name in ours and not key.startswith("__") and can_change(value):
                noted.texts.append((f"{name}.{key}", value, repr(value)))
        if vars(builtins).keys().isdisjoint(key for key in vars(module) if not key.startswith("__")):
            noted.plain.append((name, vars(module)))
    own = {value for *_, value in noted.values if isinstance(value, type) and value.__module__ in ours}
    for kind in {*own, *CLASSES}:
        for key, value in list(vars(kind).items()):
            if key not in ("__abstractmethods__", "_abc_impl", "__doc__", "__dict__", "__weakref__"):
                noted.values.append((f"{kind.__qualname__}.{key}", vars(kind), key, value))
    return noted


def can_change(value: object) -> bool:
    """Whether it is data of the package that code can change without binding its name."""
    kind = type(value)
    return isinstance(value, dict | list | set) or dataclasses.is_dataclass(kind)


def code_of(function: FunctionType) -> tuple[Any, ...]:
    """What a function does and with what it begins."""
    return (
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        repr(function.__kwdefaults__),
    )


def alarm(noted: Noted) -> Callable[..., str]:
    """A function () -> what has changed, in a sentence, or ""; `contents=True` looks into tables too."""
    values, codes, texts, plain = noted.values, noted.codes, noted.texts, noted.plain
    own = frozenset(key for key in vars(builtins) if not key.startswith("__"))
    depth, mode_at, usual, show = _len_torch_function_stack, _get_function_stack_at, DeviceContext, repr
    numbers, kind_of, size = range, type, len

    def changed(contents: bool = False) -> str:
        other = [name for name, where, key, value in values if where.get(key) is not value]
        for name, function, (code, defaults, options, options_text) in codes:
            same = function.__code__ is code and function.__defaults__ is defaults
            if not (same and function.__kwdefaults__ is options and show(options) == options_text):
                other.append(name)
        modes = [kind_of(mode_at(i)) for i in numbers(depth())]
        other += [f"torch, by {mode.__name__}" for mode in modes if mode is not usual]
        other += [name for name, where in plain if not own.isdisjoint(where)]
        if contents and not other:
            other += [name for name, value, text in texts if show(value) != text]
        more = f" and {size(other) - 3} more" if size(other) > 3 else ""
        return f"the code changed what grades it ({', '.join(other[:3])}{more})" if other else ""

    return changed


def guarded(function: FunctionType, changed: Callable[..., str]) -> Callable[..., Any]:
    """The student's function; after each outermost call of it everything must still be as noted."""
    depth, stop = 0, Changed

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        nonlocal depth
        depth += 1
        try:
            return function(*arguments, **options)
        finally:
            depth -= 1
            if not depth and (told := changed()):
                raise stop(told)

    return run


def watch() -> list[str]:
    """Refuse code of cells, from now on, the ways into its grader; the list tells what it tried."""
    seen: list[str] = []
    busy = False
    frame_of, field, text, refused = sys._getframe, dict.get, str, PermissionError
    paths, writes, frames, helpers, files = PATHS, WRITES, FRAMES, HELPERS, FILES
    package = PACKAGE

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal busy
        if busy:
            return
        what = event
        if event == "object.__getattr__":
            what = text(arguments[1])
            leads = what in frames
        elif event in writes:
            leads = package in text(arguments) and (event != "open" or "r" not in text(arguments[1]))
        elif event == "compile":  # code that says that it comes from a library
            leads = text(arguments[1]).startswith(files)
        else:
            leads = event in paths or event.startswith("ctypes.")
        if not leads:
            return
        busy = True
        frame = frame_of(1)
        busy = False
        while frame.f_back and field(frame.f_globals, "__name__") in helpers:
            frame = frame.f_back
        if not frame.f_code.co_filename.startswith(files):
            seen.append(what)
            raise refused(f"{what} is not for answers")

    sys.addaudithook(hook)
    return seen
