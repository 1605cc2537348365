"""SmolLM2 learns to answer sums as a sailor would, in four ways.

For every seed: which sums are read, and in which order. The model itself is loaded once a seed and put back
after each way: a low-rank update, adapters, a prefix, and the matrices for queries, keys and values
themselves. Then how many directions the change of these matrices needs.
"""

import copy
import random
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepseek_book_utils.compress.adapters import (
    LoRASettings,
    Prefix,
    add_adapters,
    add_lora,
    freeze,
    linear_layers,
    merge_lora,
    trained_share,
)
from deepseek_book_utils.lm.open_weights.gpt import GPT
from deepseek_book_utils.lm.open_weights.smollm2 import Assistant, load_smollm2
from experiments.measuring import Stopwatch

STEPS, BATCH, LARGEST, HELD_OUT = 10, 2, 40, 8
LORA = LoRASettings(rank=8, alpha=16.0)
ADAPTER, PREFIX = 16, 8  # channels of an adapter, tokens of a prefix
RATES = {"lora": 3e-3, "adapter": 3e-3, "prefix": 8e-2, "matrices": 3e-4}
SETTINGS = {
    "steps": STEPS,
    "batch": BATCH,
    "largest": LARGEST,
    "held_out": HELD_OUT,
    "lora": LORA,
    "adapter": ADAPTER,
    "prefix": PREFIX,
    "rates": RATES,
}
PROCESSES = 1  # the model is large
SEEDS = range(20, 23)  # and slow to train: three of the record seeds
Texts = tuple[Tensor, Tensor, Tensor]  # inputs (B, T), targets (B, T), where the loss counts (B, T)
Logits = Callable[[Tensor], Tensor]


def sums(seed: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs to learn from and pairs to be tested on: no pair is in both."""
    pairs = [(a, b) for a in range(1, LARGEST) for b in range(1, LARGEST)]
    random.Random(seed).shuffle(pairs)
    return pairs[HELD_OUT : HELD_OUT + STEPS * BATCH], pairs[:HELD_OUT]


def texts_of(assistant: Assistant, pairs: list[tuple[int, int]]) -> Texts:
    """Questions and answers of these sums; the answer alone counts."""
    rows, starts = [], []
    for a, b in pairs:
        question = assistant.read(f"What is {a} + {b}?", system="")
        answer = assistant.tokenizer.encode(f"It is {a + b}, captain.").ids
        rows.append([*question, *answer, assistant.end])
        starts.append(len(question))
    longest = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    place = torch.arange(1, longest)
    ends = torch.tensor([len(row) for row in rows])[:, None]
    counts = (place >= torch.tensor(starts)[:, None]) & (place < ends)
    return tokens[:, :-1], tokens[:, 1:], counts


def loss_of(logits_of: Logits, texts: Texts) -> Tensor:
    """Mean of -log p over the tokens that count."""
    inputs, targets, counts = texts
    return F.cross_entropy(logits_of(inputs)[counts], targets[counts])


def learn(logits_of: Logits, weights: list[nn.Parameter], batches: list[Texts], rate: float) -> None:
    """One step of AdamW a batch."""
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=0.0)
    for batch in batches:
        optimizer.zero_grad()
        loss_of(logits_of, batch).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()


def prepared(way: str, model: GPT) -> tuple[Logits, nn.Module | None]:
    """The model with what a way adds to it: its logits, and what stands outside of it."""
    if way == "lora":
        add_lora(model, LORA)
    elif way == "adapter":
        add_adapters(model, ADAPTER)
    elif way == "prefix":
        prefix = Prefix(model, PREFIX)
        return lambda tokens: model(tokens, prefix.cache(len(tokens))), prefix
    else:
        freeze(model)
        for layer in linear_layers(model, LORA.layers).values():
            layer.requires_grad_(True)
    return model, None


def directions(before: dict[str, Tensor], model: GPT) -> list[float]:
    """Of all that changed in the matrices (squares of their entries), the share that the first r directions
    of each hold, for r from 1; the mean over every fifth layer.
    """
    shares = []
    for name, layer in list(linear_layers(model, LORA.layers).items())[::5]:
        sizes = torch.linalg.svdvals(layer.weight.detach() - before[f"{name}.weight"]).square()
        shares.append(sizes.cumsum(0) / sizes.sum())
    return torch.stack(shares).mean(dim=0)[:64].tolist()


def run_seed(seed: int) -> dict[str, Any]:
    """The loss on unseen sums before and after each way; seconds are CPU seconds of training."""
    torch.manual_seed(seed)
    pairs, unseen = sums(seed)
    found: dict[str, Any] = {}
    assistant = load_smollm2()
    for way, rate in RATES.items():
        model = copy.deepcopy(assistant.model)
        before = {name: weight.clone() for name, weight in model.state_dict().items() if "qkv" in name}
        test = texts_of(assistant, unseen)
        batches = [texts_of(assistant, pairs[i : i + BATCH]) for i in range(0, len(pairs), BATCH)]
        if not found:
            with torch.no_grad():
                found["before"] = loss_of(model, test).item()
        logits_of, outside = prepared(way, model)
        modules = [model] if outside is None else [model, outside]
        weights = [w for module in modules for w in module.parameters() if w.requires_grad]
        watch = Stopwatch()
        learn(logits_of, weights, batches, rate)
        seconds = watch.seconds()
        with torch.no_grad():
            one = {
                "share": trained_share(*modules),
                "seconds": seconds,
                "loss": loss_of(logits_of, test).item(),
            }
            if way == "lora":
                logits = model(test[0])
                merge_lora(model)
                one["merge"] = (model(test[0]) - logits).abs().max().item()
        if way == "matrices":
            one["directions"] = directions(before, model)
        found[way] = one
        print(seed, way, {k: v for k, v in one.items() if k != "directions"}, flush=True)
    return found
