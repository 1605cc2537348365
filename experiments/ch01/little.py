"""A small GPT that has read Python's manual, in few bits, with holes, narrower, and as a teacher.

For every seed: the GPT, trained from nothing. Then in 2 and 3 bits: rounded after training, and rounded
after some more updates, in which it knew of the rounding or not. Then with nine tenths of its weights
missing, cut at once or little by little; and with half of its hidden channels. Then a student with three
eighths of its width, which hears the text alone or the teacher too.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from deepseek_book_utils.compress.distillation import soft_loss
from deepseek_book_utils.compress.pruning import (
    apply_masks,
    channel_mask,
    magnitude_mask,
    narrow_network,
    pruned_share,
)
from deepseek_book_utils.compress.quantization import (
    QuantSettings,
    finish_qat,
    prepare_qat,
    round_model,
)
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.text_training import (
    Loss,
    TextSettings,
    held_out_loss,
    manual_bytes,
    next_token_loss,
    train_on_text,
)
from experiments.measuring import Stopwatch

GPT_SETTINGS = GPTSettings(256, width=64, layers=3, heads=4, hidden=256, context=64, tied=False)
STUDENT = replace(GPT_SETTINGS, width=24, layers=2, hidden=96)
LEARNING = TextSettings(updates=200)
MORE = replace(
    LEARNING, updates=40, learning_rate=1e-3, muon_rate=4e-3, warm_up=5
)  # updates after training, for whoever gets them
BITS, HOLES, CHANNELS = (2, 3), 0.9, 0.5
SETTINGS = {
    "gpt": GPT_SETTINGS,
    "student": STUDENT,
    "learning": LEARNING,
    "more": MORE,
    "bits": BITS,
    "holes": HOLES,
    "channels": CHANNELS,
}


def settings_for(bits: int) -> Callable[[str, Any], QuantSettings | None]:
    """One scale an output channel for the matrices of the blocks; the head stays."""
    return lambda name, layer: None if name == "head" else QuantSettings(bits, "channel")


def taught(teacher: GPT) -> Loss:
    """Half of the loss from the text, half from what the teacher says of it."""

    def loss_of(student: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
        with torch.no_grad():
            says = teacher(inputs).flatten(0, 1)
        logits = student(inputs).flatten(0, 1)
        return (F.cross_entropy(logits, targets.flatten()) + soft_loss(logits, says, 1.0)) / 2

    return loss_of


def while_cut(cut: Callable[[], None]) -> Loss:
    """The loss of a model whose small weights are cut before it reads."""

    def loss_of(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
        cut()
        return next_token_loss(model, inputs, targets)

    return loss_of


def matrices(model: GPT) -> dict[str, Tensor]:
    """The matrices of the blocks."""
    return {name: w for name, w in model.named_parameters() if "blocks" in name and w.ndim == 2}


def zeros(model: GPT) -> float:
    """The share of zeros in the matrices of the blocks."""
    flat = torch.cat([weight.flatten() for weight in matrices(model).values()])
    return (flat == 0).float().mean().item()


def run_seed(seed: int) -> dict[str, Any]:
    """The loss on the manual's last tenth, in nats a byte, after each change."""
    watch = Stopwatch()
    train, test = manual_bytes()
    torch.manual_seed(seed)
    model = GPT(GPT_SETTINGS)
    train_on_text(model, train, LEARNING, seed)

    def score(one: GPT) -> float:
        return held_out_loss(one, test, LEARNING.length, rows=64)

    def more(one: GPT, loss_of: Loss = next_token_loss) -> GPT:
        train_on_text(one, train, MORE, seed + 1000, loss_of)
        return one

    found: dict[str, Any] = {"whole": score(model), "bits": {}, "pruned": {}}
    longer = more(copy.deepcopy(model))
    found["longer"] = score(longer)
    for bits in BITS:
        choose, losses = settings_for(bits), {}
        for name, one in {"rounded": copy.deepcopy(model), "longer": copy.deepcopy(longer)}.items():
            round_model(one, choose)
            losses[name] = score(one)
        aware = copy.deepcopy(model)
        prepare_qat(aware, choose)
        more(aware)
        finish_qat(aware)
        found["bits"][str(bits)] = losses | {"aware": score(aware)}

    at_once, slowly, updates = copy.deepcopy(model), copy.deepcopy(model), iter(range(MORE.updates + 1))
    masks = {name: magnitude_mask(weight, HOLES) for name, weight in matrices(at_once).items()}

    def cut_once() -> None:
        apply_masks(at_once, masks)

    def cut_slowly() -> None:
        share = pruned_share(next(updates), 0, MORE.updates // 2, HOLES)
        now = {name: magnitude_mask(weight, share) for name, weight in matrices(slowly).items()}
        apply_masks(slowly, now)

    cut_once()
    found["pruned"]["at_once"] = score(at_once)
    for name, one, cut in (("at_once_longer", at_once, cut_once), ("slowly", slowly, cut_slowly)):
        more(one, while_cut(cut))
        cut()
        found["pruned"][name] = score(one)
        found["pruned"][f"{name}_zeros"] = zeros(one)
    narrow = copy.deepcopy(model)
    for block in narrow.blocks:
        narrow_network(block, channel_mask(block.up.weight, CHANNELS))
    found["pruned"]["narrow"] = score(narrow)
    found["pruned"]["narrow_longer"] = score(more(narrow))

    for name, loss_of in {"text": next_token_loss, "teacher": taught(model)}.items():
        torch.manual_seed(seed + 2000)
        student = GPT(STUDENT)
        train_on_text(student, train, LEARNING, seed, loss_of)
        found[f"student_{name}"] = score(student)
    found["seconds"] = watch.seconds()
    print(f"seed {seed}: {found}", flush=True)
    return found
