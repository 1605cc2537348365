"""The runner of package mutants tells what tests notice from what they do not; a sample of one module."""

import os
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path

from deepseek_book_utils.rl.value.targets import check_count
from tests.equivalent_package_mutants import EQUIVALENT
from tools.mutant_code import apply_mutant
from tools.mutant_runs import Reach, from_fork, reaching, watch
from tools.package_mutants import MORE_TESTS, files_of, named_mutants, shown_modules, try_module

SOURCE = """\
from dataclasses import dataclass, field

LIMIT = 3


@dataclass(frozen=True)
class Settings:
    rate: float = 0.5
    sizes: list[int] = field(default_factory=lambda: [8])
    also = "dropped"

    def doubled(self) -> float:
        return self.rate * 2


NUMBERS = {2: "two"}
RULES = {"twice": lambda count: count * 2, "as it is": Settings(1.0)}


def check(count: int) -> int:
    if count < LIMIT:
        raise ValueError(f"{count + 1} is too few")
    return count - 1
"""


def test_every_shown_module_has_test_files_that_exist(root: Path) -> None:
    shown = shown_modules()
    assert {"nn/autograd", "rl/policy/ppo", "reasoning/grpo"} <= set(shown) and set(MORE_TESTS) <= set(shown)
    for module in shown:
        tests = files_of(module)
        assert (root / "deepseek_book_utils" / f"{module}.py").is_file() and tests, module
        assert all((root / test.partition("::")[0]).is_file() for test in tests) and len(set(tests)) == len(
            tests
        ), module
    assert set(EQUIVALENT) <= set(shown)


def test_error_messages_are_not_mutated_and_places_are_named() -> None:
    found = [key for key, _ in named_mutants(SOURCE)]
    assert "check: count - 1 -> count + 1" in found and "Settings: 0.5 -> 1.5" in found
    assert not any("count + 1 -> " in fault for fault in found)
    assert len(set(found)) == len(found)


def test_equal_faults_in_one_function_have_numbers() -> None:
    twice = "def f(x):\n    return (x + 1) * (x + 1)\n"
    assert {"f: x + 1 -> x", "f: x + 1 -> x #2"} <= {key for key, _ in named_mutants(twice)}


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(SOURCE.split("\n"), 1) if text in line)


def test_a_mutant_is_shown_to_the_tests_that_reach_it_the_quick_ones_first() -> None:
    doubled, counts = line_of("self.rate * 2"), line_of("return count - 1")
    slow, quick, settings = (
        Reach(None, {counts}, 5.0),
        Reach(None, {line_of("if count"), counts}, 1.0),
        Reach(None, {doubled}, 2.0),
    )
    everything = [slow, quick, settings]
    assert reaching(counts, everything, SOURCE) == [quick, slow]
    looks = Reach(None, set(), 3.0)  # at defaults, and runs nothing
    assert reaching(line_of("rate: float"), [*everything, looks], SOURCE) == [settings, looks]
    assert reaching(line_of("LIMIT ="), everything, SOURCE) == [quick, settings, slow]
    slow.noticed = 9
    assert reaching(counts, everything, SOURCE) == [slow, quick]


def test_a_process_says_what_it_found_until_it_is_silent_for_too_long() -> None:
    def count(say: Callable) -> None:
        for number in range(3):
            say([number, None])
        time.sleep(60)

    assert list(from_fork(count, 1.0)) == [[0, None], [1, None], [2, None]]
    assert list(from_fork(lambda say: say("last"), 60)) == ["last"]
    assert list(from_fork(lambda say: os._exit(3), 60)) == []


SMALL_TEST = """
import functools

from deepseek_book_utils.rl.value.targets import check_count


@functools.cache
def last(count):
    return check_count(count=count)


def test_one_is_enough():
    assert last(1) is None
"""


def test_mutants_are_tried_and_the_code_is_itself_again(tmp_path: Path) -> None:
    """One of them is noticed by this test, and the rest survives it; a cache keeps nothing of a mutant."""
    path = tmp_path / "test_small.py"
    path.write_text(SMALL_TEST)
    outcomes = try_module("rl/value/targets", tests=[str(path)], wanted=lambda key: "check_count" in key)
    fate = {one.key: one.noticed for one in outcomes}
    assert fate["check_count: count < 1 -> count <= 1"] and not fate["check_count: 1 -> 0"]
    assert all(one.by.endswith("test_one_is_enough") for one in outcomes if one.noticed)
    check_count(one=1)


def test_lines_are_noted_while_they_run(tmp_path: Path) -> None:
    path = tmp_path / "watched.py"
    path.write_text("def f(x):\n    if x:\n        return 1\n    return (\n        2\n    )\n")
    names: dict = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    lines: set[int] = set()
    before = sys.gettrace()
    watch(str(path), lines)
    names["f"](True)
    sys.settrace(before)
    threading.settrace(None)
    assert lines == {1, 2, 3}


def test_functions_and_fields_change_in_place_wherever_they_are_held(monkeypatch) -> None:
    module = types.ModuleType("small_module")
    module.__file__ = "small_module.py"
    monkeypatch.setitem(sys.modules, "small_module", module)
    exec(SOURCE, module.__dict__)
    held, kind = [module.check, module.RULES["twice"]], module.Settings
    mutant = SOURCE.replace("count - 1", "count + 7").replace("0.5", "4.5").replace("* 2", "* 3")
    mutant = mutant.replace("[8]", "[9]")
    mutant = mutant.replace('also = "dropped"', "pass")
    undo = apply_mutant(module, mutant)
    assert held[0](3) == 10 and held[1](3) == 9 and kind().rate == 4.5 and kind().doubled() == 13.5
    assert not hasattr(kind, "also") and kind().sizes == [9]
    undo()
    assert held[0](3) == 2 and held[1](3) == 6 and kind().rate == 0.5 and kind().doubled() == 1
    assert kind.also == "dropped" and kind().sizes == [8]


def test_a_sample_of_one_module_is_noticed(root: Path) -> None:
    """All of them, and the other modules: `make mutants`."""
    command = [sys.executable, "-m", "tools.package_mutants", "rl/value/targets", "--every", "15"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=280)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "rl/value/targets" in result.stdout and "noticed" in result.stdout
