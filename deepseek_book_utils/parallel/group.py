"""Processes that meet, and sums that pass through them with a gradient.

A collective operation is called by every process of a group. Two of them, used
backwards and forwards, are all that a split layer needs: where one copies, its gradient
adds, and where one adds, its gradient copies (Shoeybi et al., arXiv 1909.08053, section
3: the functions f and g). Nothing here listens for strangers: the processes of one
machine meet at a file.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from .processes import run_processes


def stay_local() -> None:
    """Let gloo listen on this machine's loopback only, unless told otherwise."""
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)


def _join(
    number: int, argument: Any, size: int, meeting: str, function: Callable[[Any], Any]
) -> Any:
    """Join the group that meets at this file, call the function, leave."""
    stay_local()
    store = dist.FileStore(meeting, size)  # a path, where a URL would end at a #
    dist.init_process_group("gloo", store=store, rank=number, world_size=size)
    result = function(argument)
    dist.barrier()  # nobody leaves while another still waits for word
    dist.destroy_process_group()  # not after an error: others would seem to fail first
    return result


def run_group(
    function: Callable[[Any], Any], arguments: Sequence[Any], timeout: float = 600.0
) -> list[Any]:
    """Call function(arguments[i]) in process i of a gloo group; returns what they
    return.

    `dist.get_rank()` says i there. Raises RuntimeError with the traceback of the
    process that failed, and TimeoutError.
    """
    with tempfile.TemporaryDirectory() as folder:
        member = partial(
            _join,
            size=len(arguments),
            meeting=f"{folder}/meeting",
            function=function,
        )
        return run_processes(member, list(enumerate(arguments)), timeout=timeout)


class _Copy(torch.autograd.Function):
    """f: nothing forwards, the sum over all processes backwards."""

    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient


class _Sum(torch.autograd.Function):
    """g: the sum over all processes forwards, nothing backwards."""

    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        x = x.contiguous().clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        return gradient


class _Gather(torch.autograd.Function):
    """Every process's rows, in order, forwards; its own rows of the gradient
    backwards.
    """

    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        everyone = [torch.empty_like(x) for _ in range(dist.get_world_size())]
        dist.all_gather(everyone, x.contiguous())
        return torch.cat(everyone)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        return gradient.chunk(dist.get_world_size())[dist.get_rank()]


def copy_to_all(x: Tensor) -> Tensor:
    """x, which every process already has; its gradient is the sum of theirs."""
    return _Copy.apply(x)


def sum_of_all(x: Tensor) -> Tensor:
    """The sum of every process's x; each gets the whole gradient."""
    return _Sum.apply(x)


def gather_rows(x: Tensor) -> Tensor:
    """(B, ...) of each of n processes -> (n B, ...) in all of them.

    Backwards each process keeps its own rows of the gradient: right where all go on to
    compute the same from the gathered rows.
    """
    return _Gather.apply(x)
