"""Whether the student's code has changed what grades it, or looked into it.

`note` remembers every function and class of the package, of torch and of what graders rest on; `compare` says
which are others now. `watch` refuses the student's code the ways to the frames and objects of its grader.
"""

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FrameType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

import torch
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext

PACKAGE = __name__.partition(".")[0]
LIBRARIES: tuple[str, ...] = (
    "builtins",
    "copy",
    "functools",
    "importlib.util",
    "math",
    "numbers",
    "random",
    "re",
    "signal",
)
LIBRARIES += ("sys", "zlib", "numpy", "numpy.linalg", "torch", "torch.nn", "torch.nn.functional")
LIBRARIES += ("torch.autograd", "torch.linalg", "torch.special", "torch.random")
CLASSES = (torch.Tensor, torch.Generator, torch.nn.Module)
KINDS = FunctionType | BuiltinFunctionType | MethodDescriptorType | type | ModuleType
PATHS: tuple[str, ...] = (
    "sys._getframe",
    "sys._current_frames",
    "sys.settrace",
    "sys.setprofile",
    "_thread.start_new_thread",
)
PATHS += ("gc.get_objects", "gc.get_referrers", "gc.get_referents")
FRAMES = ("tb_frame", "gi_frame", "cr_frame", "ag_frame")
HELPERS = ("inspect", "traceback", "threading", "ctypes")  # a student's code may go by one of these


class Changed(BaseException):
    """What grades is not what it was; no Exception, so that no student's code and no grader catches it."""


@dataclass(frozen=True)
class Noted:
    """What must stay: (name, where it stands, key, value), and (name, function, its code and defaults)."""

    values: list[tuple[str, Mapping[str, Any], str, Any]]
    codes: list[tuple[str, FunctionType, tuple[Any, ...]]]

    def compare(self) -> None:
        """Raise Changed, with their names, where something is another now."""
        other = [name for name, where, key, value in self.values if where.get(key) is not value]
        other += [name for name, function, code in self.codes if not _same(code_of(function), code)]
        modes = [mode for mode in _get_current_function_mode_stack() if not isinstance(mode, DeviceContext)]
        other += [f"torch, by {type(mode).__name__}" for mode in modes]
        if other:
            more = f" and {len(other) - 3} more" if len(other) > 3 else ""
            raise Changed(f"the code changed what grades it ({', '.join(other[:3])}{more})")


def note() -> Noted:
    """Remember the package's modules as they are now, and what graders rest on."""
    noted = Noted([], [])
    modules = {name: module for name, module in sys.modules.items() if name in LIBRARIES}
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == PACKAGE}
    for name, module in (modules | ours).items():
        for key, value in list(vars(module).items()):
            if name in ours and not key.startswith("__") or isinstance(value, KINDS):
                noted.values.append((f"{name}.{key}", vars(module), key, value))
            if name in ours and isinstance(value, FunctionType):
                noted.codes.append((f"{name}.{key}", value, code_of(value)))
    own = {value for *_, value in noted.values if isinstance(value, type) and value.__module__ in ours}
    for kind in {*own, *CLASSES}:
        for key, value in list(vars(kind).items()):
            if key not in ("__abstractmethods__", "_abc_impl", "__doc__", "__dict__", "__weakref__"):
                noted.values.append((f"{kind.__qualname__}.{key}", vars(kind), key, value))
    return noted


def code_of(function: FunctionType) -> tuple[Any, ...]:
    """What a function does and with what it begins."""
    return function.__code__, function.__defaults__, function.__kwdefaults__


def _same(now: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    return all(a is b for a, b in zip(now, before, strict=True))


def guarded(function: FunctionType, noted: Noted) -> Callable[..., Any]:
    """The student's function; after each outermost call of it everything must still be as noted."""
    depth = 0

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        nonlocal depth
        depth += 1
        try:
            return function(*arguments, **options)
        finally:
            depth -= 1
            if not depth:
                noted.compare()

    return run


def watch() -> list[str]:
    """Refuse code of cells, from now on, the ways into its grader; the list tells what it tried."""
    seen: list[str] = []
    busy = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal busy
        if busy or not _leads_to_graders(event, arguments):
            return
        busy = True
        try:
            own = _from_cell(sys._getframe(1))
        finally:
            busy = False
        if own:
            what = arguments[1] if event == "object.__getattr__" else event
            seen.append(str(what))
            raise PermissionError(f"{what} is not for answers")

    sys.addaudithook(hook)
    return seen


def _leads_to_graders(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "object.__getattr__":
        return arguments[1] in FRAMES
    if event == "open":
        return isinstance(arguments[1], str) and "r" not in arguments[1] and PACKAGE in str(arguments[0])
    return event in PATHS or event.startswith("ctypes.")


def _from_cell(frame: FrameType | None) -> bool:
    """Whether a cell's code did it, by itself or by one of the helpers."""
    if frame and frame.f_globals.get("__name__") in HELPERS:
        frame = frame.f_back
    name = frame.f_code.co_filename if frame else ""
    return name.startswith("<") and not name.startswith("<frozen")
