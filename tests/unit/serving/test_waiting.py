"""Many requests from one thread: answered together, each with its own answer, late ones given up."""

import asyncio
import queue
import threading
import time

import pytest
import torch

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.reuse import write_with_cache
from deepseek_book_utils.serving.batching import Batcher, ServingSettings
from deepseek_book_utils.serving.waiting import Answered, ask, ask_all, text_writer


def test_questions_that_come_together_are_one_batch_and_keep_their_order() -> None:
    sizes: list[int] = []

    def double(asked: list[int]) -> list[int]:
        sizes.append(len(asked))
        time.sleep(0.05)
        return [2 * number for number in asked]

    batcher = Batcher(double, ServingSettings(batch_size=8, patience=0.5))
    found = asyncio.run(ask_all(batcher, range(20), gap=0.0))
    assert all(isinstance(each, Answered) for each in found)
    assert [each.answer for each in found] == [2 * number for number in range(20)]
    assert sum(sizes) == 20 and max(sizes) == 8 and batcher.batches == len(sizes) <= 4
    assert found[0].seconds >= 0.05 and found[-1].seconds >= 0.1  # the last ones waited for two batches


def test_questions_come_one_after_the_other() -> None:
    came: list[float] = []

    def note(asked: list[int]) -> list[int]:
        came.extend(time.perf_counter() for _ in asked)
        return asked

    asyncio.run(ask_all(Batcher(note, ServingSettings(patience=0.0)), range(3), gap=0.1))
    assert came[1] - came[0] > 0.05 and came[2] - came[0] > 0.15


def test_the_loop_goes_on_while_the_model_computes_and_errors_arrive() -> None:
    release = threading.Event()

    def slow(asked: list[str]) -> list[str]:
        if "bad" in asked:
            raise ValueError("no such text")
        release.wait(10)
        return asked

    async def both() -> None:
        batcher = Batcher(slow, ServingSettings(patience=0.0))
        waiting = asyncio.create_task(ask(batcher, "good"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        release.set()  # this line runs although "good" is still being answered
        assert await waiting == "good"
        with pytest.raises(ValueError, match="no such text"):
            await ask(batcher, "bad")

    asyncio.run(both())


def test_a_full_queue_and_a_late_answer_are_said() -> None:
    release = threading.Event()
    seen: list[int] = []

    def slow(asked: list[int]) -> list[int]:
        seen.extend(asked)
        release.wait(10)
        return asked

    async def ask_too_much() -> None:
        batcher = Batcher(slow, ServingSettings(batch_size=1, queue=1, timeout=0.2, patience=0.0))
        first = asyncio.create_task(ask(batcher, 1))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(ask(batcher, 2))
        await asyncio.sleep(0.05)
        with pytest.raises(queue.Full):
            await ask(batcher, 3)
        for late in (first, second):
            with pytest.raises(TimeoutError):
                await late
        release.set()
        await asyncio.sleep(0.2)
        assert await ask(batcher, 4) == 4

    asyncio.run(ask_too_much())
    assert seen == [1, 4]  # 2 was given up before its turn


def test_texts_of_different_lengths_are_continued_as_each_alone() -> None:
    torch.manual_seed(1)
    model = GPT(GPTSettings(30, width=16, layers=2, heads=2, key_heads=2, hidden=32, context=40)).double()
    texts = [[3, 4, 5], [7], [8, 9, 10, 11, 12]]
    written = text_writer(model, 6, end=29, pad=0)(texts)
    for text, found in zip(texts, written, strict=True):
        alone = write_with_cache(model, torch.tensor([text]), 6)[0].tolist()
        assert 0 not in alone  # padding, which is never drawn
        assert found == (alone[: alone.index(29) + 1] if 29 in alone else alone)
