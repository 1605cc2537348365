"""A GPT learns real text: the manual of the Python language, which every Python carries
for its own `help`.

Letters: B rows, T time, V vocabulary, n tokens of a text.

A token is a byte, so that the vocabulary needs no learning of its own. Some of the
manual's pages repeat others: a paragraph counts once, and every tenth is held out.
Muon and AdamW share the weights as in the pretraining of the book's base. Left out:
pages that are kept apart (a row may begin in one and end in another), and a text too
large to be read more than once.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.muon import Muon
from ..nn.schedules import warm_up
from ..settings import check_ranges
from .open_weights.gpt import GPT

BYTES = 256  # V
Loss = Callable[[GPT, Tensor, Tensor], Tensor]  # of a model, inputs and targets (B, T)


@dataclass(frozen=True)
class TextSettings:
    """How a GPT reads a text; raises ValueError on values without sense."""

    updates: int = 300
    batch_size: int = 12  # rows, each from a place of its own
    length: int = 64  # T, tokens of a row
    learning_rate: float = 5e-3  # tables, norms and biases (AdamW)
    muon_rate: float = 2e-2  # for the matrices of the blocks (Muon)
    warm_up: int = 20  # updates in which both rates rise; then they fall
    floor: float = 0.05  # share of the rates that is left at the end
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "batch_size", "length", "warm_up"),
            positive=("learning_rate", "muon_rate", "max_grad_norm"),
            fraction=("floor",),
        )


def manual_paragraphs() -> list[str]:
    """The paragraphs of the language's manual, each of them once."""
    from pydoc_data.topics import topics

    pages = [topics[name] for name in sorted(topics)]
    paragraphs = "\n\n".join(pages).split("\n\n")
    return list(dict.fromkeys(p.strip("\n") for p in paragraphs if p.strip()))


def manual_bytes() -> tuple[Tensor, Tensor]:
    """The manual as tokens (n,), and its held-out tenth; another version of Python has
    some other paragraphs.
    """
    parts: tuple[list[str], list[str]] = ([], [])
    for paragraph in manual_paragraphs():
        # the sum over its letters decides, so that a paragraph never changes sides
        parts[zlib.crc32(paragraph.encode()) % 10 == 0].append(paragraph)
    train, held_out = (torch.tensor(list("\n\n".join(part).encode())) for part in parts)
    return train, held_out


def bigram_loss(train: Tensor, held_out: Tensor, vocabulary: int = BYTES) -> float:
    """What counting pairs achieves: the mean of -log p(next | this) over held_out (n,),
    with p from the pairs in train; each possible pair counts a hundredth more.
    """
    counts = torch.full((vocabulary, vocabulary), 0.01)
    counts.index_put_((train[:-1], train[1:]), torch.tensor(1.0), accumulate=True)
    log_probs = (counts / counts.sum(dim=1, keepdim=True)).log()
    return -log_probs[held_out[:-1], held_out[1:]].mean().item()


def next_token_loss(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    """The mean of -log p(next token) over inputs and targets (B, T)."""
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def rows_of(
    text: Tensor, settings: TextSettings, dice: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T): rows of a text (n,) from random places."""
    starts = torch.randint(
        len(text) - settings.length, (settings.batch_size, 1), generator=dice
    )
    rows = text[starts + torch.arange(settings.length + 1)]
    return rows[:, :-1], rows[:, 1:]


def text_optimizers(model: GPT, s: TextSettings) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for all other weights."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    inside = {id(weight) for weight in model.blocks.parameters() if weight.ndim == 2}
    others = [weight for weight in trained if id(weight) not in inside]
    matrices = [weight for weight in trained if id(weight) in inside]
    adam = torch.optim.AdamW(
        others, lr=s.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True
    )
    if not matrices:
        return [adam]
    return [Muon(matrices, lr=s.muon_rate), adam]


def train_on_text(
    model: GPT,
    text: Tensor,
    settings: TextSettings,
    seed: int,
    loss_of: Loss = next_token_loss,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> list[float]:
    """Train the model in place on a text (n,); returns the loss of every update.

    Raises ValueError if the text is shorter than a row.
    """
    if len(text) <= settings.length:
        raise ValueError(
            f"A text of {len(text)} tokens has no row of {settings.length} and a token "
            "after it: give more text, or a smaller length."
        )
    dice, losses = torch.Generator().manual_seed(seed), list[float]()
    optimizers = text_optimizers(model, settings)
    peaks = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    falling = max(1, settings.updates - settings.warm_up)
    device = model.words.weight.device
    for update in progress(range(settings.updates)):
        rate = warm_up(
            update,
            settings.warm_up,
            lambda after: 1 - (1 - settings.floor) * after / falling,
        )
        inputs, targets = rows_of(text, settings, dice)
        loss = loss_of(model, inputs.to(device), targets.to(device))
        for optimizer, peak in zip(optimizers, peaks, strict=True):
            optimizer.param_groups[0]["lr"] = peak * rate
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.max_grad_norm)
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.item())
    return losses


@torch.inference_mode()
def held_out_loss(model: GPT, text: Tensor, length: int = 64, rows: int = 200) -> float:
    """The mean of -log p(next token) over at most so many rows of a text (n,), one
    after the other; the model is as it was.
    """
    count = min(rows, (len(text) - 1) // length)
    device, training = model.words.weight.device, model.training
    inputs = text[: count * length].view(count, length).to(device)
    targets = text[1 : count * length + 1].view(count, length).to(device)
    loss = next_token_loss(model.eval(), inputs, targets).item()
    model.train(training)
    return loss
