"""Where the book's code runs, and in which precision.

One device per process. Several processes or machines are torch.distributed's job, not this module's.
"""

import os
from contextlib import AbstractContextManager, nullcontext

import torch

DEVICES = ("cuda", "mps", "cpu")


def _available() -> list[str]:
    """Names of the devices of this machine, fastest first."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name in DEVICES if found[name]]


def pick_device() -> torch.device:
    """The fastest device of this machine (cuda, mps, cpu), or the one named by DEEPSEEK_BOOK_DEVICE.

    Raises ValueError if the variable names an unknown device, RuntimeError if this machine lacks it.
    """
    wanted = os.environ.get("DEEPSEEK_BOOK_DEVICE", "").strip().lower()
    if not wanted:
        return torch.device(_available()[0])
    kind = wanted.split(":")[0]
    if kind not in DEVICES:
        raise ValueError(f"DEEPSEEK_BOOK_DEVICE={wanted!r} is unknown: use cuda, mps or cpu, or unset it")
    if kind not in _available():
        raise RuntimeError(
            f"DEEPSEEK_BOOK_DEVICE={wanted!r}, but torch {torch.__version__} sees only "
            f"{', '.join(_available())} here: unset it, or install a torch build for your accelerator"
        )
    return torch.device(wanted)


def has_real_bf16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 itself: NVIDIA's GPUs from Ampere on. A T4 only emulates it."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def pick_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where it is real, else float32 (on the CPUs we measured, bfloat16 was slower)."""
    return torch.bfloat16 if has_real_bf16(device) else torch.float32


def autocast(device: torch.device) -> AbstractContextManager:
    """A context that computes matrix products in bfloat16 where it is real, and does nothing elsewhere.

    A whole training loop may stand inside: without torch's cache of the weights in bfloat16, which
    would stay those of the first update.
    """
    if has_real_bf16(device):
        return torch.autocast(device.type, dtype=torch.bfloat16, cache_enabled=False)
    return nullcontext()
