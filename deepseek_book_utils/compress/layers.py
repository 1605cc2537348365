"""Fewer layers for a token: layers that are taken out for good, and tokens that leave
early.

Letters: B batch, T time, C channels, V vocabulary, L layers, n new tokens.

DistilBERT (Sanh et al., arXiv 1910.01108, section 3) starts from every second layer of
its teacher. A layer that hardly turns the stream is missed least (Men et al., ShortGPT,
arXiv 2403.03853, eq. 1). A token may leave where the head is sure enough of the next
one (Elbayad et al., arXiv 1910.10073; Schuster et al., CALM, arXiv 2207.07061): deeper
layers take its keys and values from the stream as it left. Left out: several rows that
leave at different layers, a threshold chosen with a guarantee, and a check of the
drafts by the whole model.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..lm.open_weights.gpt import GPT, places, turns
from ..lm.open_weights.row_cache import RowCache, look
from ..lm.reuse import check_room


def keep_layers(model: GPT, kept: Sequence[int]) -> GPT:
    """A model with these layers alone, in their order. It shares their weights with the
    first one: copy it (`copy.deepcopy`) before you train it.

    Raises ValueError unless the numbers rise from 0 to L - 1 at most.
    """
    L = model.settings.layers
    if not kept or list(kept) != sorted({*kept}) or kept[0] < 0 or kept[-1] >= L:
        raise ValueError(f"kept = {list(kept)}: take rising numbers from 0 to {L - 1}.")
    smaller = copy.deepcopy(
        model, {id(weight): weight for weight in model.parameters()}
    )
    smaller.settings = replace(model.settings, layers=len(kept))
    smaller.blocks = nn.ModuleList(smaller.blocks[layer] for layer in kept)
    return smaller


def embed(model: GPT, tokens: Tensor, cache: RowCache | None = None) -> Tensor:
    """(B, T) -> (B, T, C): the stream before the first layer."""
    x = model.words(tokens)
    if model.positions is not None:
        at = places(tokens, model.settings.padding, cache, padded=False)
        x = x + model.positions(at)
    return x


def read_out(model: GPT, x: Tensor) -> Tensor:
    """(B, T, C) -> (B, T, V): what the head makes of a stream, at any depth."""
    table = model.words if model.head is None else model.head
    return F.linear(model.norm(x), table.weight)


def streams(model: GPT, tokens: Tensor) -> list[Tensor]:
    """The stream (B, T, C) before the first layer and after each of L."""
    x = embed(model, tokens)
    angles = turns(model.settings, 0, tokens.shape[1], x)
    found = [x]
    for block in model.blocks:
        x = block.mix(x, look(*block.project(x, angles)))
        found.append(x)
    return found


@torch.inference_mode()
def influence(model: GPT, tokens: Tensor) -> Tensor:
    """(L,) how far each layer turns the stream of tokens (B, T): 0 if not at all."""
    found = streams(model, tokens)
    # BI_i = 1 - E[cos(X_i, X_(i+1))]                            Men et al. 2024, eq. 1
    cosines = [
        F.cosine_similarity(before, after, dim=-1).mean()
        for before, after in zip(found, found[1:], strict=False)
    ]
    return 1 - torch.stack(cosines)


def exit_loss(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    """The next-token loss of inputs and targets (B, T) after every layer, a deep one
    counting more: so trained, the head can read each of them.
    """
    losses = torch.stack(
        [
            F.cross_entropy(read_out(model, x).flatten(0, 1), targets.flatten())
            for x in streams(model, inputs)[1:]
        ]
    )
    weights = torch.arange(1, len(losses) + 1).to(losses)
    # sum_i i L_i / sum_i i                          Schuster et al. 2022, section 3.3
    return (weights * losses).sum() / weights.sum()


def sure(logits: Tensor, threshold: float) -> Tensor:
    """(..., V) -> (...): whether the likeliest token has at least this probability; no
    token has if the threshold is above 1.
    """
    return logits.softmax(dim=-1).amax(dim=-1) >= threshold


@torch.inference_mode()
def read_with_exits(
    model: GPT, tokens: Tensor, threshold: float
) -> tuple[Tensor, Tensor]:
    """Logits (B, T, V) of tokens (B, T), each from the layer at which the head was
    sure, and how many layers (B, T) that took.
    """
    x = embed(model, tokens)
    angles = turns(model.settings, 0, tokens.shape[1], x)
    depths = torch.full_like(tokens, model.settings.layers)
    gone = torch.zeros_like(tokens, dtype=torch.bool)
    for layer, block in enumerate(model.blocks):
        # whoever is gone stays as it is: deeper layers still look at it
        moved = block.mix(x, look(*block.project(x, angles)))
        x = torch.where(gone[..., None], x, moved)
        leaves = sure(read_out(model, x), threshold) & ~gone
        depths[leaves] = layer + 1
        gone |= leaves
    return read_out(model, x), depths


def step_with_exit(
    model: GPT, token: Tensor, cache: RowCache, threshold: float
) -> tuple[Tensor, int]:
    """Logits (1, 1, V) after one more token (1, 1), and how many layers they took; the
    others only take in its keys and values.
    """
    x = embed(model, token, cache)
    angles = turns(model.settings, cache.position, 1, x)
    depth, logits = 0, None
    for layer, block in enumerate(model.blocks):
        q, k, v = block.project(x, angles)
        if depth:
            cache.take_in(layer, k, v)
            continue
        x = block.mix(x, look(q, k, v, None, cache, layer))
        logits = read_out(model, x)
        if layer + 1 == len(model.blocks) or sure(logits, threshold).item():
            depth = layer + 1
    cache.advance(token)
    assert logits is not None
    return logits, depth


@torch.inference_mode()
def write_with_exits(
    model: GPT, prompt: Tensor, new: int, threshold: float
) -> tuple[Tensor, list[int]]:
    """(1, T) -> (1, n) likeliest tokens, and how many layers each of them took.

    Raises ValueError if they exceed the context, or for more than one row.
    """
    if len(prompt) != 1:
        raise ValueError(f"{len(prompt)} rows would leave at different layers: give 1.")
    check_room(model, prompt.shape[1], new)
    cache = model.read(prompt[:, :-1])
    assert isinstance(cache, RowCache)
    token, written, depths = prompt[:, -1:], [], []
    for _ in range(new):
        logits, depth = step_with_exit(model, token, cache, threshold)
        token = logits[:, -1:].argmax(dim=-1)
        written.append(token)
        depths.append(depth)
    return torch.cat(written, dim=1), depths
