"""Tiny runs of optimisers, schedules, the encoder and what trains networks."""

from functools import partial
from typing import Any

import torch
from torch import nn

from deepseek_book_utils.compress.distillation import DistillSettings, distil
from deepseek_book_utils.nn.continual import ContinualSettings, learn_in_turn
from deepseek_book_utils.nn.digits import digit_network
from deepseek_book_utils.nn.encoder import Encoder, EncoderSettings
from deepseek_book_utils.nn.fitting import FitSettings, fit
from deepseek_book_utils.nn.layers.experts import Experts, ExpertSettings
from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    draw_sinusoids,
    meta_learn,
    squared_error,
)
from deepseek_book_utils.nn.optimizers import AdamSettings, LAMBSettings, SGDSettings, adam, adamw, lamb, sgd
from deepseek_book_utils.nn.robustness import AttackSettings, pgd
from deepseek_book_utils.nn.schedules import PlateauSettings, PlateauState, reduce_on_plateau
from deepseek_book_utils.nn.sequences.long_memory import MemorySettings, train_adding
from deepseek_book_utils.nn.sequences.recurrent import Recurrent, RecurrentSettings
from deepseek_book_utils.nn.sequences.transformer import Transformer, TransformerSettings
from deepseek_book_utils.translation.learning import TranslationSettings, train_translation
from deepseek_book_utils.translation.pairs import VOCABULARY, both_directions, number_pair
from tests.unit.settings_runs.case import Case, weights_of


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


def fit_a_line(settings: FitSettings) -> list[Any]:
    slope = torch.tensor([1.0], requires_grad=True)
    x = torch.arange(6.0)
    return [fit([slope], lambda b: (slope * x[b] - 3 * x[b]).square().mean(), 6, settings, 0), slope.detach()]


def pictures() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Linear(4, 3), torch.rand(6, 4), torch.arange(6) % 3


def attack(settings: AttackSettings) -> torch.Tensor:
    return pgd(*pictures(), settings, torch.Generator().manual_seed(0))


def learn_two_things(settings: ContinualSettings) -> list[Any]:
    model, images, labels = pictures()
    stages = [(images[:3], labels[:3]), (images[3:], labels[3:].flip(0))]
    learn_in_turn(model, stages, settings, FitSettings(updates=2), 0)
    return weights_of(model)


def maml(settings: MAMLSettings) -> list[torch.Tensor]:
    return [w.detach() for w in meta_learn(partial(draw_sinusoids, 3), squared_error, settings, 0)]


def study(settings: DistillSettings) -> list[Any]:
    student, teacher = digit_network(0, (4, 3, 3)), digit_network(1, (4, 6, 3))
    images, labels = pictures()[1:]
    return [list(map(str, distil(student, teacher, images, labels, settings, 0))), weights_of(student)]


def remember(settings: RecurrentSettings) -> list[torch.Tensor]:
    torch.manual_seed(0)
    x = torch.arange(24.0).view(3, 4, 2)[..., : settings.inputs].cos()
    return [Recurrent(settings)(x)]


def add_up(settings: MemorySettings) -> list[Any]:
    torch.manual_seed(0)
    model = nn.Sequential(Recurrent(RecurrentSettings(2, width=3)), nn.Linear(3, 1))
    return [train_adding(model, settings, 0), weights_of(model)]


def translate(settings: TransformerSettings) -> list[Any]:
    torch.manual_seed(0)
    model = Transformer(settings)
    source = torch.tensor([[3, 4, 0, 1, 2]])
    return [model(source, source[:, :3]), model.places.shape]


def learn_to_translate(settings: TranslationSettings) -> list[float]:
    torch.manual_seed(0)
    model = Transformer(TransformerSettings(len(VOCABULARY), width=8, layers=1, heads=2, expansion=1))
    return train_translation(model, both_directions(NUMBERS), settings, 0)


NUMBERS = [number_pair(number) for number in (7, 45, 302)]
ADAM = {"learning_rate": 0.2, "beta1": 0.5, "beta2": 0.5, "epsilon": 0.1, "weight_decay": 0.5}


def ask_experts(settings: ExpertSettings) -> Any:
    torch.manual_seed(0)
    layer = Experts(settings)
    return weights_of(layer), layer(torch.ones(2, settings.width))


CASES = [
    Case(
        ExpertSettings(4, 3, 4, 2),
        ask_experts,
        {"width": 5, "hidden": 4, "experts": 3, "active": 1},
    ),
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
        FitSettings(updates=3, batch_size=2),
        fit_a_line,
        {"updates": 4, "batch_size": 3, "learning_rate": 0.1, "weight_decay": 0.5},
    ),
    Case(
        DistillSettings(updates=4, batch_size=3, warm_up=1),
        study,
        {
            "temperature": 2.0,
            "alpha": 0.5,
            "features": 1.0,
            "updates": 5,
            "batch_size": 2,
            "learning_rate": 0.1,
            "warm_up": 2,
            "floor": 1.0,
            "max_grad_norm": 1e-3,
        },
    ),
    Case(AttackSettings(), attack, {"size": 0.1, "steps": 1, "step_size": 0.02}),
    Case(
        ContinualSettings(replayed=1, ewc=1.0, distilled=1.0),
        learn_two_things,
        {"replayed": 2, "ewc": 50.0, "distilled": 0.1, "temperature": 9.0},
    ),
    Case(
        EncoderSettings(vocabulary=7, context=5, width=8, layers=1, heads=2, expansion=2),
        encode,
        {"vocabulary": 8, "context": 6, "width": 12, "layers": 2, "heads": 4, "expansion": 3},
    ),
    Case(
        RecurrentSettings(2, width=4, layers=2, cell="lstm", dropout=0.1),
        remember,
        {
            "inputs": 1,
            "width": 5,
            "layers": 3,
            "cell": "gru",
            "initialisation": "he",
            "gain": 0.5,
            "forget_bias": 1.0,
            "residual": True,
            "norm": "layer",
            "dropout": 0.5,
        },
    ),
    Case(
        MemorySettings(steps=4, updates=2, batch_size=3),
        add_up,
        {
            "steps": 5,
            "updates": 3,
            "batch_size": 4,
            "optimiser": "sgd",
            "learning_rate": 0.1,
            "max_grad_norm": 1e-3,
        },
    ),
    Case(
        TransformerSettings(vocabulary=7, context=5, width=8, layers=1, heads=2, expansion=2),
        translate,
        {
            "vocabulary": 8,
            "padding": 1,
            "context": 6,
            "width": 12,
            "layers": 2,
            "heads": 4,
            "expansion": 3,
            "pre_norm": False,
            "learned_positions": True,
            "dropout": 0.5,
        },
    ),
    Case(
        MAMLSettings(sizes=(1, 4, 1), updates=3, tasks=2, inner_learning_rate=0.1),
        maml,
        {
            "method": "first order",
            "sizes": (1, 5, 1),
            "updates": 4,
            "tasks": 3,
            "inner_steps": 2,
            "inner_learning_rate": 0.2,
            "learning_rate": 0.1,
            "max_grad_norm": 0.1,
        },
    ),
    Case(
        TranslationSettings(updates=3, batch_size=2, warm_up=1),
        learn_to_translate,
        {
            "updates": 4,
            "batch_size": 3,
            "learning_rate": 0.1,
            "warm_up": 2,
            "weight_decay": 5.0,
            "max_grad_norm": 1e-6,
            "shift": 9,
        },
    ),
]
