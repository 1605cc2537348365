"""What every training loop of the book needs and none should repeat: seeds, scale, progress, checkpoints."""

import hashlib
import io
import os
import pickle
import random
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from deepseek_book_utils.device import pick_device

T = TypeVar("T")
DIGEST = hashlib.sha256().digest_size  # bytes at the end of a checkpoint


def seed_everything(seed: int) -> None:
    """Seed Python's, numpy's and torch's generators, on every device.

    Raises ValueError outside [0, 2**32).
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed {seed} is outside [0, 2**32), which numpy's generator needs")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@dataclass(frozen=True)
class Scale:
    """The one switch between a run on two CPU cores and a larger one on a GPU."""

    name: str  # "cpu" or "gpu"
    device: torch.device  # where models and batches live

    def choose(self, *, cpu: T, gpu: T) -> T:
        """The value that belongs to this scale: `steps = scale.choose(cpu=30, gpu=300)`."""
        return gpu if self.name == "gpu" else cpu


def pick_scale() -> Scale:
    """The GPU scale where CUDA is, else the CPU scale; DEEPSEEK_BOOK_SCALE=cpu|gpu overrides.

    The CPU scale's small models run on the CPU, not on mps, unless DEEPSEEK_BOOK_DEVICE names a device.
    Raises ValueError for another value of the variable.
    """
    device = pick_device()
    wanted = os.environ.get("DEEPSEEK_BOOK_SCALE", "").strip().lower()
    name = wanted or ("gpu" if device.type == "cuda" else "cpu")
    if name not in ("cpu", "gpu"):
        raise ValueError(f"DEEPSEEK_BOOK_SCALE={name!r} is unknown: use cpu or gpu, or unset it")
    if name == "cpu" and not os.environ.get("DEEPSEEK_BOOK_DEVICE"):
        device = torch.device("cpu")
    return Scale(name, device)


def _someone_watches() -> bool:
    """Whether a person sees the output now: a terminal, or a notebook opened in a front end."""
    if sys.stderr.isatty() or "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ:
        return True
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and "__vsc_ipynb_file__" in shell.user_ns  # VS Code


def progress(iterable: Iterable[T], description: str, total: int | None = None) -> Iterable[T]:
    """Go through `iterable` behind a progress bar; silent where nobody watches (builds, tests, CI)."""
    if os.environ.get("CI") or not _someone_watches():
        return iterable
    return tqdm(iterable, desc=description, total=total, leave=False)


def write_whole(path: str | Path, content: bytes) -> None:
    """Write beside the place, then move there: whoever is killed on the way leaves the old file.

    What a link points to is replaced, not the link. Raises OSError if there is no room.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*.part"):
        if time.time() - left.stat().st_mtime > 3600:  # its writer was killed
            left.unlink(missing_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise OSError(
            error.errno, f"{error.strerror or error}; an older file is left as it was", str(path)
        ) from error
    finally:
        part.unlink(missing_ok=True)


def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers, strings and containers of them to `path`, whole or not at all.

    An interruption leaves the old file. A sum over its
    content stands at its end, where torch.load does not look. Raises ValueError if `state` holds something
    that `load_checkpoint` would refuse, OSError if there is no room.
    """
    buffer = io.BytesIO()
    try:
        torch.save(state, buffer)
        buffer.seek(0)
        torch.load(buffer, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(f"{path}: save only tensors, numbers, strings, lists and dicts") from error
    content = buffer.getvalue()
    write_whole(path, content + hashlib.sha256(content).digest())


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote, tensors on the CPU; the file can hold no code that would run.

    Raises FileNotFoundError if there is none, ValueError if it is damaged or not a checkpoint of this book.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no checkpoint at {path}: run the training that writes it, or correct the path"
        )
    data = path.read_bytes()
    content, digest = data[:-DIGEST], data[-DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError(f"{path} is damaged: delete it and train again")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise ValueError(f"{path} holds code, or is no checkpoint: delete it and train again") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} holds a {type(state).__name__}, not a dict: delete it and train again")
    return state


def load_weights(model: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Copy weights into `model`.

    Raises ValueError naming the first parameter that is missing, unknown or of another shape.
    """
    own = model.state_dict()
    fix = "build the model with the checkpoint's settings, or delete the checkpoint and train again"
    for name, tensor in own.items():
        if name not in state_dict:
            raise ValueError(f"the checkpoint has no {name!r}: {fix}")
        if state_dict[name].shape != tensor.shape:
            theirs, ours = tuple(state_dict[name].shape), tuple(tensor.shape)
            raise ValueError(f"{name!r} has shape {theirs} in the checkpoint and {ours} in the model: {fix}")
    for name in state_dict:
        if name not in own:
            raise ValueError(f"the checkpoint has {name!r}, which the model lacks: {fix}")
    model.load_state_dict(state_dict)
