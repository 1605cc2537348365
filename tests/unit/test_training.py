"""Seeds, scale, progress bars and checkpoints."""

import errno
import hashlib
import io
import os
import random
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deepseek_book_utils import training


def test_the_same_seed_gives_the_same_numbers_everywhere() -> None:
    draws = []
    for _ in range(2):
        training.seed_everything(7)
        draws.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert draws[0] == draws[1]
    with pytest.raises(ValueError, match="outside"):
        training.seed_everything(-1)


def test_scale_follows_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPSEEK_BOOK_DEVICE", raising=False)
    monkeypatch.setenv("DEEPSEEK_BOOK_SCALE", "cpu")
    scale = training.pick_scale()
    assert (scale.name, scale.device.type, scale.choose(cpu=1, gpu=2)) == ("cpu", "cpu", 1)
    monkeypatch.setenv("DEEPSEEK_BOOK_SCALE", "gpu")
    assert training.pick_scale().choose(cpu=1, gpu=2) == 2
    monkeypatch.setenv("DEEPSEEK_BOOK_SCALE", "tpu")
    with pytest.raises(ValueError, match="use cpu or gpu"):
        training.pick_scale()


def test_scale_without_the_variable_follows_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPSEEK_BOOK_DEVICE", raising=False)
    monkeypatch.delenv("DEEPSEEK_BOOK_SCALE", raising=False)
    for found, expected in (("cuda", ("gpu", "cuda")), ("mps", ("cpu", "cpu")), ("cpu", ("cpu", "cpu"))):
        monkeypatch.setattr(training, "pick_device", lambda found=found: torch.device(found))
        scale = training.pick_scale()
        assert (scale.name, scale.device.type) == expected


def test_progress_is_silent_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert list(training.progress(range(3), "steps")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_progress_shows_in_a_front_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebook.ipynb")
    assert list(training.progress(iter(range(3)), "steps", total=3)) == [0, 1, 2]
    assert "steps" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    list(training.progress(range(3), "steps"))
    assert capsys.readouterr().err == ""


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    state = {
        "model": nn.Linear(2, 3).state_dict(),
        "step": 4,
        "rng": torch.get_rng_state(),
        "log": [{"a": 0.5}],
    }
    path = tmp_path / "deep" / "run.pt"
    training.save_checkpoint(path, state)
    loaded = training.load_checkpoint(path)
    assert loaded["step"] == 4 and loaded["log"] == [{"a": 0.5}]
    assert torch.equal(loaded["rng"], state["rng"])
    assert torch.equal(loaded["model"]["weight"], state["model"]["weight"])


def test_an_interrupted_write_keeps_the_old_checkpoint_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.pt"
    training.save_checkpoint(path, {"step": 1})

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device; an older file is left.*run.pt"):
        training.save_checkpoint(path, {"step": 2})
    assert training.load_checkpoint(path) == {"step": 1}
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_checkpoint_is_a_file_like_any_other(tmp_path: Path) -> None:
    path, link = tmp_path / "run.pt", tmp_path / "link.pt"
    link.symlink_to(path)
    old, young = tmp_path / ".run.pt.1.part", tmp_path / ".run.pt.2.part"
    for left, age in ((old, 7200), (young, 60)):
        left.write_bytes(b"of a save that was killed")
        os.utime(left, (time.time() - age,) * 2)
    before = os.umask(0o022)
    try:
        training.save_checkpoint(link, {"step": 1})
    finally:
        os.umask(before)
    assert link.is_symlink() and training.load_checkpoint(path) == {"step": 1}
    assert path.stat().st_mode & 0o777 == 0o644
    assert not old.exists() and young.exists()  # the young one may still be written
    assert torch.load(path, weights_only=True) == {"step": 1}


def test_a_changed_byte_is_found_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    training.save_checkpoint(path, {"weight": torch.arange(100.0), "step": 1})
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="damaged: delete it and train again"):
            training.load_checkpoint(path)


def test_what_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="save only tensors"):
        training.save_checkpoint(tmp_path / "run.pt", {"model": nn.Linear(2, 2)})
    assert os.listdir(tmp_path) == []


class Evil:
    """What a pickled file could run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize("harm", ["missing", "empty", "text", "cut", "code", "tensor", "other"])
def test_a_bad_checkpoint_says_what_to_do(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "run.pt"
    training.save_checkpoint(path, {"weight": torch.zeros(100)})
    whole = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm in ("empty", "text", "cut"):
        path.write_bytes({"empty": b"", "text": b"hello", "cut": whole[: len(whole) // 2]}[harm])
    else:
        buffer = io.BytesIO(b"no archive")  # with a sum that fits: whoever writes code can write that too
        if harm != "other":
            torch.save({"x": Evil()} if harm == "code" else torch.zeros(1), buffer)
        path.write_bytes(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())
    error = FileNotFoundError if harm == "missing" else ValueError
    with pytest.raises(error, match="run the training" if harm == "missing" else "delete it and train again"):
        training.load_checkpoint(path)


def test_weights_of_another_shape_are_named() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = model[0].weight.clone()
    with pytest.raises(ValueError, match=r"'0.weight' has shape \(4, 2\) in the checkpoint and \(3, 2\)"):
        training.load_weights(model, nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1)).state_dict())
    with pytest.raises(ValueError, match="no '1.weight': build the model with"):
        training.load_weights(model, nn.Sequential(nn.Linear(2, 3)).state_dict())
    with pytest.raises(ValueError, match="'1.weight', which the model lacks"):
        training.load_weights(nn.Sequential(nn.Linear(2, 3)), model.state_dict())
    assert torch.equal(model[0].weight, before)
    other = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    training.load_weights(model, other.state_dict())
    assert torch.equal(model[0].weight, other[0].weight)
