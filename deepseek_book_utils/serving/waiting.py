"""Many requests from one thread: whoever waits for an answer lets the others go on.

The batches are those of `batching`: a queue, and a worker beside the loop of events
that answers together what has gathered. Here no thread stands still for each request:
it gives a future, and the loop comes back to it. Left out: answers that arrive word by
word, and a request that joins a batch which is already being written.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from ..lm.policy import Policy
from ..lm.sampling import generate, pad_left
from .batching import Batcher, Request


class Answered(NamedTuple):
    """An answer, and how many seconds after its question it came."""

    answer: Any
    seconds: float


def text_writer(
    model: Policy, new: int, *, end: int, pad: int
) -> Callable[[list[list[int]]], list[list[int]]]:
    """A function that continues many texts at once, each by at most `new` of the
    likeliest tokens; as a `Batcher` asks for it.
    """

    def write(texts: list[list[int]]) -> list[list[int]]:
        prompts, dice = pad_left(texts, pad), torch.Generator()
        said = generate(model, prompts, 1, dice, new, 0.0, end=end, pad=pad)
        rows = zip(said.responses.tolist(), said.lengths.tolist(), strict=True)
        return [row[:length] for row, length in rows]

    return write


async def ask(batcher: Batcher, asked: Any) -> Any:
    """The answer to one request; meanwhile the loop of events does other things.

    Raises queue.Full if too many wait already, TimeoutError if there is no answer in
    time, and what the model raised.
    """
    request = Request(asked)
    batcher.waiting.put_nowait(request)
    # a request that was given up is cancelled, and the worker leaves it out
    async with asyncio.timeout(batcher.settings.timeout):
        return await asyncio.wrap_future(request.answer)


async def ask_at(batcher: Batcher, asked: Any, delay: float) -> Answered:
    """The same after `delay` seconds, and how long the answer took."""
    await asyncio.sleep(delay)
    begin = time.perf_counter()
    answer = await ask(batcher, asked)
    return Answered(answer, time.perf_counter() - begin)


async def ask_all(
    batcher: Batcher, questions: Sequence[Any], gap: float
) -> list[Answered]:
    """Ask one question every `gap` seconds, whether or not those before are answered;
    the answers in the order of the questions.
    """
    waiting = [ask_at(batcher, asked, n * gap) for n, asked in enumerate(questions)]
    return list(await asyncio.gather(*waiting))
