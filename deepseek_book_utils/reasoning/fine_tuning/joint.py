"""Good answers and rewards at once: the loss of the cold start beside that of the
policy gradient.

The stages of DeepSeek-R1 come one after the other (arXiv 2501.12948, section 2.3). The
joint loss lets every step see both:

    L = L_GRPO + lambda L_SFT.

`r1_zero` clips the gradient of the first term; that of the second is added after it,
right before the optimizer steps. No loop changes: torch calls us there.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from ...lm.model import LanguageModel
from ...lm.pretraining import Document, pack, pretraining_loss
from ...settings import check_ranges


@dataclass(frozen=True)
class JointSettings:
    """What stands beside the reward; raises ValueError on values without sense."""

    weight: float = 0.3  # lambda
    documents: int = 24  # drawn for every step: half of a step of the cold start
    row: int = 128  # tokens a packed row

    def __post_init__(self) -> None:
        check_ranges(self, count=("documents", "row"), not_negative=("weight",))


def cold_start_loss(
    model: LanguageModel,
    documents: Sequence[Document],
    settings: JointSettings,
    seed: int,
) -> Callable[[], Tensor]:
    """lambda times the loss of fine-tuning, on documents drawn anew by every call.

    Raises ValueError if there is no document.
    """
    if not documents:
        raise ValueError("Nothing to learn from: give at least one document.")
    rng = random.Random(seed)

    def loss() -> Tensor:
        drawn = rng.choices(documents, k=settings.documents)
        packed = pack(drawn, settings.row, model.settings.padding)
        device = next(model.parameters()).device
        return settings.weight * pretraining_loss(
            model, *(part.to(device) for part in packed)
        )

    return loss


@contextmanager
def beside(model: LanguageModel, loss: Callable[[], Tensor]) -> Iterator[None]:
    """While this is open, every step of every optimizer that trains the model lowers
    `loss()` too: its gradient is added to those that are there.
    """
    ours = {id(parameter) for parameter in model.parameters()}

    def add(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        groups = optimizer.param_groups
        if any(id(weight) in ours for group in groups for weight in group["params"]):
            loss().backward()

    handle = register_optimizer_step_pre_hook(add)
    try:
        yield
    finally:
        handle.remove()
