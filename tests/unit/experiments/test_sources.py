"""When is a record stale? When code that it ran changed, and not when a comment did."""

from pathlib import Path

import pytest

from deepseek_book_utils.records import RECORD_SEEDS
from experiments.sources import differences, digest, record_names, sources_of, why_stale

CODE = '''
"""Losses."""
import math

# a comment
def loss(x: float, clip: float = 0.2) -> float:
    """The loss."""
    return min(x, clip) * math.pi
'''
RECORD = {
    "settings": {"ppo": {"clip": 0.2}, "every": 2},
    "seeds": [{"seed": seed} for seed in RECORD_SEEDS],
    "sources": {"a.py": "1", "b.py": "2"},
}


@pytest.fixture
def digest_of(tmp_path: Path):
    def of(text: str) -> str:
        (tmp_path / "loss.py").write_text(text)
        return digest(tmp_path / "loss.py")

    return of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another"),
        ('"""The loss."""', '"""What to make small."""'),
        ('    """The loss."""\n', ""),
        ('"""Losses."""', ""),
        ("min(x, clip) * math.pi", "(\n        min(x, clip)\n        * math.pi\n    )"),
    ],
)
def test_what_says_nothing_to_python_does_not_count(digest_of, old: str, new: str) -> None:
    assert old in CODE and digest_of(CODE.replace(old, new)) == digest_of(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.2", "0.3"),
        ("min(x, clip)", "min(clip, x)"),
        ("import math", "import cmath as math"),
        ("math.pi", "'math.pi'"),
        ('    """The loss."""\n', '    x = """The loss."""\n'),
        ("def loss", "async def loss"),
    ],
)
def test_what_python_reads_counts(digest_of, old: str, new: str) -> None:
    assert old in CODE and digest_of(CODE.replace(old, new)) != digest_of(CODE)


def test_a_package_that_only_says_what_it_is_holds_no_code(digest_of) -> None:
    assert digest_of('"""Losses, by paper."""\n') == ""
    assert digest_of('"""Losses, by paper."""\n\n__version__ = "0.2.0"\n') == ""


def test_sources_are_what_the_experiment_runs() -> None:
    sources = sources_of("ch04/rates")
    assert {"experiments/ch04/rates.py", "deepseek_book_utils/rl/policy/ppo.py"} <= sources.keys()
    assert "deepseek_book_utils/rl/value/dqn.py" not in sources


def test_an_experiment_makes_a_record_and_a_table_printer_none() -> None:
    names = record_names()
    assert "ch04/ppo" in names and "ch04/r1_zero_ingredients" not in names


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, []),
        ({"settings": {"ppo": {"clip": 0.3}, "every": 2}}, ["setting ppo.clip: 0.2 was 0.3"]),
        ({"settings": {"ppo": {"clip": 0.2}}}, ["setting every: 2 was null"]),
        ({"seeds": RECORD["seeds"][:4]}, ["its seeds are not those of today"]),
        ({"sources": {"a.py": "9", "b.py": "2"}}, ["changed: a.py"]),
        ({"sources": {"a.py": "1"}}, ["new: b.py"]),
        ({"sources": {"a.py": "1", "b.py": "2", "c.py": "3"}}, ["gone: c.py"]),
    ],
)
def test_a_stale_record_says_why(change: dict, why: list[str]) -> None:
    assert why_stale(RECORD | change, RECORD["settings"], RECORD["sources"], RECORD_SEEDS) == why


def test_a_record_that_cannot_say_is_stale() -> None:
    assert why_stale({}, {}, {}, RECORD_SEEDS) == ["there is no record yet"]
    silent = {key: value for key, value in RECORD.items() if key != "sources"}
    assert why_stale(silent, RECORD["settings"], {}, RECORD_SEEDS) == ["it does not say which code made it"]


def test_differences_name_the_place() -> None:
    assert differences({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}) == ["a.b: [1, 3] was [1, 2]"]
