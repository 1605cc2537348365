"""Tiny runs of optimisers, schedules and the encoder."""

from functools import partial
from typing import Any

import torch

from deepseek_book_utils.nn.encoder import Encoder, EncoderSettings
from deepseek_book_utils.nn.optimizers import AdamSettings, LAMBSettings, SGDSettings, adam, adamw, lamb, sgd
from deepseek_book_utils.nn.schedules import PlateauSettings, PlateauState, reduce_on_plateau
from tests.unit.settings_runs.case import Case


def three_steps(rule: Any, settings: Any) -> torch.Tensor:
    x, state = torch.tensor([1.0, -2.0]), None
    for _ in range(3):
        x, state = rule(x, 1 + x * torch.tensor([1.0, 30.0]), state, settings)
    return x


def plateau(settings: PlateauSettings) -> list[PlateauState]:
    states = [PlateauState(1.0)]
    for loss in (1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9):
        states.append(reduce_on_plateau(states[-1], loss, settings))
    return states


def encode(settings: EncoderSettings) -> list[torch.Tensor]:
    torch.manual_seed(0)
    encoder = Encoder(settings)
    tokens = torch.arange(5)[None]
    return [encoder(tokens, tokens >= 0), torch.tensor(encoder.positions.weight.shape)]


ADAM = {"learning_rate": 0.2, "beta1": 0.5, "beta2": 0.5, "epsilon": 0.1, "weight_decay": 0.5}
CASES = [
    Case(
        SGDSettings(momentum=0.5),
        partial(three_steps, sgd),
        {"learning_rate": 0.2, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    Case(AdamSettings(learning_rate=0.5), partial(three_steps, adam), ADAM),
    Case(AdamSettings(learning_rate=0.5), partial(three_steps, adamw), ADAM),
    Case(LAMBSettings(), partial(three_steps, lamb), ADAM),
    Case(
        PlateauSettings(patience=1),
        plateau,
        {"factor": 0.5, "patience": 2, "threshold": 0.2, "cooldown": 2, "minimum": 0.05},
    ),
    Case(
        EncoderSettings(vocabulary=7, context=5, width=8, layers=1, heads=2, expansion=2),
        encode,
        {"vocabulary": 8, "context": 6, "width": 12, "layers": 2, "heads": 4, "expansion": 3},
    ),
]
