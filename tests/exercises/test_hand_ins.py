"""Whose file is it, and which is the newest? Paths of seven platforms, times, archives good and bad."""

from pathlib import Path

import pytest

from deepseek_book_utils.exercises.hand_ins import HandIn, hand_ins
from tests.exercises.odd_files import zipped

NAME = "04_r1_zero"


def damaged_directory(archive: bytes) -> bytes:
    """The archive with a list of contents that cannot be read."""
    return archive.replace(b"PK\x01\x02", b"PK\x00\x00")


@pytest.mark.parametrize(
    ("path", "who"),
    [
        (f"{NAME}-2026-11-28.zip/Ada Lovelace_48151_assignsubmission_file_/{NAME}.ipynb", "Ada Lovelace"),
        (f"Ada Lovelace_48151_assignsubmission_file/{NAME}.ipynb", "Ada Lovelace"),
        (f"Ada Lovelace_48151_assignsubmission_file_{NAME}.ipynb", "Ada Lovelace"),
        (f"lovelaceada_16_23_{NAME}.ipynb", "lovelaceada"),
        (f"lovelaceada_LATE_16_23_{NAME}-1.ipynb", "lovelaceada"),
        (f"Exercises 4_al815_attempt_2026-11-28-17-05-59_{NAME}.ipynb", "al815"),
        (f"123456-789 - Ada Lovelace - Nov 28, 2026 505 PM/{NAME}.ipynb", "Ada Lovelace"),
        (f"123456-789 - Ada Lovelace- Nov 28, 2026 505 PM - {NAME}.ipynb", "Ada Lovelace"),
        (f"assignment_42_export.zip/submission_481516/{NAME}.ipynb", "submission_481516"),
        (f"04-r1-zero-ada-l/{NAME}.ipynb", "ada-l"),
        (f"submissions/04-r1-zero-ada-l/notebooks/{NAME}.ipynb", "ada-l"),
        (f"Ada Lovelace - {NAME}.ipynb", "Ada Lovelace"),
        (f"ada_{NAME}.ipynb", "ada"),
        (f"ada_Copy of {NAME} (1).ipynb", "ada"),
        (f"ada/{NAME} (2).ipynb", "ada"),
        (f"ada/Copy of {NAME}.ipynb.txt", "ada"),
        (f"爱达_{NAME}.ipynb", "爱达"),
        (f"{NAME}.ipynb", ""),
    ],
)
def test_each_platform_has_its_names(path: str, who: str) -> None:
    assert HandIn(path, b"", 0.0).who(NAME) == who


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1-2 - Ada - Nov 28, 2026 505 PM", "1-2 - Ada - Dec 1, 2026 1105 AM"),
        ("1-2 - Ada - Nov 28, 2026 1159 AM", "1-2 - Ada - Nov 28, 2026 1205 PM"),
        ("4_ada_attempt_2026-11-28-09-00-00_", "4_ada_attempt_2026-12-01-09-00-00_"),
    ],
)
def test_a_time_in_the_name_is_a_time(old: str, new: str) -> None:
    ending = f"{NAME}.ipynb" if old.endswith("_") else f"/{NAME}.ipynb"
    assert HandIn(old + ending, b"", 9.0).age(NAME) < HandIn(new + ending, b"", 0.0).age(NAME)


def test_a_file_and_a_file_in_an_archive_have_one_clock(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"ada/{NAME}.ipynb": b"1"}))
    (tmp_path / f"ada_{NAME}.ipynb").write_bytes(b"2")
    in_archive, alone = (file for file in hand_ins(tmp_path) if isinstance(file, HandIn))
    assert abs(in_archive.modified - alone.modified) < 60


def test_an_archive_of_a_class_may_be_larger_than_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepseek_book_utils.exercises.hand_ins.LARGEST", 100)
    many = {f"{name}_{NAME}.ipynb": b"x" * 90 for name in ("ada", "ben", "eve")}
    (tmp_path / "all.zip").write_bytes(zipped(many))
    assert len([file for file in hand_ins(tmp_path) if isinstance(file, HandIn)]) == 3


def test_archives_are_opened_and_nothing_is_lost_in_silence(tmp_path: Path) -> None:
    data = b'{"cells": []}' * 20
    inner = zipped({f"ada/{NAME}.ipynb": data, "__MACOSX/._x": b"x"})
    (tmp_path / "all.zip").write_bytes(zipped({"inner.zip": inner, f"../eve_{NAME}.ipynb": data}))
    (tmp_path / "broken.zip").write_bytes(inner[:-30])
    (tmp_path / "directory.zip").write_bytes(damaged_directory(inner))
    (tmp_path / "stream.zip").write_bytes(inner[:60] + bytes(20) + inner[80:])
    (tmp_path / "bomb.zip").write_bytes(zipped({"x": b"\0" * (60 * 2**20)}))
    found = list(hand_ins(tmp_path))
    paths = {file.path: file.who(NAME) for file in found if isinstance(file, HandIn)}
    assert paths == {f"all.zip/inner.zip/ada/{NAME}.ipynb": "ada", f"all.zip/../eve_{NAME}.ipynb": "eve"}
    told = [file for file in found if isinstance(file, str)]
    names = ["bomb.zip/x", "broken.zip", "directory.zip", f"stream.zip/ada/{NAME}.ipynb"]
    assert [line.split(":")[0] for line in told] == names
    assert all("Fix:" in line for line in told)
    assert len(list(tmp_path.iterdir())) == 5
