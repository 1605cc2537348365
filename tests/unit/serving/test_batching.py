"""The queue and its worker: order, sizes, errors, time."""

import threading
import time
from queue import Full, Queue

import pytest

from deepseek_book_utils.serving.app import by_mode
from deepseek_book_utils.serving.batching import Batcher, Request, ServingSettings, answer_batch, take_batch
from tests.unit.serving.services import broken, sleepy, upper


def waiting(*asked: object) -> Queue:
    queue: Queue = Queue()
    for one in asked:
        queue.put(Request(one))
    return queue


def test_what_waits_is_taken_at_once_up_to_the_size_of_a_batch() -> None:
    queue = waiting(*range(5))
    assert [r.asked for r in take_batch(queue, 3, patience=60)] == [0, 1, 2]
    assert [r.asked for r in take_batch(queue, 3, patience=0)] == [3, 4]


def test_the_first_waits_for_company_as_long_as_it_has_patience() -> None:
    for patience, expected in ((0.0, [0]), (60.0, [0, 1])):
        queue = waiting(0)
        late = threading.Timer(0.3, queue.put, [Request(1)])
        late.start()
        assert [r.asked for r in take_batch(queue, 2, patience)] == expected
        late.join()


def test_only_who_made_a_mistake_is_told_of_it() -> None:
    batch = [Request(text) for text in ("a", "fail", "b")]
    answer_batch(batch, broken)
    assert [batch[i].answer.result(0)["answer"] for i in (0, 2)] == ["A", "B"]
    with pytest.raises(KeyError):
        batch[1].answer.result(0)


def test_a_model_that_loses_an_answer_is_found_out() -> None:
    batch = [Request("a"), Request("b")]
    answer_batch(batch, lambda texts: upper(texts)[1:])
    for request in batch:
        with pytest.raises(ValueError, match="zip"):
            request.answer.result(0)


def test_each_mode_answers_its_own_in_the_order_of_the_questions() -> None:
    answers = {"a": lambda texts: [{"a": t, "n": len(texts)} for t in texts], "b": upper}
    found = by_mode(answers)([("b", "x"), ("a", "y"), ("b", "z")])
    assert found == [{"answer": "X", "batch": 2}, {"a": "y", "n": 1}, {"answer": "Z", "batch": 2}]


def test_everybody_gets_the_answer_to_their_own_question() -> None:
    batcher, got = Batcher(upper, ServingSettings(batch_size=8)), {}

    def client(number: int) -> None:
        for i in range(50):
            got[f"{number}-{i}x"] = batcher.ask(f"{number}-{i}x")

    threads = [threading.Thread(target=client, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 800
    assert all(reply["answer"] == asked.upper() for asked, reply in got.items())
    assert max(reply["batch"] for reply in got.values()) <= 8
    assert batcher.requests == 800 and batcher.batches < 800


def test_a_full_queue_sends_away_and_a_slow_model_is_given_up() -> None:
    settings = ServingSettings(batch_size=1, queue=1, timeout=0.5, patience=0.0)
    batcher = Batcher(sleepy, settings)
    outcomes: list[type] = []

    def client() -> None:
        try:
            batcher.ask("2.0")
        except (Full, TimeoutError) as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=client) for _ in range(5)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)  # the worker takes the first
    for thread in threads:
        thread.join()
    assert sorted(o.__name__ for o in outcomes) == ["Full", "Full", "Full", "TimeoutError", "TimeoutError"]
    end = time.monotonic() + 30
    while batcher.working and time.monotonic() < end:
        time.sleep(0.05)
    assert batcher.ask("0.0") == {"answer": "0.0"}
    assert batcher.requests == 2  # the one that had given up in the queue cost nothing


def test_a_worker_counts_what_it_takes_and_leaves_out_who_has_given_up() -> None:
    seen: list[tuple[list[str], int]] = []

    def note(asked: list[str]) -> list[str]:
        seen.append((asked, batcher.working))
        return asked

    batcher = Batcher(note, ServingSettings(batch_size=2, patience=0.0))
    assert batcher.worker.daemon  # else Python would wait for it at its end
    assert (batcher.working, batcher.requests, batcher.batches) == (0, 0, 0)
    gone = Request("gone")
    gone.answer.cancel()
    batcher.waiting.put(gone)
    end = time.monotonic() + 60
    while batcher.waiting.qsize():
        assert time.monotonic() < end
        time.sleep(0.001)
    assert [batcher.ask(text) for text in ("a", "b", "c")] == ["a", "b", "c"]
    assert seen == [([text], 1) for text in ("a", "b", "c")]
    assert (batcher.requests, batcher.batches) == (3, 3)
    while batcher.working:  # it has answered, and is about to put its tools away
        assert time.monotonic() < end
        time.sleep(0.001)
    assert batcher.working == 0
