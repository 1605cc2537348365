"""Which device is taken, and in which precision it computes."""

import pytest
import torch
from torch import nn

from deepseek_book_utils import device

CPU = torch.device("cpu")


def test_the_fastest_device_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPSEEK_BOOK_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.pick_device() == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.pick_device() == torch.device("cuda")


def test_the_variable_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("DEEPSEEK_BOOK_DEVICE", " CPU ")
    assert device.pick_device() == CPU
    monkeypatch.setenv("DEEPSEEK_BOOK_DEVICE", "cuda:1")
    assert device.pick_device() == torch.device("cuda:1")


def test_an_unknown_or_absent_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_BOOK_DEVICE", "gpu")
    with pytest.raises(ValueError, match="use cuda, mps or cpu"):
        device.pick_device()
    monkeypatch.setenv("DEEPSEEK_BOOK_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="unset it"):
        device.pick_device()


def test_autocast_is_real_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.pick_dtype(CPU) == torch.float32
    with device.autocast(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: including_emulation)
    t4 = torch.device("cuda")  # emulates bfloat16 only
    assert device.pick_dtype(t4) == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert device.pick_dtype(t4) == torch.bfloat16


def test_weights_that_learn_inside_autocast_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch keeps its bfloat16 copies of weights until a context ends: a loop inside it learns nothing."""
    monkeypatch.setattr(device, "has_real_bf16", lambda _: True)
    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.25)
    with device.autocast(CPU):
        assert layer(torch.ones(1, 1)).dtype == torch.bfloat16
        for _ in range(20):
            optimizer.zero_grad()
            loss = (layer(torch.ones(1, 1)).float() - 1).square().sum()
            loss.backward()
            optimizer.step()
    assert loss < 1e-3
