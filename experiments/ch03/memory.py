"""Which remedy lets a recurrent network use what it read long ago?

For every seed and every remedy: how much of the gradient of the last state is left at each step before it,
with the first weights; then the adding problem, trained with the same number of updates, batches and rate.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from deepseek_book_utils.nn.sequences.long_memory import (
    MemorySettings,
    draw_adding,
    gradient_norms,
    train_adding,
)
from deepseek_book_utils.nn.sequences.recurrent import Recurrent, RecurrentSettings
from experiments.measuring import Stopwatch

STEPS = 60  # of the gradients
PLAIN = RecurrentSettings(inputs=2, width=32)
TRAINING = MemorySettings(steps=20, updates=200, learning_rate=1e-2)
NETWORKS = {
    "plain": PLAIN,
    "xavier": replace(PLAIN, initialisation="xavier"),
    "he": replace(PLAIN, initialisation="he"),
    "residual": replace(PLAIN, residual=True),
    "layer_norm": replace(PLAIN, norm="layer"),
    "batch_norm": replace(PLAIN, norm="batch"),
    "dropout": replace(PLAIN, layers=2, dropout=0.2),
    "gru": replace(PLAIN, cell="gru"),
    "lstm": replace(PLAIN, cell="lstm", forget_bias=1.0),
}
RULES = {  # the plain network, trained otherwise
    "no_clipping": replace(TRAINING, max_grad_norm=float("inf")),
    "sgd": replace(TRAINING, optimiser="sgd", learning_rate=3e-2),
}
LAST = 30  # updates whose mean loss is the result
SETTINGS = {
    "steps": STEPS,
    "networks": NETWORKS,
    "training": TRAINING,
    "rules": {
        name: replace(rule, max_grad_norm=min(rule.max_grad_norm, 1e9)) for name, rule in RULES.items()
    },
}


def gradients(settings: RecurrentSettings, seed: int) -> list[float]:
    """Norms (STEPS,) of the gradient of |h|^2 at the end by each state, the last one's taken as 1."""
    torch.manual_seed(seed)
    network = Recurrent(settings)
    x, _ = draw_adding(64, STEPS, torch.Generator().manual_seed(seed))
    norms = gradient_norms(network, x, lambda h: h.square().sum())
    return (norms / norms[-1]).tolist()


def added(network: RecurrentSettings, training: MemorySettings, seed: int) -> list[float]:
    """Mean loss of each fifth of the training, and of its last updates."""
    torch.manual_seed(seed)
    model = nn.Sequential(Recurrent(network), nn.Linear(network.width, 1))
    losses = train_adding(model, training, seed)
    fifth = training.updates // 5
    parts = [losses[i : i + fifth] for i in range(0, training.updates, fifth)]
    return [sum(part) / len(part) for part in (*parts, losses[-LAST:])]


def run_seed(seed: int) -> dict[str, Any]:
    """All remedies for one seed; seconds are CPU seconds on one thread."""
    watch = Stopwatch()
    found = {
        "gradients": {name: gradients(settings, seed) for name, settings in NETWORKS.items()},
        "adding": {name: added(settings, TRAINING, seed) for name, settings in NETWORKS.items()}
        | {name: added(PLAIN, rule, seed) for name, rule in RULES.items()},
        "seconds": watch.seconds(),
    }
    print(
        f"seed {seed}: { {name: round(losses[-1], 3) for name, losses in found['adding'].items()} }",
        flush=True,
    )
    return found
