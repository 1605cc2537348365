"""Real processes against one: data-, tensor-, hybrid and pipeline-parallel, and torch's own versions.

Starting two processes takes seconds, so one pair works through everything, and each test looks at its part.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.nn.parallel import DistributedDataParallel

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings, turns
from deepseek_book_utils.lm.open_weights.row_cache import look
from deepseek_book_utils.lm.open_weights.staged import cut_into_stages
from deepseek_book_utils.parallel.data import add_gradients, average_gradients, own_part, same_start
from deepseek_book_utils.parallel.group import gather_rows, run_group
from deepseek_book_utils.parallel.pipeline import run_stage
from deepseek_book_utils.parallel.tensor import ByInputs, ByOutputs, own_slice, split_block

P, V, T, B = 2, 31, 6, 4
STYLES = ("gpt2", "llama")
ORDERS = ("gpipe", "1f1b")


def model_in(style: str, seed: int = 0) -> GPT:
    torch.manual_seed(seed)
    keys = {"gpt2": 4, "llama": 2}[style]
    sizes = {"width": 16, "layers": 3, "heads": 4, "key_heads": keys, "hidden": 20, "context": 8}
    model = GPT(GPTSettings(V, style=style, tied=False, **sizes))
    for name, weight in model.named_parameters():
        if "norm" not in name:
            nn.init.normal_(weight, std=0.3)
    return model.double()


def texts() -> Tensor:
    return torch.randint(1, V, (B, T + 1), generator=torch.Generator().manual_seed(1))


def loss_of(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def gradients(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}


def alone(style: str) -> tuple[float, dict[str, Tensor]]:
    """One process, the whole batch."""
    model, tokens = model_in(style), texts()
    loss = loss_of(model(tokens[:, :-1]), tokens[:, 1:])
    loss.backward()
    return loss.item(), gradients(model)


def data_parallel() -> dict[str, Any]:
    """Two steps from weights that differ at first; and the gradients of torch's DDP."""
    model = model_in("gpt2", seed=dist.get_rank())
    same_start(model)
    theirs = DistributedDataParallel(model_in("gpt2"))
    tokens = own_part(texts())
    loss_of(theirs(tokens[:, :-1]), tokens[:, 1:]).backward()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    found = {"ddp": gradients(theirs.module)}
    for step in range(2):
        optimizer.zero_grad()
        loss_of(model(tokens[:, :-1]), tokens[:, 1:]).backward()
        average_gradients(model.parameters())
        if step == 0:
            found["gradients"] = {name: grad.clone() for name, grad in gradients(model).items()}
        optimizer.step()
    return found | {"weights": model.state_dict()}


def tensor_parallel(style: str) -> dict[str, Any]:
    model, tokens = model_in(style), texts()
    for block in model.blocks:
        split_block(block, model.settings.key_heads)
    logits = model(tokens[:, :-1])
    loss_of(logits, tokens[:, 1:]).backward()
    return {"logits": logits.detach(), "gradients": gradients(model)}


def two_matrices(split: Callable[[nn.Sequential], nn.Module]) -> dict[str, Any]:
    torch.manual_seed(0)
    model = split(nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 5)).double())
    x = torch.linspace(-1, 1, 18, dtype=torch.float64).view(3, 6).requires_grad_()
    y = model(x)
    y.square().sum().backward()
    return {
        "y": y.detach(),
        "x": x.grad,
        "first": whole(model[0].weight.grad),
        "bias": whole(model[2].bias.grad),
    }


def whole(gradient: Any) -> Tensor:
    return gradient.to_local() if hasattr(gradient, "to_local") else gradient


def ours_split(model: nn.Sequential) -> nn.Module:
    hidden = own_slice(8, "hidden channels")
    return nn.Sequential(ByOutputs(model[0], hidden), model[1], ByInputs(model[2], hidden))


def theirs_split(model: nn.Sequential) -> nn.Module:
    mesh = dist.init_device_mesh("cpu", (P,))
    return parallelize_module(model, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})


def hybrid() -> dict[str, Any]:
    """The first layer and the embedding see their own rows; then all rows meet in split layers."""
    model, tokens = model_in("gpt2"), texts()
    for block in model.blocks[1:]:
        split_block(block, 4)
    x = model.words(own_part(tokens)[:, :-1]) + model.positions.weight[:T]
    for number, block in enumerate(model.blocks):
        x = gather_rows(x) if number == 1 else x
        x = block.mix(x, look(*block.project(x, turns(model.settings, 0, T, x))))
    loss = loss_of(F.linear(model.norm(x), model.head.weight), tokens[:, 1:])
    loss.backward()
    shallow = [*model.words.parameters(), *model.positions.parameters(), *model.blocks[0].parameters()]
    add_gradients(shallow)
    return {"loss": loss.item(), "gradients": gradients(model)}


def pipeline(order: str) -> dict[str, Any]:
    model, tokens = model_in("llama"), texts()
    stage = cut_into_stages(model, (2, 1))[dist.get_rank()]
    targets = tokens[:, 1:].chunk(B)
    losses, events = run_stage(
        stage,
        tokens[:, :-1].chunk(B),
        lambda logits, piece: loss_of(logits, targets[piece]) / B,
        torch.empty(1, T, 16, dtype=torch.float64),
        order,
    )
    return {"loss": sum(losses), "gradients": gradients(stage), "events": events}


