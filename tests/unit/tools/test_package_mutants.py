"""The runner of package mutants tells what tests notice from what they do not; a sample of one module."""

import subprocess
import sys
import types
from pathlib import Path

from tools.package_mutants import TESTS, apply_mutant, mutants_in

SOURCE = """\
from dataclasses import dataclass

LIMIT = 3


@dataclass(frozen=True)
class Settings:
    rate: float = 0.5

    def doubled(self) -> float:
        return self.rate * 2


def check(count: int) -> int:
    if count < LIMIT:
        raise ValueError(f"{count + 1} is too few")
    return count - 1
"""


def test_every_module_and_test_file_that_is_named_exists(root: Path) -> None:
    for module, tests in TESTS.items():
        assert (root / "deepseek_book_utils" / f"{module}.py").is_file() and tests
        assert all((root / test).is_file() for test in tests)


def test_error_messages_are_not_mutated_and_places_are_named() -> None:
    found = {f"{place}: {mutant.fault}" for mutant, place in mutants_in(SOURCE)}
    assert "check: count - 1 -> count + 1" in found and "Settings: 0.5 -> 1.5" in found
    assert not any("count + 1 -> " in fault for fault in found)


def test_functions_and_fields_change_in_place_wherever_they_are_held(monkeypatch) -> None:
    module = types.ModuleType("small_module")
    module.__file__ = "small_module.py"
    monkeypatch.setitem(sys.modules, "small_module", module)
    exec(SOURCE, module.__dict__)
    held, kind = [module.check], module.Settings
    apply_mutant(module, SOURCE.replace("count - 1", "count + 7").replace("0.5", "4.5").replace("* 2", "* 3"))
    assert held[0](3) == 10 and kind().rate == 4.5 and kind().doubled() == 13.5


def test_a_sample_of_one_module_is_noticed(root: Path) -> None:
    """All of them, and the other modules: `make mutants`."""
    command = [sys.executable, "-m", "tools.package_mutants", "reasoning/rewards", "--every", "3"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=280)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "reasoning/rewards" in result.stdout and "noticed" in result.stdout
