"""Slices of a block in threads against the whole block: outputs, gradients, shapes, and what is refused."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.parallel.tensor import ByInputs, ByOutputs, own_slice, split_block

P = 2
TOKENS = torch.randint(1, 31, (2, 5), generator=torch.Generator().manual_seed(1))


def model_in(style: str) -> GPT:
    torch.manual_seed(0)
    keys = {"gpt2": 4, "llama": 2}[style]
    model = GPT(
        GPTSettings(31, style=style, width=16, layers=1, heads=4, key_heads=keys, hidden=6, context=8)
    )
    for name, weight in model.named_parameters():
        if "norm" not in name:
            nn.init.normal_(weight, std=0.3)
    return model.double()


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_slices_of_a_block_are_the_whole_block(threads, style: str) -> None:
    model = model_in(style)
    whole, keys = deepcopy(model), model.settings.key_heads
    copies = [deepcopy(model) for _ in range(P)]

    def work(rank: int) -> Tensor:
        split_block(copies[rank].blocks[0], keys)
        logits = copies[rank](TOKENS)
        logits.square().mean().backward()
        return logits

    found, logits = threads(P).run(work), whole(TOKENS)
    logits.square().mean().backward()
    for one in found:
        close(one, logits)
    blocks = [copy.blocks[0] for copy in copies]
    assert all(block.heads == 2 for block in blocks)
    counted = [block.key_heads for block in blocks if hasattr(block, "key_heads")]
    assert counted == ([1, 1] if style == "llama" else [])  # GPT-2's block counts none
    sizes = [2 * 4, keys // P * 4, keys // P * 4]  # D = 4
    for name, weight in whole.blocks[0].named_parameters():
        slices = [dict(block.named_parameters())[name].grad for block in blocks]
        if "qkv" in name:
            slices = [torch.cat(each) for each in zip(*(one.split(sizes) for one in slices), strict=True)]
            close(torch.cat(slices), weight.grad)
        elif name.split(".")[0] in ("up", "gate"):
            close(torch.cat(slices), weight.grad)
        elif name in ("out.weight", "down.weight"):
            close(torch.cat(slices, dim=1), weight.grad)
        else:  # norms, and biases that count once
            for one in slices:
                close(one, weight.grad)
    close(copies[1].words.weight.grad, whole.words.weight.grad)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [ByOutputs, ByInputs])
def test_a_slice_is_a_copy(threads, kind: type, bias: bool) -> None:
    layer = nn.Linear(4, 4, bias=bias)
    one = kind(layer, torch.tensor([2, 0]))
    numbers = [weight.detach().clone() for weight in one.parameters()]
    assert len(numbers) == 1 + bias and all(weight.requires_grad for weight in one.parameters())
    with torch.no_grad():
        for weight in layer.parameters():
            weight.zero_()
    for weight, before in zip(one.parameters(), numbers, strict=True):
        assert torch.equal(weight, before) and before.any()


def test_numbers_are_shared_evenly_or_refused(threads) -> None:
    assert [own.tolist() for own in threads(3).run(lambda rank: own_slice(6, "heads"))] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]
    for sizes, what in (({"heads": 3, "key_heads": 3}, "3 heads"), ({"key_heads": 1}, "1 key heads")):
        settings = {"width": 24, "heads": 4, "layers": 1, "hidden": 6} | sizes
        model = GPT(GPTSettings(31, style="llama", **settings))
        with pytest.raises(ValueError, match=f"{what} cannot be shared evenly by 2 processes"):
            threads(2).run(lambda rank, m=model, k=sizes["key_heads"]: split_block(m.blocks[0], k))