def torchs_pipeline() -> dict[str, Any]:
    from torch.distributed.pipelining import PipelineStage, Schedule1F1B  # seconds, so only where it is used

    model, tokens, rank = model_in("llama"), texts(), dist.get_rank()
    module = cut_into_stages(model, (2, 1))[rank]
    stage = PipelineStage(module, rank, P, torch.device("cpu"))
    schedule = Schedule1F1B(stage, n_microbatches=B, loss_fn=loss_of)
    losses: list[Tensor] = []
    if rank == 0:
        schedule.step(tokens[:, :-1])
    else:
        schedule.step(target=tokens[:, 1:], losses=losses)
    return {"loss": sum(loss.item() for loss in losses) / B, "gradients": gradients(module)}


def everything(rank: int) -> dict[str, Any]:
    assert dist.get_rank() == rank and dist.get_world_size() == P
    with pytest.raises(ValueError, match="3 rows cannot be shared evenly by 2"):
        own_part(torch.zeros(3))
    with pytest.raises(ValueError, match="5 heads cannot be shared evenly"):
        own_slice(5, "heads")
    return {
        "data": data_parallel(),
        "tensor": {style: tensor_parallel(style) for style in STYLES},
        "two": {"ours": two_matrices(ours_split), "theirs": two_matrices(theirs_split)},
        "hybrid": hybrid(),
        "pipeline": {order: pipeline(order) for order in ORDERS},
        "torch": torchs_pipeline(),
    }


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return run_group(everything, range(P))


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)


def test_averaged_gradients_are_those_of_the_whole_batch_and_of_ddp(found) -> None:
    _, expected = alone("gpt2")
    for one in found:
        assert one["data"]["gradients"].keys() == expected.keys() == one["data"]["ddp"].keys()
        for name, gradient in expected.items():
            close(one["data"]["gradients"][name], gradient)
            close(one["data"]["ddp"][name], gradient)


def test_two_steps_end_in_the_weights_of_one_process(found) -> None:
    model, tokens = model_in("gpt2"), texts()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss_of(model(tokens[:, :-1]), tokens[:, 1:]).backward()
        optimizer.step()
    for one in found:
        for name, weight in model.state_dict().items():
            torch.testing.assert_close(one["data"]["weights"][name], weight, rtol=0, atol=1e-6)


def parts(found: list[dict[str, Any]], name: str) -> list[Tensor]:
    return [one[name] for one in found]


@pytest.mark.parametrize("style", STYLES)
def test_split_layers_give_the_whole_models_logits_and_gradients(found, style: str) -> None:
    model, (_, expected) = model_in(style), alone(style)
    logits = model(texts()[:, :-1])
    split = [one["tensor"][style] for one in found]
    for one in split:
        close(one["logits"], logits)
    check_split_gradients([one["gradients"] for one in split], expected, model, range(3))


def check_split_gradients(split: list[dict], expected: dict, model: GPT, layers: range) -> None:
    """Slices side by side are the whole; what is not split is equal everywhere."""
    D, keys = 4, model.settings.key_heads
    for name, gradient in expected.items():
        both = parts(split, name)
        layer = int(name.split(".")[1]) if name.startswith("blocks") else -1
        if layer not in layers or "norms" in name or name.endswith(("out.bias", "down.bias")):
            for one in both:
                close(one, gradient)
        elif "qkv" in name:
            sizes = [4 * D // P, keys * D // P, keys * D // P]
            cut = [one.split(sizes) for one in both]
            close(torch.cat([torch.cat(each) for each in zip(*cut, strict=True)]), gradient)
        else:
            by_inputs = name.endswith(("out.weight", "down.weight"))
            close(torch.cat(both, dim=1 if by_inputs else 0), gradient)


def test_two_matrices_equal_torchs_tensor_parallel(found) -> None:
    for one in found:
        for part in ("y", "x", "first", "bias"):
            close(one["two"]["ours"][part], one["two"]["theirs"][part])


def test_hybrid_is_the_whole_model(found) -> None:
    loss, expected = alone("gpt2")
    for one in found:
        assert one["hybrid"]["loss"] == pytest.approx(loss, abs=1e-9)
    split = [one["hybrid"]["gradients"] for one in found]
    check_split_gradients(split, expected, model_in("gpt2"), range(1, 3))


@pytest.mark.parametrize("order", ORDERS)
def test_stages_give_the_whole_models_loss_and_gradients(found, order: str) -> None:
    loss, expected = alone("llama")
    first, last = (one["pipeline"][order] for one in found)
    assert last["loss"] == pytest.approx(loss, abs=1e-9) and first["loss"] == 0
    joined = first["gradients"] | {
        name.replace("blocks.0", "blocks.2"): gradient for name, gradient in last["gradients"].items()
    }
    assert joined.keys() == expected.keys()
    for name, gradient in expected.items():
        close(joined[name], gradient)
    for one, stage in ((first, 0), (last, 1)):
        events = one["events"]
        assert len(events) == 2 * B and {event.stage for event in events} == {stage}
        assert all(a.end <= b.start for a, b in zip(events, events[1:], strict=False))


def test_torchs_pipeline_agrees(found) -> None:
    for ours, theirs in zip((one["pipeline"]["1f1b"] for one in found), parts(found, "torch"), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=1e-9)
        for name, gradient in theirs["gradients"].items():
            close(ours["gradients"][name], gradient)
