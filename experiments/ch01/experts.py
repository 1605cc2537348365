"""More weights at the same arithmetic: experts against one network, on Python's manual.

For every seed three GPTs of one shape, which read the same rows: with one network of the size of the experts
that serve a token, with eight experts of which two serve it, and with one network as large as all experts.
"""

import time
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.text_training import (
    TextSettings,
    held_out_loss,
    manual_bytes,
    train_on_text,
)
from deepseek_book_utils.nn.layers.experts import ExpertSettings, balance_of, expert_layers, use_experts

EXPERTS = ExpertSettings(width=64, hidden=64, experts=8, active=2)
SPARSE = GPTSettings(
    256, style="llama", width=64, layers=3, heads=4, key_heads=4, hidden=64, context=64, tied=False
)
WIDTHS = {"active": EXPERTS.hidden * EXPERTS.active, "all": EXPERTS.hidden * EXPERTS.experts}
LEARNING = TextSettings(updates=120)
BALANCE = 0.01  # weight of the loss that asks for even work
SETTINGS = {"experts": EXPERTS, "gpt": SPARSE, "widths": WIDTHS, "learning": LEARNING, "balance": BALANCE}
PROCESSES = 1  # it measures CPU time


def balanced_loss(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    """The next-token loss, and a little of how uneven the work is."""
    loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    return loss + BALANCE * balance_of(model)


@torch.inference_mode()
def milliseconds(model: GPT, rows: Tensor) -> float:
    """CPU time to read rows (B, T): the shortest of several tries, since neighbours only lengthen it."""
    times = []
    for _ in range(9):
        start = time.process_time()
        model(rows)
        times.append(1000 * (time.process_time() - start))
    return min(times)


def run_seed(seed: int) -> dict[str, Any]:
    """Parameters, loss on held-out text in nats a byte, and milliseconds to read eight rows, of each."""
    train, test = manual_bytes()
    rows = test[: 8 * LEARNING.length].view(8, -1)
    found: dict[str, Any] = {}
    for name in ("active", "experts", "all"):
        torch.manual_seed(seed)
        sparse = name == "experts"
        model = GPT(SPARSE if sparse else replace(SPARSE, hidden=WIDTHS[name]))
        if sparse:
            use_experts(model.blocks, EXPERTS)
        train_on_text(model, train, LEARNING, seed, *([balanced_loss] if sparse else []))
        found[name] = {
            "parameters": sum(weight.numel() for weight in model.parameters()),
            "loss": held_out_loss(model, test, LEARNING.length, rows=64),
            "milliseconds": milliseconds(model, rows),
        }
        if sparse:
            counts = torch.stack([e.chosen.flatten().bincount(minlength=8) for e in expert_layers(model)])
            found[name]["busiest"] = (counts.max(dim=1).values / counts.sum(dim=1)).max().item()
        print(seed, name, found[name], flush=True)
    return found
