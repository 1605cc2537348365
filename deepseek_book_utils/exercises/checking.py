"""What a student meets: `check` says *passed*, *failed* and why, or *not graded* and why.

A grader is a function `grader(answer, seed)`. It asks the student's code for results on data made from the
seed, compares them with what is right, and raises `Wrong` with a misconception and one hint. Everything else
that a grader raises is our fault, and never costs a point.

Left out: a sandbox. The student's code runs in the student's own kernel; who grades the code of others runs
it where it can do no harm.
"""

import copy
import importlib.util
import numbers
import signal
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any

import torch
from torch import Tensor

from .arrays import numeric

# For one exercise; the reference answers take a hundredth of it.
COMPUTING = 5.0  # seconds of the processor, which a busy machine does not shorten
CLOCK = 30.0  # seconds of the clock, for code that waits
Grader = Callable[[Any, int], None]
_students_dtype: ContextVar[torch.dtype | None] = ContextVar("_students_dtype", default=None)


class Wrong(Exception):
    """The answer is wrong: the misconception in a sentence, one hint, and the share of it that is right."""

    def __init__(self, misconception: str, hint: str = "", share: float = 0.0) -> None:
        super().__init__(misconception)
        self.misconception, self.hint, self.share = misconception, hint, share


class Verdict(Exception):
    """Ends a check; a notebook shows its text without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).split("\n")


class NotPassed(Verdict):
    """The answer is wrong, or there is none yet; `share` of it is right."""

    share = 0.0


class NotGraded(Verdict):
    """Nothing is said about the answer, for a reason that is not the student's."""


class OutOfTime(BaseException):
    """Not an Exception, so that `except Exception` in a loop does not catch it."""


@contextmanager
def time_limit(computing: float | None = None, clock: float | None = None) -> Iterator[None]:
    """Raise OutOfTime in the block when its time is up, and again every tenth of a second until it ends.

    computing, clock: seconds; COMPUTING and CLOCK where they are None.

    Only where Python has such alarms: in the main thread, not on Windows. Elsewhere there is no limit.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def alarm(signum: int, frame: FrameType | None) -> None:
        raise OutOfTime

    timers = (
        (signal.SIGPROF, signal.ITIMER_PROF, computing or COMPUTING),
        (signal.SIGALRM, signal.ITIMER_REAL, clock or CLOCK),
    )
    before = [signal.signal(number, alarm) for number, _, _ in timers]
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds, 0.1)
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0)
        for (number, _, _), handler in zip(timers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def usual_state() -> Iterator[None]:
    """Grade in torch's first state, with float32 and gradients, and put back what the notebook has set.

    In `ask` the student's code has the notebook's own default dtype.
    """
    own = torch.get_default_dtype()
    token = _students_dtype.set(own)
    torch.set_default_dtype(torch.float32)
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(own)
        _students_dtype.reset(token)


@contextmanager
def students_dtype() -> Iterator[None]:
    """The notebook's default dtype, within `usual_state`."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(own_dtype())
    try:
        yield
    finally:
        torch.set_default_dtype(usual)


def own_dtype() -> torch.dtype:
    """The notebook's default dtype, for data that meet a student's module."""
    return _students_dtype.get() or torch.get_default_dtype()


