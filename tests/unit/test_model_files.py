"""Model files: whole or not at all, damage is found, nothing in them runs."""

import errno
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

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

    monkeypatch.setattr(os, "fsync", full)
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
import pathlib
import sys
import time
import torch
from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.model_files import save_model

class Half:
    def __init__(self, file): self.file = file
    def __enter__(self): return self
    def __exit__(self, *error): self.file.close()
    def __getattr__(self, name): return getattr(self.file, name)
    def write(self, content):
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        print("half of it is written", flush=True)
        time.sleep(600)

plain, model = pathlib.Path.open, LanguageModel(ModelSettings(vocabulary=9))
pathlib.Path.open = lambda path, *mode, **named: Half(plain(path, *mode, **named))
save_model(sys.argv[1], model, who="new")
"""


def test_kill_9_in_the_middle_of_a_save_leaves_the_old_file(tmp_path: Path) -> None:
    """A real process, killed when half of the bytes are on the disk."""
    path = tmp_path / "m"
    save_model(path, small(), who="old")
    with subprocess.Popen([sys.executable, "-c", SAVES, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout and b"half" in writer.stdout.readline()
        writer.kill()  # kill -9
    assert len(os.listdir(tmp_path)) == 2  # the old file, and half of a new one
    assert load_model(path, LanguageModel, ModelSettings)[1] == {"who": "old"}
