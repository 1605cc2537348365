"""Pretraining of the base model: packed documents, next-word loss, Muon and AdamW, and
the gate it must pass.

Left out of the paper: everything but the idea. DeepSeek-V3 read 14.8 trillion tokens;
this base reads one million.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.muon import Muon
from ..settings import check_ranges
from .model import LanguageModel

# Token ids and, for each, how much its loss weighs; 0 for what nobody should learn.
Document = tuple[list[int], list[float]]
# sample_document(rng, progress): the next one, at `progress` (0 to 1) of training.
SampleDocument = Callable[[random.Random, float], Document]


@dataclass(frozen=True)
class PretrainSettings:
    """A fixed number of updates, never a time limit: a result that depends on the clock
    cannot be repeated.
    """

    updates: int = 500
    documents: int = 48  # documents an update, about 2,000 tokens
    row: int = 96  # tokens a packed row
    learning_rate: float = 1e-2  # embeddings and head (AdamW), falls to 3 % of itself
    muon_rate: float = 4e-2  # for the matrices of the blocks (Muon), falls as much

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "documents", "row"),
            positive=("learning_rate", "muon_rate"),
        )


def pack(
    documents: list[Document], row: int, padding: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Lay documents end to end in rows, the longest first, each in the first row with
    room; cut what exceeds a row.

    Returns inputs (B, T), targets (B, T), loss weights (B, T) and a mask (B, 1, T, T)
    that keeps every document to itself. T is `row`.
    """
    rows: list[list[tuple[int, int, float]]] = []  # token, document number, weight
    longest_first = sorted(documents, key=lambda document: -len(document[0]))
    for number, (ids, weights) in enumerate(longest_first):
        ids = ids[: row + 1]
        home = next((r for r in rows if len(r) + len(ids) <= row + 1), None)
        if home is None:
            rows.append(home := [])
        # a document's first word has no past to be told from: weight 0
        cut_weights = [0.0, *weights[1 : len(ids)]]
        home.extend(zip(ids, [number] * len(ids), cut_weights, strict=True))
    filler = (padding, -1, 0.0)
    padded = [r + [filler] * (row + 1 - len(r)) for r in rows]
    columns = [list(zip(*r, strict=True)) for r in padded]
    tokens, owners, loss_weights = (
        torch.tensor(part) for part in zip(*columns, strict=True)
    )
    owner = owners[:, :-1]
    causal = torch.ones(row, row, dtype=torch.bool).tril()
    mask = (owner[:, :, None] == owner[:, None, :]) & causal
    return tokens[:, :-1], tokens[:, 1:], loss_weights[:, 1:], mask[:, None]


def pretraining_loss(
    model: LanguageModel,
    inputs: Tensor,
    targets: Tensor,
    weights: Tensor,
    mask: Tensor,
) -> Tensor:
    """Weighted mean of -log p(next word) where there is weight; arguments (B, T) and
    mask as from `pack`. Raises ValueError if no word has weight.
    """
    select = weights > 0
    if not select.any():
        raise ValueError("No word has weight: there is nothing to learn from.")
    losses = F.cross_entropy(
        model(inputs, mask=mask, select=select), targets[select], reduction="none"
    )
    return (losses * weights[select]).sum() / weights[select].sum()


def make_optimizers(
    model: LanguageModel, settings: PretrainSettings
) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al., 2024) for the matrices inside the blocks, AdamW for
    embeddings and head.
    """
    matrices = list(model.blocks.parameters())
    others = [*model.embeddings.parameters(), *model.head.parameters()]
    return [
        Muon(matrices, lr=settings.muon_rate, weight_decay=0.0),
        torch.optim.AdamW(
            others, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.0
        ),
    ]


def pretrain(
    model: LanguageModel,
    settings: PretrainSettings,
    seed: int,
    sample_document: SampleDocument,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> list[float]:
    """Train the model in place on what `sample_document` gives; returns the loss of
    every update.
    """
    rng, optimizers, device = (
        random.Random(seed),
        make_optimizers(model, settings),
        model.head.weight.device,
    )
    peak = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    losses = []
    for update in progress(range(settings.updates)):
        done = update / settings.updates
        documents = [sample_document(rng, done) for _ in range(settings.documents)]
        packed = pack(documents, settings.row, model.settings.padding)
        inputs, targets, weights, mask = (part.to(device) for part in packed)
        # up in 30 updates, then down
        rate = min(1.0, (update + 1) / 30) * (1 - 0.97 * done)
        for optimizer, learning_rate in zip(optimizers, peak, strict=True):
            optimizer.param_groups[0]["lr"] = learning_rate * rate
            optimizer.zero_grad()
        loss = pretraining_loss(model, inputs, targets, weights, mask)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.item())
    return losses
