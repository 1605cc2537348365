"""The runner on a small repository: what is stale runs, and a record is whole or not there."""

import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from deepseek_book_utils.records import RECORD_SEEDS
from experiments.recording import plain, renamed, without_seconds, write_record

ROOT = Path(__file__).resolve().parents[3]
TASK = '"""A task."""\n\n\ndef play(seed):\n    return seed / 3\n'
TOY = """
from deepseek_book_utils.task import play

SETTINGS = {"steps": 3}


def run_seed(seed):
    return {"return": play(seed), "seconds": 0.1 * seed}
"""
NAME = "ch01/toy"


@dataclass(frozen=True)
class Pen:
    slip: float = 1 / 3
    words: tuple[str, ...] = ("a", "b")


class Book:
    """A repository with one experiment, and torch played by two lines."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.record = root / "deepseek_book_utils" / "recorded" / f"{NAME}.json"
        (root / "experiments" / "ch01").mkdir(parents=True)
        shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        for path in [*(ROOT / "experiments").glob("*.py"), ROOT / "deepseek_book_utils" / "records.py"]:
            (root / path.parent.name).mkdir(exist_ok=True)
            shutil.copy(path, root / path.parent.name)
        (root / "deepseek_book_utils" / "__init__.py").touch()
        (root / "experiments" / "ch01" / "toy.py").write_text(TOY)
        (root / "torch.py").write_text("__version__ = '3'\ndef set_num_threads(n): pass\n")
        (root / ".gitignore").write_text("__pycache__\n")
        self.git("init", "-q")
        self.edit(TASK)

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout

    def edit(self, task: str, commit: bool = True) -> None:
        (self.root / "deepseek_book_utils" / "task.py").write_text(task)
        if commit:
            self.git("add", "-A")
            self.git("commit", "-q", "--allow-empty", "-m", "edited")

    def run(self, *arguments: str, fails: bool = False) -> str:
        """What the runner says."""
        environment = os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "experiments", *arguments]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_what_is_stale_runs_and_nothing_else(book: Book) -> None:
    assert f"{NAME}: stale\n  there is no record yet" in book.run("--list")
    assert not book.record.exists()
    book.run()
    record = json.loads(book.record.read_text())
    assert [found["seed"] for found in record["seeds"]] == list(RECORD_SEEDS)
    assert record["seeds"][0]["return"] == 6.667 and record["settings"] == {"steps": 3}
    assert record["commit"] == book.git("rev-parse", "--short", "HEAD").strip()
    assert record["command"] == f"python -m experiments {NAME}" and record["torch"] == "3"
    assert record["cpu_seconds"] == pytest.approx(
        sum(one["cpu_seconds"] for one in record["seeds"]), abs=0.01
    )

    written = book.record.read_bytes()
    book.edit(TASK.replace("A task.", "The task."))
    assert book.run() == f"{NAME}: nothing to do\n" and book.record.read_bytes() == written
    book.run("--all")
    assert json.loads(book.record.read_text())["commit"] != record["commit"]


def test_a_record_is_whole_or_not_there(book: Book) -> None:
    book.edit(TASK.replace("return seed", "return 1 / (seed - 24)"))
    assert "ZeroDivisionError" in book.run(fails=True)
    assert not book.record.parent.exists()
    kept = sorted(book.root.glob("_build/seeds/ch01-toy-*/*.json"))
    assert {path.stem for path in kept} >= {"20"} and "24" not in {path.stem for path in kept}
    book.edit(TASK)
    book.run()
    written = book.record.read_bytes()
    book.edit(TASK.replace("3", "4"), commit=False)
    assert "changed: deepseek_book_utils/task.py" in book.run("--list")
    assert "commit first:\n M deepseek_book_utils/task.py" in book.run(fails=True)
    with pytest.raises(TypeError):
        write_record({"seeds": [object()]}, book.record)
    assert book.record.read_bytes() == written


def test_a_recording_that_was_cut_short_goes_on(book: Book) -> None:
    """Seeds that are done are not run again, unless the code is another."""
    (book.root / "experiments" / "ch01" / "toy.py").write_text(
        TOY.replace("def run", "SEEDS = range(40, 44)\n\n\ndef run").replace(
            "    return {", "    with open('ran', 'a') as file:\n        print(seed, file=file)\n    return {"
        )
    )
    book.edit(
        TASK.replace("return seed", "import os\n    return seed / (seed != 42 or os.path.exists('mended'))")
    )
    assert "ZeroDivisionError" in book.run("--processes", "1", fails=True)
    (book.root / "mended").touch()
    book.run("--processes", "1")
    assert sorted((book.root / "ran").read_text().split()) == ["40", "41", "42", "42", "43"]
    assert [found["seed"] for found in json.loads(book.record.read_text())["seeds"]] == [40, 41, 42, 43]
    assert not list(book.root.glob("_build/seeds/*"))


def test_a_stamp_keeps_the_numbers_and_says_so(book: Book) -> None:
    book.run()
    before = json.loads(book.record.read_text())
    book.edit(TASK.replace("seed", "number"))
    assert f"{NAME}: found again" in book.run("--verify", NAME)
    book.run("--stamp", "names only", NAME)
    after = json.loads(book.record.read_text())
    assert after["seeds"] == before["seeds"] and after["commit"] == before["commit"]
    assert after["stamp"]["why"] == "names only" and after["stamp"]["commit"] != before["commit"]
    assert f"{NAME}: fresh" in book.run("--list")

    book.edit(TASK.replace("3", "4"))
    assert "return: 5.0 was 6.667" in book.run("--verify", NAME, fails=True)
    (book.root / "experiments" / "ch01" / "toy.py").write_text(TOY.replace("3", "5"))
    book.edit(TASK)
    assert "steps: 5 was 3" in book.run("--stamp", "names only", NAME, fails=True)


def test_settings_become_plain() -> None:
    values = {"pen": Pen(), "cost": math.nan, "rule": partial(max, default=1), "made": Pen, "n": range(2)}
    assert plain(values) == {
        "pen": {"slip": 0.3333, "words": ["a", "b"]},
        "cost": None,
        "rule": "max(default=1)",
        "made": "Pen",
        "n": [0, 1],
    }


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"a": {"lr": 1, "clip": 2}}, {"a": {"clip_range": 2, "learning_rate": 1}}, True),
        ({"a": {"lr": 1, "clip": 2}}, {"a": {"clip": 1, "rate": 2}}, False),
        ({"lr": 1}, {"rate": 2}, False),
        ({"lr": 1}, {"lr": 2}, False),
        ({"lr": 1}, {"lr": 1, "steps": 2}, True),
        ({"lr": 1, "steps": 2}, {"lr": 1}, False),
        ({"a": {"lr": 1, "corpus": {"slip": 2}}}, {"a": {"rate": 1}, "corpus": {"slip": 2}}, True),
    ],
)
def test_other_names_are_no_other_settings(old: dict, new: dict, same: bool) -> None:
    assert renamed(old, new) == same


def test_time_is_not_part_of_what_is_found() -> None:
    found = {"seconds": 1, "a": {"stable_seconds": 2, "return": 3}, "cpu_seconds": 4}
    assert without_seconds(found) == {"a": {"return": 3}}
