"""Learn to translate: a Transformer is shown pairs in both directions, and is asked for
translations that nobody showed it.

Letters: N examples, B batch, S words of a source, T words of a target.

While it learns it is given the right words so far (teacher forcing); when it translates
it reads its own. Left out of the paper (Vaswani et al., arXiv 1706.03762): smoothed
labels and averaged checkpoints.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..lm.beam_search import greedy_search
from ..nn.schedules import cosine, warm_up
from ..nn.sequences.transformer import Transformer, forced_loss, writer
from ..settings import check_ranges
from .pairs import END, PADDING, START, TOKEN_ID, as_tokens, written

Example = tuple[str, str, str]  # into which language, source, target


@dataclass(frozen=True)
class TranslationSettings:
    """Settings of `train_translation`; raises ValueError on values without sense."""

    updates: int = 800
    batch_size: int = 128  # examples of like length
    learning_rate: float = 4e-3  # AdamW
    warm_up: int = 100  # updates in which the rate rises; then it falls to zero
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this
    shift: int = 0  # a source may begin at any of so many later places

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "batch_size", "warm_up"),
            positive=("learning_rate", "max_grad_norm"),
            not_negative=("weight_decay",),
            whole=("shift",),
        )


def alike(
    sources: Tensor, targets: Tensor, size: int, dice: torch.Generator
) -> Iterator[Tensor]:
    """Numbers (B,) of examples of like length for ever, so that little padding is read:
    of twenty batches, sorted by length, each in random order.
    """
    padding = TOKEN_ID[PADDING]
    lengths = (sources != padding).sum(dim=1) + (targets != padding).sum(dim=1)
    while True:
        pool = torch.randperm(len(sources), generator=dice)[: 20 * size]
        batches = pool[lengths[pool].argsort(stable=True)].split(size)
        for i in torch.randperm(len(batches), generator=dice).tolist():
            yield batches[i]


def trimmed(tokens: Tensor) -> Tensor:
    """Texts (B, T) without the columns that hold nothing but padding."""
    return tokens[:, (tokens != TOKEN_ID[PADDING]).any(dim=0)]


def train_translation(
    model: Transformer,
    examples: Sequence[Example],
    settings: TranslationSettings,
    seed: int,
    watch: Callable[[int], None] | None = None,
) -> list[float]:
    """Train the model in place; returns the loss of every update, after each of which
    `watch` is told how many there were.
    """
    s, dice = settings, torch.Generator().manual_seed(seed)
    sources, targets = as_tokens(examples)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        s.learning_rate,
        (0.9, 0.98),
        weight_decay=s.weight_decay,
        fused=True,
    )
    after = partial(cosine, total=max(1, s.updates - s.warm_up))
    batches, losses = alike(sources, targets, s.batch_size, dice), list[float]()
    for update in range(s.updates):
        batch = next(batches)
        source, target = trimmed(sources[batch]), trimmed(targets[batch])
        later = int(torch.randint(s.shift + 1, (1,), generator=dice))
        source = F.pad(source, (later, 0), value=TOKEN_ID[PADDING])
        optimizer.param_groups[0]["lr"] = s.learning_rate * warm_up(
            update, s.warm_up, after
        )
        loss = forced_loss(model, source, target)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s.max_grad_norm)
        optimizer.step()
        losses.append(loss.item())
        if watch:
            watch(update + 1)
    return losses


@torch.no_grad()
def translate(
    model: Transformer, examples: Sequence[Example], longest: int = 24
) -> list[str]:
    """What the model writes, word by word the best one, for each example's source."""
    sources, _ = as_tokens([(into, source, "") for into, source, _ in examples])
    next_word = writer(model, sources, TOKEN_ID[START])
    words = greedy_search(next_word, len(sources), TOKEN_ID[END], longest)
    return [written(row) for row in words.tolist()]


def exact_match(model: Transformer, examples: Sequence[Example]) -> float:
    """Share of the examples whose translation is right to the last sign."""
    texts = translate(model, examples)
    right = [text == example[2] for text, example in zip(texts, examples, strict=True)]
    return sum(right) / len(right)