def ask(code: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What the student's code returns for copies of the arguments.

    Raises Wrong if it raises, and names the line.
    """
    copies = [a.clone() if isinstance(a, Tensor) else copy.deepcopy(a) for a in arguments]
    try:
        with students_dtype():
            return plain_tensors(code(*copies, **options))
    except NotImplementedError:
        raise Wrong("There is no answer yet.", "Write it where the cell says YOUR CODE HERE.") from None
    except (Exception, SystemExit) as error:
        trace = error.__traceback__
        lines = [
            line
            for line, (frame, _) in zip(traceback.extract_tb(trace), traceback.walk_tb(trace), strict=True)
            if frame.f_globals.get("__name__") == "__main__"  # the student's, not torch's nor a grader's
        ]
        where = f" in line {lines[-1].lineno} ({(lines[-1].line or '').strip()})" if lines else ""
        raise Wrong(f"Your code stops with {type(error).__name__}: {error}{where}.") from error


def plain_tensors(value: Any) -> Any:
    """The value, with plain tensors where a class of the student's own could answer for torch."""
    if isinstance(value, Tensor) and type(value) is not Tensor:
        with torch._C.DisableTorchFunctionSubclass():
            return value.as_subclass(Tensor)
    if type(value) in (tuple, list):
        return type(value)(plain_tensors(part) for part in value)
    return value


@dataclass(frozen=True)
class Mistake:
    """What a known misconception would have returned, and what to say then."""

    value: Any
    misconception: str
    hint: str = ""


def as_tensor(value: Any, shape: torch.Size | tuple[int, ...]) -> Tensor:
    """The student's value as a float64 tensor; raises Wrong for another type or shape."""
    if value is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    value = numeric(value)
    if isinstance(value, numbers.Real):  # NumPy's and fractions too
        try:
            value = torch.tensor(float(value))
        except OverflowError:
            raise Wrong("Your function returns a number that is too large for any tensor.") from None
    if not isinstance(value, Tensor):
        asked = "tensor" if shape else "number"
        raise Wrong(f"Your function returns a {type(value).__name__}, and a {asked} is asked for.")
    if value.shape != shape:
        raise Wrong(f"The result has the shape {tuple(value.shape)}, and {tuple(shape)} is asked for.")
    return value.detach().double()


def close(got: Tensor, expected: Tensor, rtol: float) -> bool:
    """Equal up to `rtol` of the value, or of a millionth of the largest value where that is more."""
    largest = expected[expected.isfinite()].abs().max().item() if expected.isfinite().any() else 0.0
    return torch.allclose(got, expected, rtol=rtol, atol=1e-6 * largest + 1e-12, equal_nan=True)


def compare(got: Any, expected: Tensor, mistakes: list[Mistake], about: str = "", rtol: float = 1e-4) -> None:
    """Raise Wrong unless got equals expected, with the first mistake that would have given this value.

    `about` describes the data to the student; `rtol` leaves room for another small constant, say.
    """
    expected = expected.detach().double()
    got = as_tensor(got, expected.shape)
    if close(got, expected, rtol):
        return
    for mistake in mistakes:
        value = torch.as_tensor(mistake.value).detach().double()
        if value.shape == expected.shape and not close(value, expected, rtol) and close(got, value, rtol):
            raise Wrong(mistake.misconception, mistake.hint)
    if not got.isfinite().all():
        raise Wrong(f"The result is not finite{about}: {got.flatten().tolist()[:6]}.", "What is divided by?")
    difference = (got - expected).abs().flatten()
    worst = int(difference.argmax())
    raise Wrong(
        f"The result differs{about}: at place {worst} it is {got.flatten()[worst]:.6g}, "
        f"and should be {expected.flatten()[worst]:.6g}."
    )


def seed_of(student: str, salt: int = 0) -> int:
    """The seed of a student's data; the same for the same id and salt, on every machine."""
    return zlib.crc32(f"{salt} {student}".encode())


def check(grader: Grader, answer: Any, student: str = "", salt: int = 0) -> None:
    """Print *passed*, or raise NotPassed (the misconception and a hint) or NotGraded (and why).

    `student` and `salt` choose the data: another salt is a test that the student has not seen.
    """
    name = grader.__name__.replace("_", " ")
    try:
        with time_limit(), usual_state():
            grader(answer, seed_of(student, salt))
    except Wrong as wrong:
        hint = f"\n  Hint: {wrong.hint}" if wrong.hint else ""
        failed = NotPassed(f"✘ {name}: failed.\n  {wrong.misconception}{hint}")
        failed.share = wrong.share
        raise failed from None
    except OutOfTime:
        raise NotPassed(
            f"✘ {name}: failed.\n  Your code was still running when its time was up: {COMPUTING:g} seconds "
            f"of computing, or {CLOCK:g} by the clock.\n"
            "  Hint: does every loop come to an end?"
        ) from None
    except Exception as error:
        raise NotGraded(
            f"– {name}: not graded.\n  The grader itself stopped with {type(error).__name__}: {error}.\n"
            "  This is not your fault and costs no points. Please report it, with your answer."
        ) from error
    print(f"✔ {name}: passed.")


def check_unseen(grader: str, answer: Any, student: str, salt: int) -> None:
    """`check` for hidden tests; the grader (`chNN.module.function`) and this module are read anew.

    Whatever a notebook has bound to their names, or changed in the imported modules, does not count.
    """
    prefix = f"{__package__}."
    imported = {name: module for name, module in sys.modules.items() if name.startswith(prefix)}
    for name in imported:  # all: a grader must raise the Wrong that its `check` expects
        del sys.modules[name]
    module, _, function = grader.rpartition(".")
    try:
        checking, graders = (_load(prefix + name) for name in ("checking", module))
    finally:
        for name in [name for name in sys.modules if name.startswith(prefix)]:
            del sys.modules[name]
        sys.modules.update(imported)
        for name, module_before in imported.items():  # an import binds its module here too
            parent, _, child = name.rpartition(".")
            setattr(sys.modules[parent], child, module_before)
    try:
        checking.check(getattr(graders, function), answer, student, salt)
    except checking.NotPassed as told:  # its class is another one than here
        failed = NotPassed(*told.args)
        failed.share = told.share
        raise failed from None


def _load(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
