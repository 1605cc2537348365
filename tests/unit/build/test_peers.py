"""The tables of the page on peers say what `make bench` measured; the slope of a power is its exponent."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.scaling import exponent

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the extension."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    yield importlib.import_module("book_site.peers")


def test_the_slope_of_a_power_is_its_exponent() -> None:
    sizes = [1, 4, 16, 64]
    assert exponent(sizes, [3 * size**1.5 for size in sizes]) == pytest.approx(1.5)
    assert exponent(sizes, [7.0] * 4) == pytest.approx(0.0)


@pytest.mark.parametrize(("sizes", "seconds"), [([2], [1.0]), ([1, 2], [1.0, 0.0]), ([0, 2], [1.0, 1.0])])
def test_a_slope_needs_two_sizes_and_positive_numbers(sizes: list[int], seconds: list[float]) -> None:
    with pytest.raises(ValueError, match="two sizes and positive numbers"):
        exponent(sizes, seconds)


def test_every_part_is_a_table_of_what_was_measured(peers: ModuleType) -> None:
    told = {name: part().astext() for name, part in peers.PARTS.items()}
    read = {
        name: json.loads((ROOT / "benchmarks" / f"{name}.json").read_text("utf-8"))
        for name in ("results", "results_gpt", "results_scaling")
    }
    for one in [*read["results"]["benchmarks"], *sum(read["results_gpt"]["benchmarks"].values(), [])]:
        rival = one["rows"][1]
        assert one["title"] in told["pairs"]
        assert (
            f"{rival['ours_is_faster']:.2f} ({rival['lowest']:.2f} to {rival['highest']:.2f})"
            in told["pairs"]
        )
    for name, one in read["results_scaling"]["series"].items():
        assert name in peers.THEORY and f"{one['exponent']:.2f}" in told["growth"]
    assert "never" in told["cart-pole"] and "100" in told["service"]


def test_a_model_that_only_writes_meets_its_bars() -> None:
    """What the page says of it: how fast it is, beside what, and where the rest of the time goes."""
    read = json.loads((ROOT / "benchmarks" / "results_gpt.json").read_text("utf-8"))["benchmarks"]
    one, many, real = (
        {row["name"]: row["ours_is_faster"] for row in table["rows"]}
        for table in [*read["write"], *read["smollm2"]]
    )
    assert [table["aim"] for table in [*read["write"], *read["smollm2"]]] == [2, 2, 1.3]
    assert min(one["generate, dynamic cache"], one["generate, static cache"]) > 2
    assert many["generate, dynamic cache"] >= 2 > many["generate, static cache"]
    assert real["generate, dynamic cache"] >= 1.3 and real["its matrix products alone"] > 0.85
    for table, least in ((one, 1.25), (many, 1.15), (real, 1.25)):
        assert table["ours, as it is trained"] > least
    assert 0.9 < real["generate, dynamic cache"] / real["ours, as it is trained"] < 1.1


def test_lost_pairs_are_told_too(peers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = ({"name": name, "seconds": seconds} for name, seconds in (("ours", 2.0), ("theirs", 1.0)))
    rows = [ours, theirs | {"ours_is_faster": 0.5, "lowest": 0.4, "highest": 0.6}]
    files = {"results": {"benchmarks": [{"title": "Work", "rows": rows}]}, "results_gpt": {"benchmarks": {}}}
    files["results_tokenizer"] = {"cpu_seconds": {}}
    for name, found in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found), "utf-8")
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    assert "0.50 (0.40 to 0.60)" in peers.pairs().astext()
