"""The same model under torch's own FSDP2, DTensor and `torchrun`: equal results."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

from deepseek_book_utils.parallel.data import own_part
from deepseek_book_utils.parallel.group import run_group
from tests.reference.parallel.test_parallel import (
    STYLES,
    P,
    alone,
    check_split_gradients,
    close,
    gradients,
    loss_of,
    model_in,
    texts,
)

ROOT = Path(__file__).parents[3]


def whole(found: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Every process's parts of the gradients, put together."""
    return {name: g.full_tensor() if hasattr(g, "full_tensor") else g for name, g in found.items()}


def sharded(style: str) -> dict[str, Any]:
    """FSDP2: each process keeps a half of every weight and reads its own rows."""
    model, tokens = model_in(style), own_part(texts())
    mesh = dist.init_device_mesh("cpu", (P,))
    for block in model.blocks:
        # a block is not called as a whole, so what it calls is
        for part in (*block.norms, block.qkv, block.out, block.up, block.down):
            fully_shard(part, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    loss_of(model(tokens[:, :-1]), tokens[:, 1:]).backward()
    first = {name: gradient.clone() for name, gradient in whole(gradients(model)).items()}
    optimizer.step()
    kept = sum(weight.to_local().numel() for weight in model.parameters())
    return {"gradients": first, "weights": whole(dict(model.named_parameters())), "kept": kept}


def split_networks(style: str) -> dict[str, Any]:
    """DTensor: the network of every block, cut by outputs and then by inputs."""
    model, tokens = model_in(style), texts()
    mesh = dist.init_device_mesh("cpu", (P,))
    plan = {"up": ColwiseParallel(), "gate": ColwiseParallel(), "down": RowwiseParallel()}
    for block in model.blocks:
        parts = {name: how for name, how in plan.items() if hasattr(block, name)}
        parallelize_module(block, mesh, parts)
    logits = model(tokens[:, :-1])
    loss_of(logits, tokens[:, 1:]).backward()
    return {"logits": logits.detach(), "gradients": whole(gradients(model))}


def everything(rank: int) -> dict[str, Any]:
    return {
        "sharded": {style: sharded(style) for style in STYLES},
        "split": {style: split_networks(style) for style in STYLES},
    }


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return run_group(everything, range(P))


@pytest.mark.parametrize("style", STYLES)
def test_fsdp2_shards_the_gpt_and_keeps_its_gradients_and_first_step(found, style: str) -> None:
    _, expected = alone(style)
    model, tokens = model_in(style), texts()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    loss_of(model(tokens[:, :-1]), tokens[:, 1:]).backward()
    optimizer.step()
    numbers = sum(weight.numel() for weight in model.parameters())
    for one in (each["sharded"][style] for each in found):
        assert one["gradients"].keys() == expected.keys()
        for name, gradient in expected.items():
            close(one["gradients"][name], gradient)
        for name, weight in model.named_parameters():
            torch.testing.assert_close(one["weights"][name], weight, rtol=0, atol=1e-6)
        assert 0.45 * numbers < one["kept"] < 0.6 * numbers
    assert sum(each["sharded"][style]["kept"] for each in found) == numbers


@pytest.mark.parametrize("style", STYLES)
def test_dtensor_splits_the_networks_of_the_gpt(found, style: str) -> None:
    _, expected = alone(style)
    logits = model_in(style)(texts()[:, :-1])
    for one in (each["split"][style] for each in found):
        close(one["logits"], logits)
        assert one["gradients"].keys() == expected.keys()
        for name, gradient in expected.items():
            close(one["gradients"][name], gradient)


def test_the_books_functions_run_under_torchrun(tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(P)]
    launcher += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", "--local-addr", "127.0.0.1"]
    script = "tests.reference.parallel.under_torchrun"
    command = [*launcher, "-m", script, str(tmp_path)]
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    environment = os.environ | {"GLOO_SOCKET_IFNAME": loopback, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr[-3000:]
    both = [torch.load(tmp_path / f"{rank}.pt") for rank in range(P)]
    loss, expected = alone("gpt2")
    for one in both:
        for name, gradient in expected.items():
            close(one["data"]["gradients"][name], gradient)
        close(one["tensor"]["logits"], model_in("gpt2")(texts()[:, :-1]))
        assert one["hybrid"]["loss"] == pytest.approx(loss, abs=1e-9)
    split = [one["tensor"]["gradients"] for one in both]
    check_split_gradients(split, expected, model_in("gpt2"), range(3))
