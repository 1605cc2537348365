"""Model files: whole or not at all, damage is found, nothing in them runs."""

import errno
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from deepseek_book_utils import model_files
from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.model_files import load_model, read_model_file, save_model
from deepseek_book_utils.nn.encoder import EncoderSettings
from deepseek_book_utils.training import save_checkpoint

SIZES = ModelSettings(vocabulary=9, starts=(1, 2), width=8, layers=1, heads=2)


def small(seed: int = 0) -> LanguageModel:
    torch.manual_seed(seed)
    model = LanguageModel(SIZES)
    torch.nn.init.normal_(model.head.weight)
    return model


def test_a_model_comes_back_with_its_settings_and_notes(tmp_path: Path) -> None:
    path, model = tmp_path / "deep" / "m.safetensors", small().double()
    save_model(path, model, opening="<book>", said="说 😀")
    loaded, notes = load_model(path, LanguageModel, ModelSettings)
    assert loaded.settings == SIZES and not loaded.training
    assert notes == {"opening": "<book>", "said": "说 😀"}
    tokens = torch.tensor([[1, 3, 4]])
    assert torch.equal(loaded(tokens), model.float()(tokens))
    assert os.listdir(path.parent) == ["m.safetensors"]


def test_safetensors_of_others_read_it(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors")
    save_model(tmp_path / "m", small())
    with safetensors.safe_open(tmp_path / "m", "pt") as file:
        assert set(file.keys()) == set(small().state_dict())


def test_a_changed_byte_is_found_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "m"
    save_model(path, small(), opening="<book>")
    whole = path.read_bytes()
    for place in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="make it again"):
            load_model(path, LanguageModel, ModelSettings)
    for cut in (0, 5, 200, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="damaged.*make it again"):
            load_model(path, LanguageModel, ModelSettings)


class Trap:
    def __reduce__(self) -> tuple:
        return (os.abort, ())


def test_nothing_in_a_file_runs(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="damaged"):
        read_model_file(path)
    save_checkpoint(path, {"model": small().state_dict()})
    with pytest.raises(ValueError, match="no model of this book"):
        read_model_file(path)


def test_another_kind_of_model_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m"
    with pytest.raises(FileNotFoundError, match="no model at .*make it"):
        read_model_file(path)
    save_model(path, small())
    with pytest.raises(ValueError, match="holds a LanguageModel"):
        load_model(path, torch.nn.Linear, EncoderSettings)
    with pytest.raises(ValueError, match="no LanguageModel of this release"):
        load_model(path, LanguageModel, EncoderSettings)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m"
    save_model(path, small(0))
    before = path.read_bytes()

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(model_files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_model(path, small(1))
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["m"]


def test_what_killed_writers_left_is_removed_after_an_hour(tmp_path: Path) -> None:
    old, young = tmp_path / ".m.1.part", tmp_path / ".m.2.part"
    for left, age in ((old, 7200), (young, 60)):
        left.write_bytes(b"half")
        os.utime(left, (time.time() - age,) * 2)
    save_model(tmp_path / "m", small())
    assert not old.exists() and young.exists()


SAVES = """
import sys
import torch
from deepseek_book_utils.model_files import save_model
from deepseek_book_utils.lm.model import LanguageModel, ModelSettings

model = LanguageModel(ModelSettings(vocabulary=9, width=256, layers=8))
for number in range(10_000):
    torch.nn.init.constant_(model.head.weight, number)
    save_model(sys.argv[1], model, number=str(number))
    print(number, flush=True)
"""


def test_kill_9_in_the_middle_of_a_save_leaves_a_whole_file(tmp_path: Path) -> None:
    """A real process that does nothing but save, killed at two different moments."""
    path = tmp_path / "m"
    for delay in (0.0, 0.03):
        writer = subprocess.Popen([sys.executable, "-c", SAVES, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        for _ in range(3):
            last = int(writer.stdout.readline())
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        rest = [int(line) for line in writer.communicate()[0].split()]
        done = rest[-1] if rest else last
        model, notes = load_model(path, LanguageModel, ModelSettings)
        assert int(notes["number"]) in (done, done + 1)  # moved there, and killed before it said so
        assert (model.head.weight == int(notes["number"])).all()
