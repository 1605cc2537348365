"""SmolLM2 with rounded weights: how well it still reads.

For every seed a passage of the reference manual that ships with Python, and each kind of rounding alone.
The weights have been rounded to four bits once before, by whoever made the file that they come from.
"""

import copy
import pydoc_data.topics
import random
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.compress.quantization import (
    SHARING,
    QuantSettings,
    allocate_bits,
    dequantize,
    linears,
    quantize,
    round_model,
)
from deepseek_book_utils.lm.open_weights.gpt import GPT
from deepseek_book_utils.lm.open_weights.smollm2 import Assistant, load_smollm2

TOKENS, GROUP, BITS = 128, 32, (8, 4, 3)
WIDTHS, BUDGET = (2, 3, 4, 5, 6), 4.0  # what a layer may get, and what all get on average
SETTINGS = {
    "tokens": TOKENS,
    "group": GROUP,
    "bits": BITS,
    "widths": WIDTHS,
    "budget": BUDGET,
}
PROCESSES = 1  # the model is large


def passage(assistant: Assistant, seed: int) -> Tensor:
    """(1, T + 1) tokens of the manual from a place that the seed chooses."""
    text = "\n\n".join(topic for _, topic in sorted(pydoc_data.topics.topics.items()))
    start = random.Random(seed).randrange(len(text) - 6 * TOKENS)
    start = text.index("\n\n", start) + 2
    return torch.tensor([assistant.tokenizer.encode(text[start : start + 6 * TOKENS]).ids[: TOKENS + 1]])


@torch.no_grad()
def perplexity(model: GPT, tokens: Tensor) -> float:
    """exp of the mean of -log p(next token)."""
    return F.cross_entropy(model(tokens[:, :-1])[0], tokens[0, 1:]).exp().item()


def squared_errors(model: GPT) -> tuple[dict[str, dict[int, float]], dict[str, int]]:
    """For each layer, the squared error of rounding it to each width; and how many numbers it has."""
    errors: dict[str, dict[int, float]] = {}
    for name, layer in linears(model):
        weight = layer.weight.detach()
        errors[name] = {}
        for bits in WIDTHS:
            rounded = dequantize(quantize(weight, QuantSettings(bits, "group", GROUP)))
            errors[name][bits] = (rounded - weight).square().sum().item()
    return errors, {name: layer.weight.numel() for name, layer in linears(model)}


def run_seed(seed: int) -> dict[str, Any]:
    """Perplexity of the passage after each change, and the bytes of all weights where they change."""
    assistant = load_smollm2()
    tokens = passage(assistant, seed)

    def after(change: Callable[[GPT], Any]) -> dict[str, Any]:
        model = copy.deepcopy(assistant.model)
        said = change(model)
        return {"perplexity": perplexity(model, tokens), "bytes": said}

    def rounding(settings: QuantSettings) -> Callable[[GPT], float]:
        return lambda model: round_model(model, lambda name, layer: settings)

    def allocated(model: GPT) -> float:
        bits = allocate_bits(*squared_errors(model), BUDGET)
        return round_model(model, lambda name, layer: QuantSettings(bits[name], "group", GROUP))

    found: dict[str, Any] = {"whole": after(lambda model: 2.0 * sum(w.numel() for w in model.parameters()))}
    for sharing in SHARING:
        for bits in BITS:
            found[f"{sharing}_{bits}"] = after(rounding(QuantSettings(bits, sharing, GROUP)))
    found["allocated"] = after(allocated)
    print(seed, {name: round(one["perplexity"], 2) for name, one in found.items()}, flush=True)
    return found
