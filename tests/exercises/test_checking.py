"""What `check` says of right and wrong answers, of code that crashes or never ends, and of our own faults."""

import re
import signal
import sys
import time
from collections.abc import Callable

import pytest

from deepseek_book_utils.exercises import checking, nbgrader_support
from deepseek_book_utils.exercises.ch04 import grpo
from deepseek_book_utils.exercises.checking import (
    NotGraded,
    NotPassed,
    Wrong,
    ask,
    check,
    check_unseen,
    seed_of,
)
from tools.sync import ROOT


def two(answer: Callable[[], int], seed: int) -> None:
    """A grader: the answer is 2."""
    if ask(answer) != 2:
        raise Wrong("Two is asked for.", "Count.")


def broken(answer: Callable[[], int], seed: int) -> None:
    """A grader with a fault of its own."""
    raise KeyError("ours")


def test_a_right_answer_passes(capsys) -> None:
    check(two, lambda: 2)
    assert capsys.readouterr().out == "✔ two: passed.\n"


def test_a_wrong_answer_is_told_why_without_a_traceback() -> None:
    with pytest.raises(NotPassed) as told:
        check(two, lambda: 3)
    assert told.value._render_traceback_() == ["✘ two: failed.", "  Two is asked for.", "  Hint: Count."]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero in line 2 (1 / 0)"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("return answer()", "RecursionError"),
        ("raise NotImplementedError()", "There is no answer yet."),
        ("return undefined", "NameError: name 'undefined' is not defined"),
    ],
)
def test_code_that_crashes_ends_in_a_message(code, says, monkeypatch) -> None:
    source = f"def answer():\n    {code}\n"
    names: dict = {"__name__": "__main__"}
    exec(compile(source, "<cell>", "exec"), names)
    monkeypatch.setitem(
        sys.modules["linecache"].cache, "<cell>", (len(source), None, source.splitlines(True), "<cell>")
    )
    with pytest.raises(NotPassed, match=re.escape(says)):
        check(two, names["answer"])


def test_a_fault_of_ours_is_not_graded() -> None:
    with pytest.raises(NotGraded, match="not your fault and costs no points"):
        check(broken, lambda: 2)


@pytest.mark.parametrize("limit", ["COMPUTING", "CLOCK"])
def test_time_runs_out_for_loops_and_for_sleepers(limit, monkeypatch) -> None:
    monkeypatch.setattr(checking, limit, 0.2)

    def endless() -> int:
        while True:
            try:
                time.sleep(0.05 if limit == "CLOCK" else 0)
            except Exception:  # noqa: BLE001  (as students do; the alarm is no Exception)
                raise AssertionError("the alarm was caught") from None

    before = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)]
    with pytest.raises(NotPassed, match="still running"):
        check(two, endless)
    assert [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)] == before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_id_and_salt_choose_the_data(monkeypatch) -> None:
    assert len({seed_of("ada"), seed_of("ben"), seed_of("ada", 1), seed_of("ada", 2)}) == 4
    assert seed_of("ada") == 3036724959  # the same on every machine, and in every version
    seeds: list[int] = []
    check(lambda answer, seed: seeds.append(seed), None, "ada", salt=7)
    assert seeds == [seed_of("ada", 7)]


def test_hidden_tests_draw_other_data_than_the_check(monkeypatch) -> None:
    """An answer that has learned the visible data by heart passes there, and there only."""
    known: dict = {}

    def advantages(rewards, group_size):
        return known[tuple(rewards.tolist())]

    right = grpo.right_advantages

    def watch(rewards, group_size):
        known[tuple(rewards.tolist())] = right(rewards, group_size)
        return right(rewards, group_size)

    check(grpo.group_advantages, watch, "ada")
    check(grpo.group_advantages, advantages, "ada")
    with pytest.raises(Exception, match="KeyError") as told:
        check_unseen("ch04.grpo.group_advantages", advantages, student="ada", salt=4107)
    assert type(told.value).__name__ == "NotPassed"


def test_a_grader_that_a_notebook_has_patched_does_not_serve_the_hidden_tests(monkeypatch) -> None:
    monkeypatch.setattr(grpo, "group_advantages", lambda answer, seed: None)
    monkeypatch.setattr(checking, "check", lambda *arguments, **options: None)
    with pytest.raises(Exception, match="returns nothing") as told:
        check_unseen("ch04.grpo.group_advantages", lambda rewards, group_size: None, student="ada", salt=1)
    assert type(told.value).__name__ == "NotPassed"


def test_the_instructors_page_names_the_limits_that_hold() -> None:
    page = (ROOT / "book" / "instructors.md").read_text(encoding="utf8")
    assert f"| {checking.COMPUTING:g} s of computing, or {checking.CLOCK:g} s by the clock |" in page
    assert f"| any cell | {nbgrader_support.CELL_SECONDS} s |" in page
